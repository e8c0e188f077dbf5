import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { TidewatchError } from '../../../errors.js';
import { FixedClock } from '../../../market/clock.js';
import { Lake } from '../lake.js';
import { importFiles } from './import-files.js';
import type { ImportReport, ImportRequest, ImportSource } from './request.js';

const NOW = Date.UTC(2026, 0, 1);
const START = Date.UTC(2024, 0, 1);
const HOUR = 3_600_000;
const BTC = 'binance:spot:BTCUSDT';
const HEADER = 'timestamp,open,high,low,close,volume';

const folder = mkdtempSync(join(tmpdir(), 'tidewatch-import-test-'));
let lake: Lake;
let count = 0;

beforeEach(async () => {
  count += 1;
  lake = await Lake.open(join(folder, `lake-${count}`), { clock: new FixedClock(NOW) });
  return () => lake.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function csv(...rows: string[]): string {
  return `${HEADER}\n${rows.join('\n')}\n`;
}

/** A good row at the n-th hour. */
const row = (hour: number, close = 1.5): string => `${START + hour * HOUR},1,2,0.5,${close},10`;

function run(
  path: string,
  source: Partial<ImportSource> = {},
  request: Partial<ImportRequest> = {},
): Promise<ImportReport> {
  return importFiles(
    { lake, now: NOW },
    { dataset: 'bars', timeframe: '1h', sources: [{ path, subject: BTC, ...source }], ...request },
  );
}

async function failure(work: Promise<unknown>): Promise<TidewatchError> {
  try {
    await work;
  } catch (error) {
    expect(error).toBeInstanceOf(TidewatchError);
    expect((error as TidewatchError).hint).toBeTruthy();
    expect(await lake.status()).toEqual([]);
    return error as TidewatchError;
  }
  throw new Error('nothing was refused');
}

async function stored(subject = BTC, timeframe = '1h'): Promise<number[][]> {
  const { ts, columns } = await lake.columns('bars', {
    subject,
    timeframe,
    columns: ['open', 'high', 'low', 'close', 'volume'],
  });
  return Array.from(ts, (time, at) => [time, ...Object.values(columns).map((column) => column[at]!)]);
}

describe('importFiles reads', () => {
  const bars = [
    [START, 1, 2, 0.5, 1.5, 10],
    [START + HOUR, 1.5, 3, 1, 2, 0],
  ];
  const objects = bars.map(([t, o, h, l, c, v]) => ({ t, o, h, l, c, v }));
  const iso = (ms: number): string => new Date(ms).toISOString();
  const lines = (delimiter: string, time: (ms: number) => unknown): string =>
    bars.map(([t, ...rest]) => [time(t!), ...rest].join(delimiter)).join('\n');

  const cases: [string, string, string | Buffer, Partial<ImportSource>?][] = [
    ['CSV', 'a.csv', `${HEADER}\n${lines(',', Number)}\n`],
    ['CSV without a line end at the end', 'b.csv', `${HEADER}\n${lines(',', Number)}`],
    [
      'CSV with carriage returns and a byte order mark',
      'c.csv',
      `\uFEFF${HEADER}\r\n${lines(',', Number).replace('\n', '\r\n')}\r\n`,
    ],
    ['semicolons and other names', 'd.csv', `Open time;O;H;L;Close Price;Vol\n${lines(';', Number)}\n`],
    ['tabs', 'e.tsv', `${HEADER.replaceAll(',', '\t')}\n${lines('\t', Number)}\n`],
    ['no header', 'f.csv', `${lines(',', Number)}\n`],
    [
      'quoted fields',
      'g.csv',
      `"timestamp","open","high","low","close","volume"\n${lines(',', (ms) => `"${ms}"`)}\n`,
    ],
    [
      'a line of the provider above the header',
      'h.csv',
      `https://provider.example\n${HEADER}\n${lines(',', Number)}\n`,
    ],
    ['seconds', 'i.csv', `${HEADER}\n${lines(',', (ms) => ms / 1000)}\n`],
    ['microseconds', 'j.csv', `${HEADER}\n${lines(',', (ms) => ms * 1000)}\n`],
    ['nanoseconds', 'k.csv', `${HEADER}\n${lines(',', (ms) => `${ms}000000`)}\n`],
    ['ISO-8601', 'l.csv', `${HEADER}\n${lines(',', iso)}\n`],
    ['an offset', 'm.csv', `${HEADER}\n${lines(',', (ms) => `${iso(ms + 5.5 * HOUR).slice(0, 19)}+0530`)}\n`],
    [
      'date-times taken as UTC',
      'n.csv',
      `${HEADER}\n${lines(',', (ms) => iso(ms).slice(0, 19).replace('T', ' '))}\n`,
      { assumeUtc: true },
    ],
    ['gzip', 'o.csv.gz', gzipSync(`${HEADER}\n${lines(',', Number)}\n`)],
    ['gzip under a plain name', 'p.csv', gzipSync(`${HEADER}\n${lines(',', Number)}\n`)],
    [
      'gzip of two members',
      'q.csv.gz',
      Buffer.concat([gzipSync(`${HEADER}\n`), gzipSync(`${lines(',', Number)}\n`)]),
    ],
    ['a name with signs of patterns and quotes', "r [1]*'.csv", `${HEADER}\n${lines(',', Number)}\n`],
    ['JSON objects', 's.json', JSON.stringify(objects)],
    ['JSON arrays', 't.json', JSON.stringify(bars.map((bar) => bar.map(String)))],
    ['NDJSON', 'u.ndjson', objects.map((object) => JSON.stringify(object)).join('\n')],
    ['NDJSON arrays, gzipped', 'v.jsonl.gz', gzipSync(bars.map((bar) => JSON.stringify(bar)).join('\n'))],
    [
      'JSON with ISO times',
      'w.json',
      JSON.stringify(objects.map((object) => ({ ...object, t: iso(object.t!) }))),
    ],
    [
      'columns by a map',
      'x.csv',
      `a,b,c,d,e,f\n${lines(',', Number)}\n`,
      { map: { ts: 'a', open: 'b', high: 'c', low: 'd', close: 'e', volume: 'f' } },
    ],
    [
      'positions by a map',
      'y.csv',
      `${bars.map(([t, ...rest]) => [...rest, t].join(',')).join('\n')}\n`,
      { map: { ts: '5', open: '0', high: '1', low: '2', close: '3', volume: '4' } },
    ],
  ];
  it.each(cases)('%s', async (...[, file, content, source]) => {
    const report = await run(put(file, content), source);
    expect(report).toMatchObject({
      rowsRead: 2,
      rowsWritten: 2,
      rowsRefused: 0,
      refused: {},
      subjects: [BTC],
    });
    expect(await stored()).toEqual(bars);
  });

  it.each(['BIGINT', 'TIMESTAMPTZ', 'DOUBLE'])('Parquet with times as %s', async (type) => {
    const path = join(folder, `p-${type}.parquet`);
    const time = type === 'TIMESTAMPTZ' ? 'make_timestamptz(t * 1000)' : `t::${type}`;
    await lake.rows(
      `COPY (SELECT ${time} AS "Date", o::FLOAT AS Open, h AS High, l::VARCHAR AS Low, c AS Close, 10 AS Volume FROM
       (VALUES (${START}, 1, 2, 0.5, 1.5), (${START + HOUR}, 1, 2, 0.5, 1.5)) v(t, o, h, l, c)) TO '${path}' (FORMAT parquet)`,
    );
    await run(path);
    expect(await stored()).toEqual([
      [START, 1, 2, 0.5, 1.5, 10],
      [START + HOUR, 1, 2, 0.5, 1.5, 10],
    ]);
  });

  it('a folder, file by file, whose names tell the instrument', async () => {
    const path = join(folder, 'several');
    mkdirSync(path);
    writeFileSync(join(path, 'BTCUSDT.csv'), csv(row(0)));
    writeFileSync(join(path, 'ETHUSDT.csv.gz'), gzipSync(csv(row(0), row(1))));
    writeFileSync(join(path, 'notes.md'), '# no data');
    const report = await run(path, { subject: 'binance:spot:{file}' });
    expect(report.subjects).toEqual([BTC, 'binance:spot:ETHUSDT']);
    expect(report.files).toHaveLength(2);
    expect(await stored('binance:spot:ETHUSDT')).toHaveLength(2);
  });

  it('several symbols from one file, dates, and the timeframe from their spacing', async () => {
    const text =
      'symbol,date,open,high,low,close\nBTC,2024-01-01,1,2,0.5,1\nETH,2024-01-01,3,4,3,3\nBTC,2024-01-02,1,2,1,1\n';
    const report = await importFiles(
      { lake, now: NOW },
      {
        dataset: 'bars',
        sources: [{ path: put('symbols.csv', text), subject: 'binance:spot:{symbol}USDT' }],
      },
    );
    expect(report).toMatchObject({ timeframe: '1d', subjects: [BTC, 'binance:spot:ETHUSDT'] });
    expect(await stored(BTC, '1d')).toEqual([
      [START, 1, 2, 0.5, 1, 0],
      [START + 24 * HOUR, 1, 2, 1, 1, 0],
    ]);
  });

  it('the bar that has not closed yet as partial', async () => {
    const hour = NOW - (NOW % HOUR);
    const now = hour + HOUR / 2;
    const path = put('open.csv', csv(`${hour - HOUR},1,2,0.5,1.5,10`, `${hour},1,2,0.5,1.5,10`));
    await importFiles({ lake, now }, { dataset: 'bars', timeframe: '1h', sources: [{ path, subject: BTC }] });
    const { columns } = await lake.columns('bars', { subject: BTC, timeframe: '1h', columns: ['partial'] });
    expect([...columns.partial!]).toEqual([0, 1]);
  });

  it('funding, and refuses rates in percent', async () => {
    const request = { dataset: 'funding_rates' } as const;
    const source = {
      path: put('f.csv', `fundingTime,fundingRate\n${START},0.0001\n`),
      subject: 'binanceusdm:-:BTCUSDT',
      constants: { interval_hours: 8 },
    };
    const report = await importFiles({ lake, now: NOW }, { ...request, sources: [source] });
    expect(report.rowsWritten).toBe(1);
    const percent = { ...source, path: put('p.csv', `fundingTime,fundingRate\n${START},0.75\n`) };
    await expect(importFiles({ lake, now: NOW }, { ...request, sources: [percent] })).rejects.toMatchObject({
      code: 'implausible_value',
    });
  });
});

describe('importFiles refuses', () => {
  const cases: [string, string, string | Buffer, object, Partial<ImportSource>?][] = [
    ['an empty file', 'empty.csv', '', { code: 'empty_series' }],
    ['a header alone', 'header.csv', `${HEADER}\n`, { code: 'empty_series' }],
    ['an empty JSON array', 'empty.json', '[]', { code: 'empty_series' }],
    [
      'the wrong delimiter',
      'delimiter.csv',
      `${HEADER.replaceAll(',', ';')}\n`.repeat(2),
      { code: 'missing_column' },
      { delimiter: ',' },
    ],
    [
      'a missing column',
      'missing.csv',
      'timestamp,open,high,close\n1,2,3,4\n',
      { code: 'missing_column', details: { column: 'low' } },
    ],
    [
      'a mapped column that is not there',
      'map.csv',
      csv(row(0)),
      { code: 'missing_column' },
      { map: { open: 'first' } },
    ],
    [
      'a map to no column of the dataset',
      'target.csv',
      csv(row(0)),
      { code: 'bad_parameter' },
      { map: { opens: 'open' } },
    ],
    [
      'mixed time units',
      'units.csv',
      csv(row(0), `${START / 1000},1,2,0.5,1.5,10`),
      { code: 'ambiguous_time_unit', details: { row: 2, column: 'timestamp' } },
    ],
    [
      'numbers and texts as times',
      'mixed.csv',
      csv('2024-01-01T00:00:00Z,1,2,0.5,1.5,10', row(1)),
      { code: 'ambiguous_time_unit' },
    ],
    ['numbers that are no times', 'small.csv', csv('1,1,2,0.5,1.5,10'), { code: 'ambiguous_time_unit' }],
    [
      'a date-time without zone',
      'naive.csv',
      csv('2024-01-01 00:00:00,1,2,0.5,1.5,10'),
      { code: 'naive_time', details: { row: 1, column: 'ts' } },
    ],
    [
      'a day that does not exist',
      'day.csv',
      csv('2024-02-30T00:00:00Z,1,2,0.5,1.5,10'),
      { code: 'unreadable_value', details: { row: 1, column: 'ts' } },
    ],
    [
      'a text among numbers',
      'text.csv',
      csv(row(0), `${START + HOUR},x,2,0.5,1.5,10`),
      { code: 'unreadable_value', details: { row: 2, column: 'open' } },
    ],
    [
      'NaN',
      'nan.csv',
      csv(row(0), `${START + HOUR},1,2,0.5,NaN,10`),
      { code: 'non_finite_value', details: { row: 2, column: 'close' } },
    ],
    [
      'an infinite volume',
      'infinite.csv',
      csv(`${START},1,2,0.5,1.5,inf`),
      { code: 'non_finite_value', details: { row: 1, column: 'volume' } },
    ],
    [
      'an empty cell',
      'cell.csv',
      csv(`${START},,2,0.5,1.5,10`),
      { code: 'non_finite_value', details: { row: 1, column: 'open' } },
    ],
    [
      'a row with too few fields',
      'few.csv',
      csv(row(0), `${START + HOUR},1,2,0.5`),
      { code: 'malformed_row', details: { row: 2 } },
    ],
    [
      'a row with too many fields',
      'many.csv',
      csv(`${row(0)},9`, row(1)),
      { code: 'malformed_row', details: { row: 1 } },
    ],
    [
      'a quote that is never closed',
      'quote.csv',
      csv(row(0), `"${row(1)}`),
      { code: 'malformed_row', details: { row: 2 } },
    ],
    [
      'a zero price',
      'zero.csv',
      csv(`${START},1,2,0,1.5,10`),
      { code: 'non_positive_price', details: { row: 1, column: 'low' } },
    ],
    [
      'high below close',
      'high.csv',
      csv(`${START},1,1.2,0.5,1.5,10`),
      { code: 'inconsistent_bar', details: { row: 1, column: 'high' } },
    ],
    [
      'low above open',
      'low.csv',
      csv(`${START},1,2,1.2,1.5,10`),
      { code: 'inconsistent_bar', details: { row: 1, column: 'low' } },
    ],
    [
      'a negative volume',
      'volume.csv',
      csv(`${START},1,2,0.5,1.5,-1`),
      { code: 'negative_volume', details: { row: 1, column: 'volume' } },
    ],
    [
      'a repeated time',
      'repeat.csv',
      csv(row(0), row(1), row(1)),
      { code: 'time_not_increasing', details: { row: 3, column: 'ts' } },
    ],
    [
      'rows out of order',
      'order.csv',
      csv(row(1), row(0)),
      { code: 'time_not_increasing', details: { row: 2, column: 'ts' } },
    ],
    [
      'a time off the grid',
      'grid.csv',
      csv(`${START + 1},1,2,0.5,1.5,10`),
      { code: 'misaligned_time', details: { row: 1, column: 'ts' } },
    ],
    [
      'a future time',
      'future.csv',
      csv(`${NOW + HOUR},1,2,0.5,1.5,10`),
      { code: 'future_time', details: { row: 1, column: 'ts' } },
    ],
    [
      'a gzip that ends early',
      'early.csv.gz',
      gzipSync(csv(row(0), row(1))).subarray(0, -10),
      { code: 'unreadable_file' },
    ],
    [
      'a gzip with a flipped bit',
      'flip.csv.gz',
      flipped(gzipSync(csv(row(0), row(1)))),
      { code: 'unreadable_file' },
    ],
    ['JSON that ends early', 'early.json', '[{"t":1', { code: 'unreadable_file' }],
    [
      'NDJSON that ends early',
      'early.ndjson',
      `{"t":${START},"o":1,"h":2,"l":0.5,"c":1}\n{"t":17`,
      { code: 'malformed_row', details: { row: 2 } },
    ],
    [
      'a text in JSON',
      'text.json',
      `[{"t":${START},"o":"x","h":2,"l":0.5,"c":1}]`,
      { code: 'unreadable_value', details: { row: 1, column: 'open' } },
    ],
    [
      'bytes that are neither text nor Parquet',
      'binary.csv',
      Buffer.from([1, 0, 2, 0]),
      { code: 'unreadable_file' },
    ],
    ['a Parquet name without Parquet', 'no.parquet', csv(row(0)), { code: 'unreadable_file' }],
    ['an id that is none', 'id.csv', csv(row(0)), { code: 'invalid_instrument' }, { subject: 'BTC' }],
    [
      'several symbols under one id',
      'symbols.csv',
      `symbol,${HEADER}\nA,${row(0)}\nB,${row(1)}\n`,
      { code: 'bad_parameter' },
    ],
  ];
  it.each(cases)('%s', async (...[, file, content, expected, source]) => {
    const error = await failure(run(put(file, content), source));
    expect(error).toMatchObject(expected);
  });

  it('a file that does not exist', async () => {
    expect(await failure(run(join(folder, 'nowhere.csv')))).toMatchObject({ code: 'file_not_found' });
  });

  it('a truncated Parquet', async () => {
    const path = join(folder, 'whole.parquet');
    await lake.rows(
      `COPY (SELECT ${START} AS ts, 1 AS open, 1 AS high, 1 AS low, 1 AS close) TO '${path}' (FORMAT parquet)`,
    );
    const error = await failure(run(put('cut.parquet', readFileSync(path).subarray(0, -20))));
    expect(error.code).toBe('unreadable_file');
    expect(error.message).toContain('cut.parquet');
  });

  it('an unknown dataset', async () => {
    expect(await failure(run(put('u.csv', csv(row(0))), {}, { dataset: 'candles' }))).toMatchObject({
      code: 'unknown_dataset',
    });
  });

  it('everything when one file of a folder is bad', async () => {
    const path = join(folder, 'half-bad');
    mkdirSync(path);
    writeFileSync(join(path, 'A.csv'), csv(row(0)));
    writeFileSync(join(path, 'B.csv'), csv(`${START},x,2,0.5,1.5,10`));
    const error = await failure(run(path, { subject: 'binance:spot:{file}' }));
    expect(error.details).toMatchObject({ file: join(path, 'B.csv'), row: 1 });
  });
});

describe('importFiles in tolerant mode', () => {
  it('leaves out what is bad, counts it by reason and sorts the rest', async () => {
    const text = csv(
      row(1),
      `${START},x,2,0.5,1.5,10`,
      `${START},1,2,0.5`,
      `${START},NaN,2,0.5,1.5,10`,
      row(0, 1.6),
      row(1, 1.9),
      `0,1,2,0.5,1.5,10`,
      `${START + 1},1,2,0.5,1.5,10`,
      `${NOW + HOUR},1,2,0.5,1.5,10`,
      `${START},1,2,0,1.5,10`,
    );
    const report = await run(put('bad.csv', text), {}, { tolerant: true });
    expect(report).toMatchObject({
      rowsRead: 10,
      rowsWritten: 2,
      rowsRefused: 8,
      rowsReordered: 1,
      refused: {
        unreadable_value: 1,
        malformed_row: 1,
        non_finite_value: 1,
        time_not_increasing: 1,
        ambiguous_time_unit: 1,
        misaligned_time: 1,
        future_time: 1,
        non_positive_price: 1,
      },
    });
    expect(report.examples.map(({ row: at }) => at).sort((a, b) => a - b)).toEqual([2, 3, 4, 7, 8, 9, 10]);
    expect(await stored()).toEqual([
      [START, 1, 2, 0.5, 1.6, 10],
      [START + HOUR, 1, 2, 0.5, 1.5, 10],
    ]);
  });

  it('is an error when nothing is left', async () => {
    const error = await failure(run(put('none.csv', csv('x,1,2,0.5,1.5,10')), {}, { tolerant: true }));
    expect(error).toMatchObject({ code: 'unreadable_value', details: { refused: { unreadable_value: 1 } } });
  });
});

describe('importFiles of partial candles', () => {
  it('gives the candles of the recorded flash crash', async () => {
    const report = await importFiles(
      { lake, now: NOW },
      {
        dataset: 'bars',
        timeframe: '1m',
        mergePartials: true,
        sources: [{ path: 'test/golden/data/hmm/merge_partials_in.csv', subject: 'kraken:spot:BTCUSD' }],
      },
    );
    const [, ...lines] = readFileSync('test/golden/data/hmm/merge_partials_out.csv', 'utf8')
      .trim()
      .split('\n');
    const expected = lines.map((line) => line.split(',').slice(0, 6).map(Number));
    const bars = await stored('kraken:spot:BTCUSD', '1m');
    expect(bars.map((bar) => bar.slice(0, 5))).toEqual(expected.map((bar) => bar.slice(0, 5)));
    for (const [index, bar] of bars.entries()) {
      expect(Math.abs(bar[5]! - expected[index]![5]!)).toBeLessThanOrEqual(1e-9 * expected[index]![5]!);
    }
    expect(report.rowsRead).toBe(report.rowsWritten + report.rowsMerged);
    expect(report.rowsMerged).toBeGreaterThan(0);
  });

  it('merges over the files of a folder in the order of their names', async () => {
    const path = join(folder, 'pages');
    mkdirSync(path);
    writeFileSync(join(path, 'part-1.csv'), csv(row(0), `${START + HOUR},10,12,9,11,1`));
    writeFileSync(join(path, 'part-2.csv'), csv(`${START + HOUR},11,13,10,10.5,2`, row(2)));
    const report = await run(path, {}, { mergePartials: true });
    expect(report).toMatchObject({ rowsRead: 4, rowsWritten: 3, rowsMerged: 1 });
    expect((await stored())[1]).toEqual([START + HOUR, 10, 13, 9, 10.5, 3]);
  });
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 6]! ^= 1;
  return copy;
}
