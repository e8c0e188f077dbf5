import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TidewatchError } from '../../../errors.js';
import { FixedClock } from '../../../market/clock.js';
import { Lake } from '../lake.js';
import { importFiles } from './import-files.js';
import type { ImportReport, ImportRequest, ImportSource } from './request.js';

const NOW = Date.UTC(2026, 0, 1);
const START = Date.UTC(2024, 0, 1);
const RUNS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 3_600 : 180;

const folder = mkdtempSync(join(tmpdir(), 'tidewatch-import-fuzz-'));
let lake: Lake;
let parquet: Buffer;

beforeAll(async () => {
  lake = await Lake.open(join(folder, 'lake'), { clock: new FixedClock(NOW) });
  const path = join(folder, 'seed.parquet');
  await lake.rows(
    `COPY (SELECT ${START} + i * 3600000 AS timestamp, 1.0 + i AS open, 2.5 + i AS high, 0.5 + i AS low, 2.0 + i AS close, i * 10.0 AS volume
     FROM range(60) r(i)) TO '${path}' (FORMAT parquet, COMPRESSION zstd)`,
  );
  parquet = readFileSync(path);
});
afterAll(async () => {
  await lake.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What must hold for any bytes and any options. */
async function holds(
  content: Buffer,
  name: string,
  source: Partial<ImportSource>,
  request: Partial<ImportRequest>,
): Promise<void> {
  const path = join(folder, name);
  writeFileSync(path, content);
  let report: ImportReport | undefined;
  try {
    report = await importFiles(
      { lake, now: NOW },
      {
        dataset: 'bars',
        timeframe: '1h',
        sources: [{ path, subject: 'binance:spot:BTCUSDT', ...source }],
        ...request,
      },
    );
  } catch (error) {
    if (!(error instanceof TidewatchError)) throw error;
    expect(error.code).not.toBe('internal');
    expect(error.hint).toBeTruthy();
  }
  const files = await lake.activeFiles('bars');
  const [left] = await lake.rows(`SELECT count(*) AS n FROM duckdb_tables()`);
  expect(left).toEqual({ n: 0 });
  const onDisk = existsSync(lake.root) ? readdirSync(lake.root, { recursive: true, encoding: 'utf8' }) : [];
  expect(onDisk.filter((entry) => entry.includes('.writing'))).toEqual([]);
  if (!report) {
    expect(files).toEqual([]);
    return;
  }
  expect(report.rowsRead).toBe(report.rowsWritten + report.rowsMerged + report.rowsRefused);
  expect(report.rowsRefused).toBe(Object.values(report.refused).reduce((sum, count) => sum + count, 0));
  if (!request.tolerant) expect(report.rowsRefused).toBe(0);
  const list = files.map((file) => `'${file.path}'`).join(', ');
  const [stored] = await lake.rows(
    `SELECT count(*) AS n, count_if(isfinite(open) AND isfinite(high) AND isfinite(low) AND isfinite(close) AND isfinite(volume)
       AND low > 0 AND low <= least(open, close) AND high >= greatest(open, close) AND volume >= 0 AND ts BETWEEN 0 AND ${NOW}
       AND ts % 3600000 = 0 AND (quote_volume IS NULL OR isfinite(quote_volume))) AS sound,
       count(DISTINCT ts) AS times FROM read_parquet([${list}])`,
  );
  expect(stored).toEqual({ n: report.rowsWritten, sound: report.rowsWritten, times: report.rowsWritten });
  rmSync(join(lake.root, 'bars'), { recursive: true, force: true });
}

const options = fc.record({
  tolerant: fc.boolean(),
  mergePartials: fc.boolean(),
  assumeUtc: fc.boolean(),
  timeframe: fc.constantFrom('given', 'detected'),
});
const sourceOf = ({ assumeUtc }: { assumeUtc: boolean }): Partial<ImportSource> => ({ assumeUtc });
const requestOf = ({
  tolerant,
  mergePartials,
}: {
  tolerant: boolean;
  mergePartials: boolean;
}): Partial<ImportRequest> => ({ tolerant, mergePartials });

const time = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 50 }).map((hour) => String(START + hour * 3_600_000)) },
  fc.integer({ min: 0, max: 50 }).map((hour) => new Date(START + hour * 3_600_000).toISOString()),
  fc.constantFrom(
    '2024-01-01',
    '2024-01-01 10:00',
    '1704067200',
    '1704067200000000',
    '0',
    '-1',
    '1e13',
    'Infinity',
    '99999999999999999999',
  ),
);
const cell = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('1', '1.5', '2', '0.5', '3', '10') },
  fc.constantFrom(
    '',
    'NaN',
    'nan',
    'inf',
    '-inf',
    '1e400',
    '1e-400',
    '-0',
    '0',
    '-1',
    '0x10',
    '1_000',
    '1,5',
    'null',
    'None',
    '"',
    '""',
    '"a',
    '\\',
    '\u0000',
    '\u001f',
    'é',
    '🙂',
    "'; DROP TABLE x; --",
    '{}',
    '[1]',
    'true',
    ' 1 ',
  ),
  fc.string({ maxLength: 8 }),
);
const rows = fc.array(fc.tuple(time, cell, cell, cell, cell, cell), { maxLength: 12 });
const NAMES = ['timestamp', 'open', 'high', 'low', 'close', 'volume'];

