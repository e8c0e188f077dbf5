/** What the lake holds: rows, span, files, bytes and freshness per dataset, subject and timeframe. */
import { type DatasetName, shapeOf } from './datasets.js';
import type { FreshBars } from './fresh-bars.js';
import type { LakeFile } from './lake-file.js';
import { overlapGroups } from './part-name.js';
import { scan, winnersOf } from './relation.js';
import type { Session } from './session.js';

export interface DatasetStatus {
  readonly dataset: DatasetName;
  readonly subject: string;
  readonly venue: string;
  /** `none` where the dataset has no timeframe. */
  readonly timeframe: string;
  /** Rows in the view: one per key. */
  readonly rows: number;
  readonly firstTs: number;
  readonly lastTs: number;
  readonly files: number;
  /** Bytes of those files, shared out by rows. */
  readonly bytes: number;
  readonly lastIngestedAt: number;
  /** Milliseconds from the newest ts to now. */
  readonly ageMs: number;
}

/** Status of the files of one venue and timeframe. */
export async function statusOf(
  session: Session,
  dataset: DatasetName,
  files: readonly LakeFile[],
  now: number,
): Promise<DatasetStatus[]> {
  const first = files[0];
  if (!first) return [];
  const { subject } = shapeOf(dataset);
  const summary = `count(*) AS rows, min(ts) AS first_ts, max(ts) AS last_ts, max(ingested_at) AS ingested`;
  const groups = overlapGroups(files);
  const plain = groups.filter((group) => group.length === 1).flat();
  const overlapping = groups.filter((group) => group.length > 1).flat();
  const winners: string[] = [];
  if (plain.length > 0) winners.push(`SELECT ${subject}, ts, ingested_at FROM ${scan(plain)}`);
  if (overlapping.length > 0) {
    winners.push(
      `SELECT ${subject}, ts, ingested_at FROM (${winnersOf(dataset, scan(overlapping, { filename: true }))})`,
    );
  }
  const perSubject = await session.rows(
    `SELECT ${subject} AS subject, ${summary} FROM (${winners.join(' UNION ALL ')}) GROUP BY ALL ORDER BY subject`,
  );
  const perFile = await session.rows(
    `SELECT ${subject} AS subject, file_index AS file, count(*) AS rows FROM ${scan(files)} GROUP BY ALL`,
  );
  const rowsInFile = new Map<number, number>();
  for (const { file, rows } of perFile) {
    rowsInFile.set(Number(file), (rowsInFile.get(Number(file)) ?? 0) + Number(rows));
  }
  return perSubject.map((row) => {
    const own = perFile.filter((entry) => entry.subject === row.subject);
    const bytes = own.reduce(
      (sum, { file, rows }) =>
        sum + (files[Number(file)]!.bytes * Number(rows)) / rowsInFile.get(Number(file))!,
      0,
    );
    return {
      dataset,
      subject: String(row.subject),
      venue: first.venue,
      timeframe: first.timeframe,
      rows: Number(row.rows),
      firstTs: Number(row.first_ts),
      lastTs: Number(row.last_ts),
      files: own.length,
      bytes: Math.round(bytes),
      lastIngestedAt: Number(row.ingested),
      ageMs: now - Number(row.last_ts),
    };
  });
}

/** Adds bars that a feed has and no part holds yet. Those in between stored ones are not counted until they land. */
export function withFreshRows(
  stored: readonly DatasetStatus[],
  fresh: FreshBars,
  now: number,
): readonly DatasetStatus[] {
  if (fresh.instruments.length === 0) return stored;
  const found = [...stored];
  const places = new Map(
    found.flatMap(({ dataset, subject, timeframe }, at) =>
      dataset === 'bars' ? [[`${subject} ${timeframe}`, at] as const] : [],
    ),
  );
  for (const instrument of fresh.instruments) {
    for (const [timeframe, rows] of fresh.of(instrument)) {
      const at = places.get(`${instrument} ${timeframe}`);
      const known = at === undefined ? undefined : found[at];
      const newer = rows.filter(({ time }) => known === undefined || time > known.lastTs);
      const newest = newer.at(-1);
      if (newest === undefined) continue;
      const row: DatasetStatus = {
        ...(known ?? {
          dataset: 'bars',
          subject: instrument,
          venue: instrument.split(':', 1)[0]!,
          timeframe,
          firstTs: newer[0]!.time,
          files: 0,
          bytes: 0,
        }),
        rows: (known?.rows ?? 0) + newer.length,
        lastTs: newest.time,
        lastIngestedAt: newest.ingestedAt,
        ageMs: now - newest.time,
      };
      if (at === undefined) found.push(row);
      else found[at] = row;
    }
  }
  return found;
}
