/**
 * Bars of the coins' sources at one timeframe, in memory from minute to minute: read once, then what this process wrote
 * itself is put in, and what others wrote (another process, a stream, an import) is read from where it begins. File names
 * and the revision of the streamed bars say whether there is any (lake-changes.ts, fresh-bars.ts).
 */
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { lowerBound } from '../../market/series.js';
import type { Lake } from '../lake/lake.js';
import type { LakeFile } from '../lake/lake-file.js';
import { INGESTED_AT, RANK } from '../lake/merge-blocks.js';
import { SOURCE_COLUMNS, type SourceRows } from './component-bars.js';
import { LakeChanges } from './lake-changes.js';

interface Held {
  ts: Float64Array;
  columns: Record<string, Float64Array>;
  /** Everything from here on is there, UTC ms. */
  from: number;
  /** What may be others than these begins here; Infinity when nothing does. */
  dirty: number;
  /** What is other than at the last `changedSince` begins here. */
  changed: number;
  revision: number;
  /** First streamed bar that was not on disk at the last look. */
  freshFrom: number;
}

/** Bars as a venue's page gives them. */
export interface WrittenRows {
  readonly ts: ArrayLike<number>;
  readonly columns: Readonly<
    Record<'open' | 'high' | 'low' | 'close' | 'volume' | 'quote_volume' | 'trades', ArrayLike<number>>
  >;
}

/** Rank of a final bar from a page of a venue. */
export const PAGE_RANK = 13;
const NAMES = [...SOURCE_COLUMNS, INGESTED_AT];

export class SourceMemory {
  private readonly held = new Map<string, Held>();
  private readonly changes = new Map<string, LakeChanges>();

  constructor(
    private readonly lake: Lake,
    private readonly timeframe: RegimeTimeframe,
  ) {}

  /** Looks whether others have written. Before `rows`, once a run. */
  async refresh(): Promise<void> {
    for (const [venue, changes] of this.changes) {
      const since = await changes.since();
      for (const [instrument, held] of this.held) {
        if (venueOf(instrument) === venue) held.dirty = Math.min(held.dirty, since);
      }
    }
    for (const [instrument, held] of this.held) {
      const revision = this.lake.fresh.revision(instrument);
      if (revision === held.revision) continue;
      const freshFrom = this.freshFrom(instrument);
      held.dirty = Math.min(held.dirty, freshFrom, held.freshFrom);
      held.freshFrom = freshFrom;
      held.revision = revision;
    }
  }

  /** From when on rows are others than at the last call, UTC ms; −Infinity when they were read anew. */
  async changedSince(instrument: string, from: number): Promise<number> {
    await this.rows(instrument, from, from);
    const held = this.held.get(instrument)!;
    const { changed } = held;
    held.changed = Number.POSITIVE_INFINITY;
    return changed;
  }

  /** Rows of an instrument in [from, to), UTC ms; older ones may be forgotten. */
  async rows(instrument: string, from: number, to: number): Promise<SourceRows> {
    let held = this.held.get(instrument);
    if (held === undefined || from < held.from) held = await this.load(instrument, from);
    else if (held.dirty < Number.POSITIVE_INFINITY) await this.reload(instrument, held);
    const first = lowerBound(held.ts, from);
    const end = to === Number.POSITIVE_INFINITY ? held.ts.length : lowerBound(held.ts, to);
    return {
      instrument,
      venue: venueOf(instrument),
      ts: held.ts.subarray(first, end),
      columns: Object.fromEntries(NAMES.map((name) => [name, held.columns[name]!.subarray(first, end)])),
    };
  }

  /** Nothing of an instrument is stored from a time on; false where rows are held, wherever they lie. */
  async isEmpty(instrument: string, from: number): Promise<boolean> {
    const held = this.held.get(instrument);
    if (held !== undefined && held.ts.length > 0) return false;
    return (await this.rows(instrument, from, Number.POSITIVE_INFINITY)).ts.length === 0;
  }