/** Random changes of bytes: flips, cuts, insertions, repeated pieces. */
const edits = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 40 }),
    kind: fc.constantFrom('flip', 'cut', 'insert', 'repeat', 'truncate'),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 5 },
);
function mutate(
  bytes: Buffer,
  changes: readonly { at: number; length: number; kind: string; bytes: Uint8Array }[],
): Buffer {
  let result = Buffer.from(bytes);
  for (const change of changes) {
    const at = Math.floor(change.at * result.length);
    const [head, tail] = [result.subarray(0, at), result.subarray(at)];
    if (change.kind === 'flip' && result.length > 0) {
      result = Buffer.from(result);
      for (const [index, byte] of change.bytes.entries()) {
        if (at + index < result.length) result[at + index]! ^= byte;
      }
    } else if (change.kind === 'cut') result = Buffer.concat([head, tail.subarray(change.length)]);
    else if (change.kind === 'insert') result = Buffer.concat([head, change.bytes, tail]);
    else if (change.kind === 'repeat') result = Buffer.concat([head, tail.subarray(0, change.length), tail]);
    else if (change.kind === 'truncate') result = Buffer.from(head);
  }
  return result;
}

const runs = { numRuns: RUNS };

describe('importers under fuzz', () => {
  it('CSV of odd cells, delimiters and maps', async () => {
    const source = fc.oneof(
      { weight: 5, arbitrary: fc.constant({}) },
      fc.record({ delimiter: fc.constantFrom(',', ';', '\t', '|', 'x', "'", '"') }),
      fc.record({
        map: fc.dictionary(
          fc.constantFrom(...NAMES, 'ts', 'x'),
          fc.oneof(fc.constantFrom(...NAMES, '0', '5', '99', '-1'), fc.string()),
        ),
      }),
    );
    const header = fc.oneof(
      { weight: 6, arbitrary: fc.constant(NAMES) },
      fc.constant([]),
      fc.array(fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 6 })), { maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(
        header,
        rows,
        source,
        options,
        fc.constantFrom(',', ';', '\t'),
        async (names, cells, extra, flags, delimiter) => {
          const text = [...(names.length > 0 ? [names] : []), ...cells]
            .map((line) => line.join(delimiter))
            .join('\n');
          await holds(
            Buffer.from(text),
            'odd.csv',
            { ...sourceOf(flags), ...extra } as Partial<ImportSource>,
            requestOf(flags),
          );
        },
      ),
      runs,
    );
  });

  it('JSON of any shape', async () => {
    const value = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom<unknown>(1, 2, 0.5, '1.5', 3) },
      fc.jsonValue({ maxDepth: 2 }),
    );
    const record = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record(
          { t: fc.oneof(time, time.map(Number)), o: value, h: value, l: value, c: value, v: value },
          { requiredKeys: ['t', 'o'] },
        ),
      },
      fc.tuple(time, value, value, value, value, value),
      fc.jsonValue({ maxDepth: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { maxLength: 10 }),
        options,
        fc.boolean(),
        async (records, flags, isLines) => {
          const text = isLines
            ? records.map((one) => JSON.stringify(one)).join('\n')
            : JSON.stringify(records);
          await holds(Buffer.from(text), 'odd.json', sourceOf(flags), requestOf(flags));
        },
      ),
      runs,
    );
  });

  it('CSV, JSON, NDJSON, gzip and Parquet with changed bytes', async () => {
    const good = Array.from({ length: 40 }, (_, hour) => [START + hour * 3_600_000, 1, 2, 0.5, 1.5, 10]);
    const csv = Buffer.from(`${NAMES.join(',')}\n${good.map((line) => line.join(',')).join('\n')}\n`);
    const seeds: readonly (readonly [string, () => Buffer])[] = [
      ['bytes.csv', () => csv],
      ['bytes.csv.gz', () => gzipSync(csv)],
      ['bytes.json', () => Buffer.from(JSON.stringify(good))],
      ['bytes.ndjson', () => Buffer.from(good.map((line) => JSON.stringify(line)).join('\n'))],
      ['bytes.parquet', () => parquet],
      ['bytes-again.parquet', () => parquet],
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...seeds), edits, options, async ([name, seed], changes, flags) => {
        await holds(mutate(seed(), changes), name, sourceOf(flags), requestOf(flags));
      }),
      runs,
    );
  });
});
