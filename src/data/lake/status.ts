/** What the lake holds: rows, span, files, bytes and freshness per dataset, subject and timeframe. */
import { type DatasetName, shapeOf } from './datasets.js';
import type { FreshBars } from './fresh-bars.js';
import type { LakeFile } from './lake-file.js';
import { overlapGroups } from './part-name.js';
import { scan, winnersOf } from './relation.js';
import type { Session } from './session.js';

/** One series of one dataset; times UTC ms. */
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

interface SubjectRows {
  readonly subject: string;
  readonly rows: number;
  readonly firstTs: number;
  readonly lastTs: number;
  readonly ingestedAt: number;
}

interface Place {
  /** What each file holds, by its path. */
  readonly files: Map<string, readonly SubjectRows[]>;
  /** What is left of files that overlap, by their paths. */
  readonly groups: Map<string, readonly SubjectRows[]>;
}

const SUMMARY =
  'count(*)::DOUBLE AS rows, min(ts)::DOUBLE AS first_ts, max(ts)::DOUBLE AS last_ts, ' +
  'max(ingested_at)::DOUBLE AS ingested';

/**
 * Status of files, of which those that were there before are not read again: files never change, so a new part costs
 * its own rows and those of the files that it overlaps.
 */
export class StatusMemory {
  private readonly places = new Map<string, Place>();

  constructor(private readonly session: Session) {}

  /** Of the files of one venue and timeframe. */
  async of(dataset: DatasetName, files: readonly LakeFile[], now: number): Promise<DatasetStatus[]> {
    const first = files[0];
    if (!first) return [];
    const { subject } = shapeOf(dataset);
    const { venue, timeframe } = first;
    const key = `${dataset} ${venue} ${timeframe}`;
    const before = this.places.get(key);
    const place: Place = { files: new Map(), groups: new Map() };

    const unknown = files.filter(({ path }) => !before?.files.has(path));
    const read = new Map(unknown.map(({ path }): [string, SubjectRows[]] => [path, []]));
    if (unknown.length > 0) {
      const found = await this.session.rows(
        `SELECT ${subject} AS subject, file_index AS file, ${SUMMARY} FROM ${scan(unknown)} GROUP BY ALL ORDER BY subject`,
      );
      for (const row of found) read.get(unknown[Number(row.file)]!.path)!.push(subjectRows(row));
    }
    for (const { path } of files) place.files.set(path, read.get(path) ?? before!.files.get(path)!);
    const total = new Map<string, SubjectRows>();
    const add = (rows: readonly SubjectRows[]): void => {
      for (const row of rows) total.set(row.subject, joined(total.get(row.subject), row));
    };
    for (const group of overlapGroups(files)) {
      if (group.length === 1) {
        add(place.files.get(group[0]!.path)!);
        continue;
      }
      const name = group.map(({ path }) => path).join('\n');
      const rows = before?.groups.get(name) ?? (await this.winners(dataset, group));
      place.groups.set(name, rows);
      add(rows);
    }
    this.places.set(key, place);

    const shares = new Map<string, { files: number; bytes: number }>();
    for (const { path, bytes } of files) {
      const held = place.files.get(path)!;
      const all = held.reduce((sum, { rows }) => sum + rows, 0);
      for (const { subject: owner, rows } of held) {
        const share = shares.get(owner) ?? { files: 0, bytes: 0 };
        shares.set(owner, { files: share.files + 1, bytes: share.bytes + (bytes * rows) / all });
      }
    }
    return [...total.values()]
      .sort((a, b) => (a.subject < b.subject ? -1 : 1))
      .map(({ subject: owner, rows, firstTs, lastTs, ingestedAt }) => ({
        dataset,
        subject: owner,
        venue,
        timeframe,
        rows,
        firstTs,
        lastTs,
        files: shares.get(owner)!.files,
        bytes: Math.round(shares.get(owner)!.bytes),
        lastIngestedAt: ingestedAt,
        ageMs: now - lastTs,
      }));
  }

  private async winners(dataset: DatasetName, group: readonly LakeFile[]): Promise<readonly SubjectRows[]> {
    const { subject } = shapeOf(dataset);
    const rows = await this.session.rows(
      `SELECT ${subject} AS subject, ${SUMMARY} FROM (${winnersOf(dataset, scan(group, { filename: true }))}) GROUP BY ALL`,
    );
    return rows.map(subjectRows);
  }
}

function subjectRows(row: Record<string, unknown>): SubjectRows {
  return {
    subject: String(row.subject),
    rows: Number(row.rows),
    firstTs: Number(row.first_ts),
    lastTs: Number(row.last_ts),
    ingestedAt: Number(row.ingested),
  };
}

function joined(known: SubjectRows | undefined, more: SubjectRows): SubjectRows {
  if (known === undefined) return more;
  return {
    subject: more.subject,
    rows: known.rows + more.rows,
    firstTs: Math.min(known.firstTs, more.firstTs),
    lastTs: Math.max(known.lastTs, more.lastTs),
    ingestedAt: Math.max(known.ingestedAt, more.ingestedAt),
  };
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