  /** Rows of this process that are on disk in these files now. @param from older rows are no longer wanted */
  wrote(
    written: ReadonlyMap<string, WrittenRows>,
    ingestedAt: number,
    files: readonly LakeFile[],
    from: number,
  ): void {
    for (const changes of this.changes.values()) changes.saw(files);
    for (const [instrument, { ts, columns }] of written) {
      const held = this.held.get(instrument);
      if (held === undefined || ts.length === 0) continue;
      const count = ts.length;
      const column = (name: string): ArrayLike<number> =>
        name in columns
          ? columns[name as keyof typeof columns]
          : new Float64Array(count).fill(
              name === RANK
                ? PAGE_RANK
                : name === INGESTED_AT
                  ? ingestedAt
                  : name === 'partial'
                    ? 0
                    : Number.NaN,
            );
      splice(
        held,
        Float64Array.from(ts),
        Object.fromEntries(NAMES.map((name) => [name, column(name)])),
        from,
      );
    }
  }

  private async load(instrument: string, from: number): Promise<Held> {
    const venue = venueOf(instrument);
    if (!this.changes.has(venue)) {
      const filter = { venue, timeframe: this.timeframe };
      const changes = new LakeChanges(this.lake, 'bars', filter);
      this.changes.set(venue, changes);
      await changes.since();
    }
    const revision = this.lake.fresh.revision(instrument);
    const freshFrom = this.freshFrom(instrument);
    const { ts, columns } = await this.lake.columns('bars', {
      subject: instrument,
      timeframe: this.timeframe,
      from,
      columns: NAMES,
    });
    const held = {
      ts,
      columns: { ...columns },
      from,
      dirty: Number.POSITIVE_INFINITY,
      changed: Number.NEGATIVE_INFINITY,
      revision,
      freshFrom,
    };
    this.held.set(instrument, held);
    return held;
  }

  private async reload(instrument: string, held: Held): Promise<void> {
    const from = Math.max(held.dirty, held.from);
    const { ts, columns } = await this.lake.columns('bars', {
      subject: instrument,
      timeframe: this.timeframe,
      from,
      columns: NAMES,
    });
    const keep = lowerBound(held.ts, from);
    held.ts = joined(held.ts.subarray(0, keep), ts);
    for (const name of NAMES) {
      held.columns[name] = joined(held.columns[name]!.subarray(0, keep), columns[name]!);
    }
    held.dirty = Number.POSITIVE_INFINITY;
    held.changed = Math.min(held.changed, from);
  }

  private freshFrom(instrument: string): number {
    return this.lake.fresh.span(instrument, this.timeframe)?.firstTs ?? Number.POSITIVE_INFINITY;
  }
}

/**
 * Puts ascending rows among the held ones, in the place of those of the same time. They are mostly the newest, so what
 * lies before the first of them is copied in one piece.
 */
function splice(
  held: Held,
  ts: Float64Array,
  columns: Readonly<Record<string, ArrayLike<number>>>,
  from: number,
): void {
  const start = lowerBound(held.ts, from);
  const split = Math.max(start, lowerBound(held.ts, ts[0]!));
  // rows after the split in their order: a held one by its place, a given one by minus its place less one
  const order: number[] = [];
  let row = split;
  for (let given = 0; given < ts.length; given += 1) {
    while (row < held.ts.length && held.ts[row]! < ts[given]!) order.push(row++);
    if (held.ts[row] === ts[given]) row += 1;
    order.push(-given - 1);
  }
  while (row < held.ts.length) order.push(row++);
  const spliced = (before: Float64Array, added: ArrayLike<number>): Float64Array => {
    const all = new Float64Array(split - start + order.length);
    all.set(before.subarray(start, split));
    let at = split - start;
    for (const place of order) all[at++] = place < 0 ? added[-place - 1]! : before[place]!;
    return all;
  };
  for (const name of NAMES) held.columns[name] = spliced(held.columns[name]!, columns[name]!);
  held.ts = spliced(held.ts, ts);
  held.from = Math.max(held.from, from);
  held.changed = Math.min(held.changed, ts[0]!);
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const both = new Float64Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function venueOf(instrument: string): string {
  return instrument.slice(0, instrument.indexOf(':'));
}
