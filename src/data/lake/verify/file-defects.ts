/**
 * What one file can have wrong with it: bytes, name, place, and rows that break a rule by themselves. Rows are checked
 * in every current file, also those that another file overrides: a wrong row must not lie in wait.
 */
import { readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { TIMEFRAME_MS, type Timeframe } from '../../../market/timeframe.js';
import type { Column } from '../dataset-shape.js';
import { type DatasetName, keyOf, shapeOf } from '../datasets.js';
import { firstLine } from '../file-system.js';
import type { Lake } from '../lake.js';
import { type LakeFile, listFolders } from '../lake-file.js';
import { parsePartName, periodSpan } from '../part-name.js';
import { quote } from '../session.js';
import { DEFECT_KINDS, type DefectKind, type Finding } from './finding.js';

/** Times outside 1973 … 2286 in milliseconds are seconds or microseconds. */
const EARLIEST_MS = 1e11;
const LATEST_MS = 1e13;
/** Rows per subject from which the spacing of a file tells its timeframe. */
const SPACING_ROWS = 20;

/** Sums every file of a dataset; the intact ones are what other checks may read. */
export async function damagedFiles(
  lake: Lake,
  dataset: DatasetName,
  files: readonly LakeFile[],
): Promise<{ readonly findings: Finding[]; readonly intact: LakeFile[] }> {
  const findings: Finding[] = [];
  const intact: LakeFile[] = [];
  for (const file of files) {
    if (await lake.verifyChecksum(file)) {
      intact.push(file);
      continue;
    }
    const kind = (await endsAsParquet(file.path)) ? 'bad_checksum' : 'truncated_file';
    findings.push(ofFile(dataset, file, kind, 1));
  }
  return { findings, intact };
}

async function endsAsParquet(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(4);
    if (size >= 12) await handle.read(tail, 0, 4, size - 4);
    return tail.toString('latin1') === 'PAR1';
  } finally {
    await handle.close();
  }
}

/** Names: foreign files, and sequence intervals that meet without one covering the other. */
export function nameDefects(lake: Lake, dataset: DatasetName, files: readonly LakeFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const folder of listFolders(lake.root, dataset)) {
    for (const name of readdirSync(folder.path)) {
      if (!name.endsWith('.parquet') || parsePartName(name)) continue;
      findings.push({
        kind: 'foreign_file',
        severity: 'alarm',
        dataset,
        timeframe: folder.timeframe,
        file: join(folder.path, name),
        count: 1,
        message: DEFECT_KINDS.foreign_file,
      });
    }
  }
  const folders = new Map<string, LakeFile[]>();
  for (const file of files) {
    const folder = `${file.venue}/${file.timeframe}/${file.period}`;
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  for (const members of folders.values()) {
    const sorted = members.sort((a, b) => a.seqLo - b.seqLo);
    for (let at = 1; at < sorted.length; at += 1) {
      if (sorted[at]!.seqLo > sorted[at - 1]!.seqHi) continue;
      findings.push(ofFile(dataset, sorted[at]!, 'sequence_overlap', 1));
    }
  }
  return findings;
}

interface RowRule {
  readonly kind: DefectKind;
  readonly broken: string;
}

/** Rules on single rows; a row may break several. */
function rowRules(dataset: DatasetName, now: number, timeframe: string): RowRule[] {
  const shape = shapeOf(dataset);
  const columns = Object.entries<Column>(shape.columns);
  const required = columns.filter(([, { nullable }]) => !nullable).map(([name]) => name);
  const doubles = columns.filter(([, { type }]) => type === 'double').map(([name]) => name);
  const wrongUnit = `ts < ${EARLIEST_MS} OR ts > ${LATEST_MS}`;
  const rules: RowRule[] = [
    {
      kind: 'missing_value',
      broken: [
        ...required.map((name) => `${name} IS NULL`),
        ...doubles.map((name) => `NOT isfinite(${name})`),
      ].join(' OR '),
    },
    { kind: 'wrong_time_unit', broken: wrongUnit },
    { kind: 'future_time', broken: `ts > ${now} AND ts <= ${LATEST_MS}` },
  ];
  if ('open' in shape.columns) {
    const prices = ['open', 'high', 'low', 'close'];
    rules.push(
      { kind: 'zero_price', broken: prices.map((name) => `${name} = 0`).join(' OR ') },
      { kind: 'negative_price', broken: prices.map((name) => `${name} < 0`).join(' OR ') },
      { kind: 'high_below_low', broken: 'high < low' },
      {
        kind: 'open_close_outside_range',
        broken: 'high >= low AND (open > high OR open < low OR close > high OR close < low)',
      },
      {
        kind: 'negative_volume',
        broken: 'quote_volume' in shape.columns ? 'volume < 0 OR quote_volume < 0' : 'volume < 0',
      },
    );
  }
  if (timeframe in TIMEFRAME_MS && 'open' in shape.columns) {
    const grid = TIMEFRAME_MS[timeframe as Timeframe];
    rules.push({ kind: 'misaligned_time', broken: `ts % ${grid} <> 0 AND NOT (${wrongUnit})` });
  }
  if (dataset === 'funding_rates')
    rules.push({ kind: 'implausible_value', broken: 'abs(funding_rate) > 0.5' });
  if (dataset === 'dominance_samples')
    rules.push({ kind: 'implausible_value', broken: 'value < 0 OR value > 100' });
  if (dataset === 'open_interest') {
    rules.push({ kind: 'implausible_value', broken: 'open_interest < 0 OR open_interest_value < 0' });
  }
  return rules;
}

