/**
 * How long rows are kept. Whole months expire (operations spec §9: expiry removes whole partitions): a month goes when
 * all of it is older than its rule allows. Subjects that are to be kept stay, and their month is written again.
 */
import { type DatasetName, shapeOf } from './datasets.js';
import type { Lake } from './lake.js';
import type { LakeWriter } from './lake-writer.js';
import { periodSpan } from './part-name.js';
import { quote } from './session.js';

export interface RetentionRule {
  readonly dataset: DatasetName;
  /** Only this timeframe; all of the dataset when left out. */
  readonly timeframe?: string;
  readonly keepDays: number;
}

/** What one rule removes from one folder of the lake. */
export interface Expiry {
  readonly dataset: DatasetName;
  readonly venue: string;
  readonly timeframe: string;
  /** UTC month, YYYY-MM. */
  readonly period: string;
  readonly subjects: readonly string[];
  readonly rows: number;
  /** Share of the folder's bytes, by rows. */
  readonly bytes: number;
}

const DAY = 86_400_000;

/**
 * Months that have expired at `now`, and what is in them. Reads only.
 * @param keep subjects that never expire
 * @throws TidewatchError `corrupt_file`
 */
export async function expired(
  lake: Lake,
  rules: readonly RetentionRule[],
  keep: readonly string[],
  now: number,
): Promise<readonly Expiry[]> {
  const found = new Map<string, Expiry>();
  for (const { dataset, timeframe, keepDays } of rules) {
    const filter = { ...(timeframe === undefined ? {} : { timeframe }), to: now - keepDays * DAY };
    const months = new Map<string, { venue: string; timeframe: string; period: string; bytes: number }>();
    for (const file of await lake.activeFiles(dataset, filter)) {
      if (periodSpan(file.period)[1] > filter.to) continue;
      const name = `${dataset}/${file.venue}/${file.timeframe}/${file.period}`;
      const bytes = (months.get(name)?.bytes ?? 0) + file.bytes;
      months.set(name, { venue: file.venue, timeframe: file.timeframe, period: file.period, bytes });
    }
    for (const [name, { bytes, ...month }] of months) {
      const content = found.has(name) ? undefined : await contentOf(lake, { dataset, ...month }, keep);
      if (content === undefined || content.rows === 0) continue;
      const { rows, subjects, all } = content;
      found.set(name, { dataset, ...month, subjects, rows, bytes: Math.round((bytes * rows) / all) });
    }
  }
  return [...found.values()];
}

type Month = Pick<Expiry, 'dataset' | 'venue' | 'timeframe' | 'period'>;

async function contentOf(
  lake: Lake,
  month: Month,
  keep: readonly string[],
): Promise<{ rows: number; all: number; subjects: string[] }> {
  const { subject } = shapeOf(month.dataset);
  const rows = await lake.query(month.dataset, folderOf(month), (relation, run) =>
    run(`SELECT ${subject} AS subject, count(*) AS n FROM ${relation} GROUP BY ALL ORDER BY subject`),
  );
  const going = rows.filter((row) => !keep.includes(String(row.subject)));
  const sum = (list: typeof rows): number => list.reduce((total, row) => total + Number(row.n), 0);
  return { rows: sum(going), all: sum(rows), subjects: going.map((row) => String(row.subject)) };
}

/** The files of one month; the end of a filter is not included. */
function folderOf({ venue, timeframe, period }: Month): {
  venue: string;
  timeframe: string;
  from: number;
  to: number;
} {
  const [from, to] = periodSpan(period);
  return { venue, timeframe, from, to };
}

/**
 * Removes what has expired, one month at a time. A kill leaves whole months, removed or not; the rest goes next time.
 * @param write runs as the only writer of the lake; taken for each month
 * @returns rows removed
 */
export async function removeExpired(
  write: <T>(work: (writer: LakeWriter) => Promise<T>) => Promise<T>,
  expiries: readonly Expiry[],
  onProgress: (done: number) => void = () => undefined,
): Promise<number> {
  let rows = 0;
  for (const [at, expiry] of expiries.entries()) {
    const { subject } = shapeOf(expiry.dataset);
    const condition = `${subject} IN (${expiry.subjects.map(quote).join(', ')})`;
    rows += await write((writer) => writer.deleteRows(expiry.dataset, folderOf(expiry), condition));
    onProgress(at + 1);
  }
  return rows;
}
