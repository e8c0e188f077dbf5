/**
 * What a chart asks for: a stretch of a series in at most so many rows, with regimes if a model is named. The finest
 * level that fits is taken; a stretch too long for every level is merged further.
 */

import type { z } from 'zod';
import { ladderOf, openOfBucket } from '../../market/bucket.js';
import type { Clock } from '../../market/clock.js';
import { lowerBound } from '../../market/series.js';
import { barClose, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import type { HomeLake } from '../home-lake.js';
import { type FormingBar, FormingBars } from '../live/forming-bar.js';
import type { RegimeService } from '../regime/regime-service.js';
import { BarLevelStore, type BarLevels } from './bar-levels.js';
import type { LakeRevision } from './lake-revision.js';
import { type RegimeKind, RegimeLevelStore, type RegimeLevels } from './regime-level-store.js';
import { majority, mergeRegimes, type RegimeLevel, regimesBetween, runsOf } from './regime-levels.js';
import { joinLevels, type Level, mergeRows, rowsOf } from './series-levels.js';
import { MOST_POINTS, type regimeColumns, type seriesAnswer } from './series-schemas.js';

/** A window of a chart and how many rows it may have. */
export interface ViewRequest {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  /** Half-open range of open times, UTC ms; everything when left out. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Instead of `from`: so many bar lengths back from the newest bar, or from `to`. */
  readonly last?: number | undefined;
  /** Rows at most. */
  readonly points: number;
  readonly model?: { readonly id: string; readonly kind: RegimeKind } | undefined;
}

type SeriesAnswer = z.infer<typeof seriesAnswer>;
type RegimeColumns = z.infer<typeof regimeColumns>;

export class SeriesView {
  private readonly bars: BarLevelStore;
  private readonly forming: FormingBars;
  private readonly regimes: RegimeLevelStore;

  constructor(
    data: HomeLake,
    regimes: RegimeService,
    revision: LakeRevision,
    private readonly clock: Clock,
  ) {
    this.bars = new BarLevelStore(data, revision);
    this.forming = new FormingBars(data.lake);
    this.regimes = new RegimeLevelStore(regimes);
  }

  /** @throws TidewatchError `no_data`, `invalid_instrument`, `unknown_model` */
  async view(request: ViewRequest): Promise<SeriesAnswer> {
    const { instrument, timeframe, points, model } = request;
    const levels = await this.bars.levels(instrument, timeframe);
    const length = TIMEFRAME_MS[timeframe];
    const open = await this.forming.of(instrument, timeframe);
    const wanted = request.to ?? Number.POSITIVE_INFINITY;
    const forming = open && open.time > levels.lastTs && open.time < wanted ? open : undefined;
    const newest = forming?.time ?? levels.lastTs;
    const to = Math.min(wanted, newest + length);
    const from = request.last === undefined ? (request.from ?? levels.firstTs) : to - request.last * length;
    const closed = await this.rows(levels, from, to, forming ? points - 1 : points);
    const rows = forming && forming.time >= from ? withForming(closed, forming) : closed;
    const regimes = model && (await this.regimes.levels(model.id, model.kind, levels));
    const { first_ts, last_ts } = { first_ts: levels.firstTs, last_ts: levels.lastTs };
    return {
      instrument_id: instrument,
      timeframe,
      timeframe_ms: length,
      source: levels.source,
      bucket_ms: rows.bucket,
      levels: ladderOf(length),
      first_ts,
      last_ts,
      from,
      to: Math.max(from, to),
      rows: rows.length,
      ...timesOf(rows),
      open: Array.from(rows.open),
      high: Array.from(rows.high),
      low: Array.from(rows.low),
      close: Array.from(rows.close),
      volume: Array.from(rows.volume),
      bars: rows.bucket === length ? null : Array.from(rows.bars),
      last_final:
        forming === undefined &&
        levels.isLastComplete &&
        barClose(levels.lastTs, timeframe) <= this.clock.now(),
      regime: model && regimes ? await this.regimeColumns(model, regimes, rows, from, to) : null,
    };
  }

  /** The finest level with at most `points` rows in [from, to); a row that reaches into the range belongs to it. */
  private async rows(levels: BarLevels, from: number, to: number, points: number): Promise<Level> {
    const ladder = ladderOf(TIMEFRAME_MS[levels.timeframe]);
    let found: Level | undefined;
    for (const bucket of ladder) {
      const level = levels.levels.get(bucket);
      if (level) {
        const first = Math.max(0, lowerBound(level.time, from - bucket + 1));
        found = rowsOf(level, first, Math.max(first, lowerBound(level.time, to)));
      } else if ((to - from) / bucket <= points) {
        found = await this.bars.bars(levels, from, to);
      }
      if (found && found.length <= points) return found;
    }
    const coarsest = ladder.at(-1)!;
    return mergeRows(found!, coarsest * Math.ceil(found!.length / (points - 1)));
  }

  private async regimeColumns(
    model: { readonly id: string; readonly kind: RegimeKind },
    regimes: RegimeLevels,
    rows: Level,
    from: number,
    to: number,
  ): Promise<RegimeColumns> {
    const length = TIMEFRAME_MS[regimes.bars.timeframe];
    const start = rows.time[0] ?? from;
    const end = Math.max(start, to);
    const level = await this.regimeRows(model, regimes, rows.bucket, start, end);
    const { states } = level;
    const state = new Array<number>(rows.length).fill(-1);
    const share = new Array<number>(rows.length).fill(0);
    const probabilities = Array.from({ length: states }, () => new Array<number>(rows.length).fill(0));
    for (let row = 0, at = 0; row < rows.length; row += 1) {
      while (at < level.length && level.time[at]! < rows.time[row]!) at += 1;
      if (level.time[at] !== rows.time[row]) continue;
      const most = majority(level, at);
      state[row] = most.state;
      share[row] = Math.round(1000 * most.share);
      let bars = 0;
      for (let each = 0; each < states; each += 1) bars += level.counts[at * states + each]!;
      for (let each = 0; each < states; each += 1) {
        probabilities[each]![row] = Math.round((1000 * level.sums[at * states + each]!) / bars);
      }
    }
    return {
      model_id: model.id,
      kind: model.kind,
      lookahead: model.kind === 'smoothed',
      labels: [...regimes.labels],
      train_end: regimes.trainEnd,
      state,
      share,
      probabilities,
      runs: runsIn(regimes, rows, state, start, end, length),
    };
  }

  private async regimeRows(
    model: { readonly id: string; readonly kind: RegimeKind },
    regimes: RegimeLevels,
    bucket: number,
    from: number,
    to: number,
  ): Promise<RegimeLevel> {
    const level = regimes.levels.get(bucket);
    if (level) return regimesBetween(level, from, to);
    const ladder = ladderOf(TIMEFRAME_MS[regimes.bars.timeframe]);
    if (bucket === ladder[0]) return this.regimes.rows(model.id, model.kind, regimes, from, to);
    return mergeRegimes(regimesBetween(regimes.levels.get(ladder.at(-1)!)!, from, to), bucket);
  }
}

/** The bar that has not closed, as a row of its own or in the newest one. */
function withForming(rows: Level, { time, open, high, low, close, volume }: FormingBar): Level {
  const column = (value: number): Float64Array => Float64Array.of(value);
  const joined = joinLevels(rows, rows.length, {
    bucket: rows.bucket,
    length: 1,
    time: column(openOfBucket(time, rows.bucket)),
    open: column(open),
    high: column(high),
    low: column(low),
    close: column(close),
    volume: column(volume),
    bars: new Uint32Array([1]),
  });
  const isOwn = rows.length === 0 || rows.time[rows.length - 1]! < joined.time[rows.length]!;
  return isOwn ? joined : mergeRows(joined, rows.bucket);
}

/** The exact runs; when there are too many, those of the rows. */
function runsIn(
  { track }: RegimeLevels,
  rows: Level,
  state: readonly number[],
  from: number,
  to: number,
  length: number,
): RegimeColumns['runs'] {
  const exact = runsOf(track, lowerBound(track.time, from), lowerBound(track.time, to), MOST_POINTS);
  if (exact) {
    return {
      exact: true,
      state: exact.state,
      from: exact.first,
      to: exact.last.map((open) => open + length),
      bars: exact.bars,
    };
  }
  const known = Array.from(state.keys()).filter((row) => state[row]! >= 0);
  const merged = runsOf(
    {
      time: Float64Array.from(known, (row) => rows.time[row]!),
      state: Uint8Array.from(known, (row) => state[row]!),
    },
    0,
    known.length,
    known.length,
  )!;
  const rowAt = new Map(Array.from(rows.time, (time, row) => [time, row]));
  return {
    exact: false,
    state: merged.state,
    from: merged.first,
    to: merged.last.map((open) => open + rows.bucket),
    bars: merged.first.map((open, run) => {
      const [first, last] = [rowAt.get(open)!, rowAt.get(merged.last[run]!)!];
      return rows.bars.subarray(first, last + 1).reduce((sum, bars) => sum + bars, 0);
    }),
  };
}

/** Evenly spaced rows need no column of times. */
function timesOf({ time, length, bucket }: Level): Pick<SeriesAnswer, 'time_start' | 'time_step' | 'time'> {
  const even = length > 0 && time[length - 1]! - time[0]! === (length - 1) * bucket;
  return even
    ? { time_start: time[0]!, time_step: bucket, time: null }
    : { time_start: null, time_step: null, time: Array.from(time) };
}