/**
 * Everything that rows have wrong by themselves, by their place in the file, or by the folder they are in.
 * @param files intact files of one venue and timeframe
 */
export async function rowDefects(
  lake: Lake,
  dataset: DatasetName,
  files: readonly LakeFile[],
  now: number,
): Promise<Finding[]> {
  if (files.length === 0) return [];
  try {
    return await rowDefectsOf(lake, dataset, files, now);
  } catch (error) {
    // One file that DuckDB refuses hides the others: ask file by file.
    if (files.length === 1) {
      const finding = ofFile(dataset, files[0]!, 'unreadable_file', 1);
      return [{ ...finding, message: firstLine((error as Error).message) }];
    }
    const found: Finding[] = [];
    for (const file of files) found.push(...(await rowDefects(lake, dataset, [file], now)));
    return found;
  }
}

async function rowDefectsOf(
  lake: Lake,
  dataset: DatasetName,
  files: readonly LakeFile[],
  now: number,
): Promise<Finding[]> {
  const { subject } = shapeOf(dataset);
  const timeframe = files[0]!.timeframe;
  const list = files.map((file) => quote(file.path)).join(', ');
  const scan = `(SELECT *, filename AS f, file_row_number AS r FROM read_parquet([${list}], union_by_name = true, hive_partitioning = false, filename = true, file_row_number = true))`;
  const byPath = new Map(files.map((file) => [file.path, file]));
  const findings: Finding[] = [];
  const add = (kind: DefectKind, rows: readonly Record<string, unknown>[]): void => {
    for (const row of rows) {
      findings.push({
        ...ofFile(dataset, byPath.get(String(row.f))!, kind, Number(row.n)),
        ...(row.s === null || row.s === undefined ? {} : { subject: String(row.s) }),
        from: Number(row.lo),
        to: Number(row.hi),
      });
    }
  };
  const summary = `f, ${subject} AS s, count(*) AS n, min(ts) AS lo, max(ts) AS hi`;
  const rules = rowRules(dataset, now, timeframe);
  const [counts] = await lake.session.rows(
    `SELECT ${rules.map(({ broken }, at) => `count_if(${broken}) AS c${at}`).join(', ')} FROM ${scan}`,
  );
  for (const [at, { kind, broken }] of rules.entries()) {
    if (Number(counts![`c${at}`]) === 0) continue;
    add(
      kind,
      await lake.session.rows(`SELECT ${summary} FROM ${scan} WHERE ${broken} GROUP BY ALL ORDER BY ALL`),
    );
  }
  const key = keyOf(dataset).join(', ');
  add(
    'duplicate_key',
    await lake.session.rows(
      `SELECT f, s, count(*) AS n, min(ts) AS lo, max(ts) AS hi FROM
         (SELECT f, ${subject} AS s, ts FROM ${scan} GROUP BY f, ${key} HAVING count(*) > 1) GROUP BY ALL ORDER BY ALL`,
    ),
  );
  add(
    'out_of_order',
    await lake.session.rows(
      `SELECT f, s, count(*) AS n, min(ts) AS lo, max(ts) AS hi FROM (SELECT f, ${subject} AS s, ts,
         lag(${subject}) OVER w AS s0, lag(ts) OVER w AS t0 FROM ${scan} WINDOW w AS (PARTITION BY f ORDER BY r))
       WHERE s < s0 OR (s = s0 AND ts < t0) GROUP BY ALL ORDER BY ALL`,
    ),
  );
  const spans = await lake.session.rows(
    `SELECT f, min(ts) AS lo, max(ts) AS hi, count(*) AS n FROM ${scan} GROUP BY f ORDER BY f`,
  );
  for (const row of spans) {
    const file = byPath.get(String(row.f))!;
    if (Number(row.lo) !== file.tsMin || Number(row.hi) !== file.tsMax) add('wrong_time_range', [row]);
    const [first, end] = periodSpan(file.period);
    if (Number(row.lo) < first || Number(row.hi) >= end) add('wrong_partition', [row]);
  }
  if (subject === 'instrument_id') {
    const venue = quote(files[0]!.venue);
    add(
      'wrong_partition',
      await lake.session.rows(
        `SELECT ${summary} FROM ${scan} WHERE split_part(${subject}, ':', 1) <> ${venue} GROUP BY ALL ORDER BY ALL`,
      ),
    );
  }
  if (dataset === 'bars' && timeframe in TIMEFRAME_MS) {
    add(
      'wrong_partition',
      await lake.session.rows(
        `SELECT f, s, count(*) AS n, min(ts) AS lo, max(ts) AS hi FROM (SELECT f, ${subject} AS s, ts,
           ts - lag(ts) OVER (PARTITION BY f, ${subject} ORDER BY ts) AS step FROM ${scan})
         GROUP BY f, s HAVING count(*) >= ${SPACING_ROWS} AND mode(step) FILTER (step > 0) <> ${TIMEFRAME_MS[timeframe as Timeframe]} ORDER BY ALL`,
      ),
    );
  }
  return findings;
}

function ofFile(dataset: DatasetName, file: LakeFile, kind: DefectKind, count: number): Finding {
  return {
    kind,
    severity: 'alarm',
    dataset,
    timeframe: file.timeframe,
    file: file.path,
    from: file.tsMin,
    to: file.tsMax,
    count,
    message: DEFECT_KINDS[kind],
  };
}
