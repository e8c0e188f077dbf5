/**
 * Levels of detail of stored series, kept in memory. A series is bucketed once; when the lake has changed, only what
 * comes after the earliest changed file is read again, and of each level only the rows that it lies in are made anew,
 * of the rows of the finer one: a minute that closes costs a minute, not the week that its coarsest row covers. Bars of a very long series are not kept themselves: a window of
 * them is a short read from the lake.
 */
import { ladderOf, openOfBucket } from '../../market/bucket.js';
import { lowerBound } from '../../market/series.js';
import { bucketOpen, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import type { HomeLake } from '../home-lake.js';
import { changedFrom, type LakeRevision, type Listing } from './lake-revision.js';
import { bytesOf, joinLevels, type Level, levelOfBars, mergeRows, rowsOf } from './series-levels.js';

/** Bars kept as such: about 26 MB. */
const KEPT_BARS = 500_000;
const BUDGET_BYTES = 256 * 1024 * 1024;

/** A series as buckets of several lengths, kept in memory; times are opens, UTC ms. */
export interface BarLevels {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  readonly source: 'native' | 'derived';
  readonly firstTs: number;
  readonly lastTs: number;
  /** The newest bar was not marked partial. */
  readonly isLastComplete: boolean;
  /** By length of a row; the bars themselves are missing when there are too many. */
  readonly levels: ReadonlyMap<number, Level>;
  readonly listing: Listing;
  /** Key of the listing of the levels that these replaced, and from where on they differ. */
  readonly replaces: string;
  readonly changedFrom: number;
}

/** Keeps the levels of the series asked for last, and brings them up to date when the lake has changed. */
export class BarLevelStore {
  private readonly kept = new Map<string, BarLevels>();
  private readonly building = new Map<string, Promise<BarLevels>>();
  /** Bytes of what is kept. */
  private used = 0;

  constructor(
    private readonly data: HomeLake,
    private readonly revision: LakeRevision,
  ) {}

  /** @throws TidewatchError `no_data`, `invalid_instrument`, `corrupt_file` */
  async levels(instrument: string, timeframe: Timeframe): Promise<BarLevels> {
    const key = `${instrument} ${timeframe}`;
    const listing = await this.revision.of(instrument);
    const known = this.kept.get(key);
    if (known && known.listing.key === listing.key) {
      this.kept.delete(key);
      this.kept.set(key, known);
      return known;
    }
    let build = this.building.get(key);
    if (!build) {
      build = this.build(instrument, timeframe, listing, known).finally(() => this.building.delete(key));
      this.building.set(key, build);
    }
    const levels = await build;
    this.keep(key, levels);
    return levels;
  }

  /** Bars in [from, to), from memory where they are kept. */
  async bars(levels: BarLevels, from: number, to: number): Promise<Level> {
    const { instrument, timeframe } = levels;
    const kept = levels.levels.get(TIMEFRAME_MS[timeframe]);
    if (kept) return rowsOf(kept, lowerBound(kept.time, from), lowerBound(kept.time, to));
    const { series } = await this.data.lake.series(instrument, timeframe, { from, to });
    return levelOfBars(series, TIMEFRAME_MS[timeframe]);
  }

  private async build(
    instrument: string,
    timeframe: Timeframe,
    listing: Listing,
    known: BarLevels | undefined,
  ): Promise<BarLevels> {
    const ladder = ladderOf(TIMEFRAME_MS[timeframe]);
    const changed = known ? changedFrom(known.listing, listing) : 0;
    const cut = Number.isFinite(changed) ? bucketOpen(changed, timeframe) : changed;
    const head = known !== undefined && cut > known.firstTs ? known : undefined;
    // bars before the cut come from memory; where they are not kept, whole rows of the first level are made of them anew
    const from = head?.levels.has(ladder[0]!) ? cut : openOfBucket(cut, ladder[1]!);
    const answer = await this.data.lake.series(instrument, timeframe, head ? { from } : {});
    const { series, kind, complete } = answer;
    const isSame = head !== undefined && series.length === 0 && cut > head.lastTs;
    if (isSame) {
      return { ...head, listing, replaces: head.listing.key, changedFrom: Number.POSITIVE_INFINITY };
    }
    if (head && (kind !== head.source || series.length === 0)) {
      return this.build(instrument, timeframe, listing, undefined);
    }
    const levels = new Map<number, Level>();
    let finer = levelOfBars(series, ladder[0]!);
    for (const bucket of ladder) {
      // each row of a level is made of all of its rows in the finer one
      const first = head ? openOfBucket(from, bucket) : Number.NEGATIVE_INFINITY;
      const tail =
        bucket === ladder[0]
          ? finer
          : mergeRows(rowsOf(finer, lowerBound(finer.time, first), finer.length), bucket);
      const kept = head?.levels.get(bucket);
      finer = kept ? joinLevels(kept, lowerBound(kept.time, first), tail) : tail;
      const isKept = head ? kept !== undefined : bucket !== ladder[0] || finer.length <= KEPT_BARS;
      if (isKept) levels.set(bucket, finer);
    }
    const lastTs = series.time[series.length - 1]!;
    return {
      instrument,
      timeframe,
      source: kind,
      firstTs: head ? head.firstTs : series.time[0]!,
      lastTs,
      isLastComplete: complete[series.length - 1] === 1,
      levels,
      listing,
      replaces: known?.listing.key ?? '',
      changedFrom: head ? from : Number.NEGATIVE_INFINITY,
    };
  }

  /** As the one used last; those used longest ago leave when there are too many. */
  private keep(key: string, levels: BarLevels): void {
    const before = this.kept.get(key);
    if (before !== levels) this.used += sizeOf(levels) - (before ? sizeOf(before) : 0);
    this.kept.delete(key);
    this.kept.set(key, levels);
    for (const [oldest, old] of this.kept) {
      if (this.used <= BUDGET_BYTES || this.kept.size === 1) return;
      this.used -= sizeOf(old);
      this.kept.delete(oldest);
    }
  }
}

function sizeOf({ levels }: BarLevels): number {
  let bytes = 0;
  for (const level of levels.values()) bytes += bytesOf(level);
  return bytes;
}
