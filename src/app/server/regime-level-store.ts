/**
 * Regimes of a model over its whole series, in the buckets of bar-levels.ts. Read through the regime service in
 * stretches, so that the event loop is free in between; only what follows a change of the bars is read again.
 */

import { setImmediate as breathe } from 'node:timers/promises';
import { ladderOf, openOfBucket } from '../../market/bucket.js';
import { lowerBound } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { RegimeHistory, RegimeService } from '../regime/regime-service.js';
import type { BarLevels } from './bar-levels.js';
import {
  joinRegimes,
  joinTracks,
  mergeRegimes,
  type RegimeLevel,
  type RegimeTrack,
  regimeBytes,
  regimeOfBars,
  regimesBetween,
  trackBefore,
} from './regime-levels.js';

const KEPT_ROWS = 500_000;
const BUDGET_BYTES = 192 * 1024 * 1024;
/** Bars asked for at once. */
const STRETCH = 50_000;
/** What smoothing knows of later bars fades within far fewer. */
const SMOOTHING_REACH = 500;

export type RegimeKind = 'filtered' | 'smoothed';

export interface RegimeLevels {
  readonly labels: readonly string[];
  /** Open time of the last bar of training. */
  readonly trainEnd: number;
  readonly track: RegimeTrack;
  /** By length of a row; the bars themselves are missing when there are too many. */
  readonly levels: ReadonlyMap<number, RegimeLevel>;
  /** The bars that these regimes belong to. */
  readonly bars: BarLevels;
}

export class RegimeLevelStore {
  private readonly kept = new Map<string, RegimeLevels>();
  private readonly building = new Map<string, Promise<RegimeLevels>>();

  constructor(private readonly regimes: RegimeService) {}

  /** @throws TidewatchError `unknown_model`, `no_data` */
  async levels(modelId: string, kind: RegimeKind, bars: BarLevels): Promise<RegimeLevels> {
    const key = `${modelId} ${kind}`;
    const known = this.kept.get(key);
    if (known?.bars === bars) return known;
    let build = this.building.get(key);
    if (!build) {
      build = this.build(modelId, kind, bars, known).finally(() => this.building.delete(key));
      this.building.set(key, build);
    }
    const levels = await build;
    this.kept.delete(key);
    this.kept.set(key, levels);
    this.forget();
    return levels;
  }

  /** Rows of the bars in [from, to). */
  async rows(
    modelId: string,
    kind: RegimeKind,
    { levels, bars }: RegimeLevels,
    from: number,
    to: number,
  ): Promise<RegimeLevel> {
    const length = TIMEFRAME_MS[bars.timeframe];
    const kept = levels.get(length);
    if (kept) return regimesBetween(kept, from, to);
    const reach = kind === 'smoothed' ? SMOOTHING_REACH * length : 0;
    return regimesBetween(barsOf(await this.ask(modelId, kind, from, to + reach)), from, to);
  }

  private ask(modelId: string, kind: RegimeKind, from: number, to: number): Promise<RegimeHistory> {
    return this.regimes.history({ modelId, kind, from, to, persist: false });
  }

  private async build(
    modelId: string,
    kind: RegimeKind,
    bars: BarLevels,
    known: RegimeLevels | undefined,
  ): Promise<RegimeLevels> {
    const ladder = ladderOf(TIMEFRAME_MS[bars.timeframe]);
    const length = ladder[0]!;
    const reach = kind === 'smoothed' ? SMOOTHING_REACH * length : 0;
    // levels that were replaced twice meanwhile say nothing about what was kept here
    const follows = known !== undefined && bars.replaces === known.bars.listing.key;
    const coarsest = ladder.at(-1)!;
    const unchanged = follows ? Math.min(bars.changedFrom - reach, bars.lastTs) : bars.firstTs;
    const cut = openOfBucket(unchanged, coarsest);
    const head = follows && cut > bars.firstTs ? known : undefined;
    const end = bars.lastTs + length;
    const tracks: RegimeTrack[] = [];
    const stretches: RegimeLevel[] = [];
    let labels: readonly string[] = [];
    let trainEnd = 0;
    // stretches begin where a bucket of every level begins
    const stride = Math.max(coarsest, Math.floor((STRETCH * length) / coarsest) * coarsest);
    for (let from = head ? cut : openOfBucket(bars.firstTs, coarsest); from < end; from += stride) {
      const to = Math.min(end, from + stride);
      const history = await this.ask(modelId, kind, from, to + reach);
      ({ labels } = history.regime.record);
      trainEnd = history.regime.record.train_end;
      const rows = lowerBound(history.rows.time, to);
      tracks.push({
        time: history.rows.time.slice(0, rows),
        state: history.rows.regime.slice(0, rows),
      });
      stretches.push(regimesBetween(barsOf(history), from, to));
      await breathe();
    }
    const track = joinTracks([...(head ? [trackBefore(head.track, cut)] : []), ...tracks]);
    const levels = new Map<number, RegimeLevel>();
    for (const bucket of ladder) {
      const tail = bucket === length ? stretches : stretches.map((each) => mergeRegimes(each, bucket));
      const before = head?.levels.get(bucket);
      if (before)
        levels.set(bucket, joinRegimes([regimesBetween(before, Number.NEGATIVE_INFINITY, cut), ...tail]));
      else if (head === undefined && (bucket !== length || track.time.length <= KEPT_ROWS)) {
        levels.set(bucket, joinRegimes(tail));
      }
    }
    return { labels, trainEnd, track, levels, bars };
  }

  private forget(): void {
    const size = ({ levels, track }: RegimeLevels): number =>
      [...levels.values()].reduce((sum, level) => sum + regimeBytes(level), track.time.length * 9);
    let used = 0;
    for (const each of this.kept.values()) used += size(each);
    for (const [key, each] of this.kept) {
      if (used <= BUDGET_BYTES || this.kept.size === 1) return;
      used -= size(each);
      this.kept.delete(key);
    }
  }
}

function barsOf({ rows }: RegimeHistory): RegimeLevel {
  return regimeOfBars(rows.states, rows.time, rows.regime, rows.probability);
}
