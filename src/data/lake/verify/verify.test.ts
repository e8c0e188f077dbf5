import { readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../market/clock.js';
import type { DatasetName } from '../datasets.js';
import { Lake } from '../lake.js';
import type { LakeFile } from '../lake-file.js';
import { formatPartName } from '../part-name.js';
import { importSample, readSampleManifest } from '../sample.js';
import type { DefectKind, Finding } from './finding.js';
import { verifyLake } from './verify.js';

const NOW = Date.UTC(2026, 10, 21);
const HOUR = 3_600_000;
const BTC = 'binance:spot:BTCUSDT';
const ETH = 'binance:spot:ETHUSDT';
const MARCH = Date.UTC(2023, 2, 1);
const FROM = MARCH + 200 * HOUR;
const TO = MARCH + 320 * HOUR;

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tidewatch-verify-'));
  const lake = await Lake.open(join(root, 'clean'), { clock: new FixedClock(NOW) });
  await importSample({ lake, now: NOW }, await partOfSample());
  await lake.close();
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

/** A folder with those of the sample's files that the plants change, and a manifest that names them alone. */
async function partOfSample(): Promise<string> {
  const folder = join(root, 'sample');
  await cp('data/sample', folder, { recursive: true });
  const path = join(folder, 'manifest.json');
  const { groups, ...manifest } = await readSampleManifest(folder);
  const wanted = groups.filter(({ dataset, timeframe }) => timeframe === '1h' || dataset === 'funding_rates');
  writeFileSync(path, JSON.stringify({ ...manifest, groups: wanted }));
  return folder;
}

interface Place {
  readonly dataset: DatasetName;
  readonly venue: string;
  readonly timeframe: string;
  /** A time inside the file's month. */
  readonly at: number;
}

const HOURS: Place = { dataset: 'bars', venue: 'binance', timeframe: '1h', at: FROM };
const SESSIONS: Place = { dataset: 'bars', venue: 'file', timeframe: '1h', at: Date.UTC(2015, 5, 10) };
const FUNDING: Place = { dataset: 'funding_rates', venue: 'binanceusdm', timeframe: 'none', at: FROM };

/** Rewrites the file of a month with other rows, under a correct name. `rows` is the relation; $row is its order. */
async function rewrite(
  lake: Lake,
  file: LakeFile,
  select: string,
  name: Partial<LakeFile> = {},
): Promise<string> {
  const temporary = join(root, 'planted.parquet');
  const rows = `(SELECT * EXCLUDE (file_row_number), file_row_number AS "$row" FROM read_parquet('${file.path}', file_row_number = true, hive_partitioning = false))`;
  await lake.session.run(
    `COPY (SELECT * EXCLUDE ("$row") FROM (${select.replaceAll('rows', rows)})) TO '${temporary}' (FORMAT parquet, COMPRESSION zstd)`,
  );
  const [span] = await lake.session.rows(
    `SELECT min(ts) AS lo, max(ts) AS hi FROM read_parquet('${temporary}')`,
  );
  const crc = crc32(readFileSync(temporary));
  const planted = {
    ...file,
    tsMin: Math.max(0, Number(span!.lo)),
    tsMax: Number(span!.hi),
    crc32: crc,
    ...name,
  };
  const path = join(file.path, '..', formatPartName(planted));
  rmSync(file.path);
  renameSync(temporary, path);
  return path;
}

const where = (subject: string, from = FROM, to = TO): string =>
  `instrument_id = '${subject}' AND ts >= ${from} AND ts < ${to}`;
/** Replaces columns of the rows that fit. */
const change = (condition: string, columns: Record<string, string>): string =>
  `SELECT * REPLACE (${Object.entries(columns)
    .map(([name, sql]) => `CASE WHEN ${condition} THEN ${sql} ELSE ${name} END AS ${name}`)
    .join(', ')}) FROM rows`;
const inOrder = (select: string, order = 'instrument_id, ts'): string => `${select} ORDER BY ${order}`;
const scaled = (factor: string): Record<string, string> => ({
  open: `open * ${factor}`,
  high: `high * ${factor}`,
  low: `low * ${factor}`,
  close: `close * ${factor}`,
});
const one = where(BTC, FROM, FROM + 1);
const longAfter = where(BTC, FROM, Date.UTC(2030, 0));

interface Plant {
  readonly name: string;
  readonly kind: DefectKind;
  readonly place?: Place;
  /** SELECT over `rows`, or work on the file itself. */
  readonly plant: string | ((lake: Lake, file: LakeFile) => unknown);
  readonly subject?: string;
  readonly from?: number;
  readonly to?: number;
  /** Distance allowed between planted and found times. */
  readonly within?: number;
}

const PLANTS: readonly Plant[] = [
  {
    name: 'a gap',
    kind: 'gap',
    plant: `SELECT * FROM rows WHERE NOT (${where(BTC)})`,
    subject: BTC,
    from: FROM,
    to: TO,
  },
  {
    name: 'a duplicated key',
    kind: 'duplicate_key',
    plant: inOrder(`SELECT * FROM rows UNION ALL SELECT * FROM rows WHERE ${one}`),
    subject: BTC,
    from: FROM,
  },
  {
    name: 'disorder',
    kind: 'out_of_order',
    plant: `SELECT * FROM rows ORDER BY CASE WHEN ${one} THEN 0 ELSE 1 END, instrument_id DESC, ts`,
  },
  {
    name: 'a zero price',
    kind: 'zero_price',
    plant: change(one, { low: '0.0' }),
    subject: BTC,
    from: FROM,
    to: FROM,
  },
  {
    name: 'a negative price',
    kind: 'negative_price',
    plant: change(one, { close: '-close' }),
    subject: BTC,
    from: FROM,
    to: FROM,
  },
  {
    name: 'high below low',
    kind: 'high_below_low',
    plant: change(one, { high: 'low * 0.9' }),
    subject: BTC,
    from: FROM,
    to: FROM,
  },
  {
    name: 'an open outside the range',
    kind: 'open_close_outside_range',
    plant: change(one, { open: 'high * 1.2' }),
    subject: BTC,
    from: FROM,
    to: FROM,
  },
  {
    name: 'prices times 100',
    kind: 'wrong_price_unit',
    plant: change(where(BTC), scaled('100')),
    subject: BTC,
    from: FROM,
    to: TO,
  },
  {
    name: 'prices by 1000',
    kind: 'wrong_price_unit',
    plant: change(where(ETH), scaled('0.001')),
    subject: ETH,
    from: FROM,
    to: TO,
  },
  {
    name: 'a time in seconds',
    kind: 'wrong_time_unit',
    plant: inOrder(change(where(BTC), { ts: 'ts // 1000' })),
    subject: BTC,
    from: FROM / 1000,
  },
  {
    name: 'a stale feed',
    kind: 'stale_repeat',
    plant: change(where(BTC), {
      open: '22000.5',
      high: '22100.0',
      low: '21900.0',
      close: '22050.25',
      volume: '12.5',
    }),
    subject: BTC,
    from: FROM,
    to: TO - HOUR,
  },
  {
    name: 'hours in local time',
    kind: 'time_zone_shift',
    // the stretch runs five hours late; what it lands on is overwritten
    plant: inOrder(
      `SELECT * REPLACE (CASE WHEN ${where(ETH, FROM, FROM + 300 * HOUR)} THEN ts + ${5 * HOUR} ELSE ts END AS ts) FROM rows
       WHERE NOT (${where(ETH, FROM + 300 * HOUR, FROM + 305 * HOUR)})`,
    ),
    subject: ETH,
    from: FROM,
    to: FROM + 305 * HOUR,
    within: 100 * HOUR,
  },
  {
    name: 'sessions in local time',
    kind: 'time_zone_shift',
    place: SESSIONS,
    plant: inOrder(
      `SELECT * REPLACE (CASE WHEN ts >= ${Date.UTC(2015, 5, 10)} AND ts < ${Date.UTC(2015, 5, 13)} THEN ts - ${5 * HOUR} ELSE ts END AS ts) FROM rows`,
    ),
    subject: 'file:equity:SPY',
    from: Date.UTC(2015, 5, 10, 8),
    within: 24 * HOUR,
  },
  {
    name: 'a split',
    kind: 'split_like_jump',
    plant: change(longAfter, scaled('0.5')),
    subject: BTC,
    from: FROM,
  },
  {
    name: 'a split that is taken back',
    kind: 'split_like_jump',
    plant: change(where(BTC), scaled('3')),
    subject: BTC,
    from: FROM,
    to: TO,
  },
  {
    name: 'a future stamp',
    kind: 'future_time',
    plant: inOrder(
      change(where(BTC, Date.UTC(2023, 2, 31, 23), Date.UTC(2023, 3, 1)), { ts: `${NOW + 24 * HOUR}` }),
    ),
    subject: BTC,
    from: NOW + 24 * HOUR,
  },
  {
    name: 'a negative volume',
    kind: 'negative_volume',
    plant: change(one, { volume: '-volume' }),
    subject: BTC,
    from: FROM,
    to: FROM,
  },
  {
    name: 'NaN',
    kind: 'missing_value',
    plant: change(one, { close: "'NaN'::DOUBLE" }),
    subject: BTC,
    from: FROM,
    to: FROM,
  },
  {
    name: 'NULL',
    kind: 'missing_value',
    plant: change(one, { volume: 'NULL' }),
    subject: BTC,
    from: FROM,
    to: FROM,
  },
  {
    name: 'an open time off the grid',
    kind: 'misaligned_time',
    plant: change(one, { ts: 'ts + 1000' }),
    subject: BTC,
    from: FROM + 1000,
  },
  {
    name: 'a flipped bit',
    kind: 'bad_checksum',
    plant: (_lake, file) => {
      const bytes = readFileSync(file.path);
      bytes[bytes.length >> 1]! ^= 4;
      writeFileSync(file.path, bytes);
    },
  },
  {
    name: 'a truncated file',
    kind: 'truncated_file',
    plant: (_lake, file) => truncateSync(file.path, statSync(file.path).size - 1000),
  },
  {
    name: 'a row in the folder of another month',
    kind: 'wrong_partition',
    plant: inOrder(change(where(BTC), { ts: `ts + ${31 * 24 * HOUR}` })),
    subject: undefined!,
  },
  {
    name: 'a row in the folder of another venue',
    kind: 'wrong_partition',
    plant: inOrder(change(where(BTC), { instrument_id: "'kraken:spot:BTCUSD'" })),
    subject: 'kraken:spot:BTCUSD',
    from: FROM,
  },
  {
    name: 'bars in the folder of another timeframe',
    kind: 'wrong_partition',
    plant: `SELECT * FROM rows WHERE ts % ${4 * HOUR} = 0`,
  },
  {
    name: 'overlapping sequence numbers',
    kind: 'sequence_overlap',
    plant: async (lake, file) => {
      const rows = `SELECT * FROM rows`;
      const copy = readFileSync(file.path);
      await rewrite(lake, file, rows, { seqLo: 1, seqHi: 5 });
      writeFileSync(join(file.path, '..', formatPartName({ ...file, seqLo: 3, seqHi: 8 })), copy);
    },
  },
  {
    name: 'two instruments that trade places',
    kind: 'instrument_swapped',
    plant: inOrder(
      `SELECT * REPLACE (CASE WHEN ${where(BTC)} THEN '${ETH}' WHEN ${where(ETH)} THEN '${BTC}' ELSE instrument_id END AS instrument_id) FROM rows`,
    ),
    subject: BTC,
    from: FROM,
    to: TO,
  },
  {
    name: 'funding in percent',
    kind: 'funding_in_percent',
    place: FUNDING,
    plant: `SELECT * REPLACE (funding_rate * 100 AS funding_rate) FROM rows`,
    subject: 'binanceusdm:-:BTCUSDT',
    from: MARCH,
    within: 96 * HOUR,
  },
  {
    name: 'names that tell other times',
    kind: 'wrong_time_range',
    plant: (lake, file) => rewrite(lake, file, 'SELECT * FROM rows', { tsMin: file.tsMin + HOUR }),
  },
  {
    name: 'a file of somebody else',
    kind: 'foreign_file',
    plant: (_lake, file) => writeFileSync(join(file.path, '..', 'part-0.parquet'), readFileSync(file.path)),
  },
];

describe('verifyLake finds', () => {
  it.each(PLANTS.map((plant) => [plant.name, plant] as const))('%s', async (name, plant) => {
    const folder = join(root, name.replaceAll(' ', '-'));
    const place = plant.place ?? HOURS;
    const below = join(place.dataset, `venue=${place.venue}`, `timeframe=${place.timeframe}`);
    // the months around the planted one are enough to stand out from
    const isSeasonal = (path: string): boolean => {
      const period = /period=(\d{4}-\d{2})/.exec(path)?.[1];
      return (
        period === undefined || Math.abs(Date.parse(`${period}-01T00:00:00Z`) - place.at) < 120 * 24 * HOUR
      );
    };
    await cp(join(root, 'clean', below), join(folder, below), { recursive: true, filter: isSeasonal });
    const lake = await Lake.open(folder, { clock: new FixedClock(NOW) });
    try {
      const file = (await lake.activeFiles(place.dataset, place)).find(
        ({ tsMin, tsMax }) => tsMin <= place.at && place.at <= tsMax,
      )!;
      if (typeof plant.plant === 'string') await rewrite(lake, file, plant.plant);
      else await plant.plant(lake, file);
      const report = await verifyLake(lake, { now: NOW, dataset: place.dataset });
      const alarms = report.findings.filter(({ severity }) => severity === 'alarm');
      const near = (found: number | undefined, planted: number | undefined): boolean =>
        planted === undefined || Math.abs(found! - planted) <= (plant.within ?? 0);
      const isIt = (finding: Finding): boolean =>
        finding.kind === plant.kind &&
        (plant.subject === undefined || finding.subject === plant.subject) &&
        near(finding.from, plant.from) &&
        near(finding.to, plant.to) &&
        (finding.file === undefined || finding.file.startsWith(join(file.path, '..')));
      expect(alarms.filter(isIt), JSON.stringify(alarms.slice(0, 5))).not.toHaveLength(0);
    } finally {
      await lake.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
