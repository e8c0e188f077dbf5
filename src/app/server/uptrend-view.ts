/**
 * What the uptrend page asks for: a stretch of a series with states, scores and everything marked, in at most so many
 * rows; why the engine is in its state at one bar; levels there; states of several timeframes side by side. Bars come
 * from the view of series, in the same rows; the engine's part from its history, aligned by time. A bar that has not
 * closed has no state.
 */
import type { z } from 'zod';
import { explainUptrend } from '../../analysis/uptrend/explain.js';

import { uptrendConfig } from '../../analysis/uptrend/profile.js';
import { minimumTaBars } from '../../analysis/uptrend/ta-record.js';
import { UptrendDigest } from '../../analysis/uptrend/uptrend-digest.js';
import { UPTREND_LINES, type UptrendLine, type UptrendRows } from '../../analysis/uptrend/uptrend-rows.js';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import { parseInstrument } from '../../market/instrument.js';
import { lowerBound } from '../../market/series.js';
import { barClose, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import type { UptrendSubject } from '../../platform/compute/uptrend-walk.js';
import type { RegimeService } from '../regime/regime-service.js';
import { freshnessOf } from './freshness.js';
import type { SeriesView, ViewRequest } from './series-view.js';
import type { UptrendHistory, UptrendHistoryStore } from './uptrend-history-store.js';
import { markersWithin } from './uptrend-markers.js';
import { runsWithin, stateRun } from './uptrend-runs.js';
import type {
  uptrendExplainAnswer,
  uptrendLevelsAnswer,
  uptrendSeriesAnswer,
  uptrendTimelineAnswer,
} from './uptrend-schemas.js';
import { type ToldBar, UptrendStretches } from './uptrend-stretches.js';

export interface UptrendViewRequest
  extends UptrendSubject,
    Pick<ViewRequest, 'from' | 'to' | 'last' | 'points'> {
  /** A model's id, or `hmm` for the newest of the series. */
  readonly overlay?: string | undefined;
}

type SeriesAnswer = z.infer<typeof uptrendSeriesAnswer>;
type Columns = SeriesAnswer['uptrend'];
type Timelines = z.infer<typeof uptrendTimelineAnswer>;

const SCORES = new Set<UptrendLine>(['ts', 'ox', 'dx', 'edx']);
/** Prices are kept with seven significant digits. */
const DIGITS = 6;

export class UptrendView {
  private readonly stretches: UptrendStretches;

  constructor(
    private readonly store: UptrendHistoryStore,
    private readonly bars: SeriesView,
    private readonly regimes: RegimeService,
    private readonly clock: Clock,
  ) {
    this.stretches = new UptrendStretches(store);
  }

  /** @throws TidewatchError `no_data`, `invalid_instrument`, `unknown_model`, `not_causal`, `bad_parameter` */
  async series(request: UptrendViewRequest): Promise<SeriesAnswer> {
    const { instrument, timeframe, profile, from, to, last, points, overlay } = request;
    const model = overlay === undefined ? undefined : this.overlayModel(overlay, instrument, timeframe);
    const history = await this.store.history({ instrument, timeframe, profile });
    const bars = await this.bars.view({ instrument, timeframe, from, to, last, points, model });
    const open = (row: number): number =>
      bars.time === null ? bars.time_start! + row * bars.time_step! : bars.time[row]!;
    const times = Float64Array.from({ length: bars.rows }, (_, row) => open(row));
    return {
      ...bars,
      profile,
      uptrend: await this.columns(history, times, bars.bucket_ms, bars.from, bars.to),
      regime: bars.regime && {
        ...bars.regime,
        probabilities: bars.regime.probabilities.map((column) =>
          column.map((value, row) => (bars.regime!.state[row]! < 0 ? null : value)),
        ),
      },
      ...this.freshness(history),
    };
  }

  private async columns(
    history: UptrendHistory,
    times: Float64Array,
    bucket: number,
    from: number,
    to: number,
  ): Promise<Columns> {
    const { digest } = history;
    const count = times.length;
    const start = times[0] ?? from;
    const end = Math.max(start, to);
    const rows = await this.rows(history, bucket, start, end);
    const state = new Array<number>(count).fill(-1);
    const share = new Array<number>(count).fill(0);
    const changes = new Array<number>(count).fill(0);
    const lines = Object.fromEntries(
      UPTREND_LINES.map((name) => [name, new Array<number | null>(count).fill(null)]),
    ) as Record<UptrendLine, (number | null)[]>;
    for (let row = 0, at = lowerBound(rows.time.subarray(0, rows.length), start); row < count; row += 1) {
      while (at < rows.length && rows.time[at]! < times[row]!) at += 1;
      if (at === rows.length) break;
      if (rows.time[at]! !== times[row]!) continue;
      const most = rows.majority(at);
      state[row] = most.state;
      share[row] = Math.round(1000 * most.share);
      changes[row] = rows.changes[at]!;
      for (const name of UPTREND_LINES) lines[name][row] = rows.lines[name][at]!;
    }
    for (const name of UPTREND_LINES) roundAll(lines[name], SCORES.has(name));
    return {
      state,
      share,
      changes,
      ...lines,
      warm_from: Number.isNaN(digest.warmFrom) ? null : digest.warmFrom,
      runs: runsWithin(digest, TIMEFRAME_MS[history.timeframe], start, end),
      markers: markersWithin(digest, times, start, end),
    };
  }

  /** Rows of the engine in buckets of one length that cover [from, to). */
  private async rows(
    history: UptrendHistory,
    bucket: number,
    from: number,
    to: number,
  ): Promise<UptrendRows> {
    const { digest, timeframe } = history;
    const kept = digest.levels.find((level) => level.bucket === bucket);
    if (kept) return kept;
    const length = TIMEFRAME_MS[timeframe];
    if (bucket === length) {
      const told = new UptrendDigest([length], length, Math.ceil((to - from) / length) + 1, to - from);
      await this.store.tell(history, from, to, (payload) => told.push(payload));
      return told.levels[0]!;
    }
    const coarsest = digest.levels.at(-1)!;
    const time = coarsest.time.subarray(0, coarsest.length);
    return coarsest.merged(lowerBound(time, from), lowerBound(time, to), bucket);
  }

  private overlayModel(overlay: string, instrument: string, timeframe: Timeframe): ViewRequest['model'] {
    const { stored } =
      overlay === 'hmm'
        ? this.regimes.open({ instrument: parseInstrument(instrument), timeframe, family: 'hmm' })
        : this.regimes.open({ modelId: overlay });
    if (stored.instrumentId === instrument && stored.timeframe === timeframe) {
      return { id: stored.id, kind: 'filtered' };
    }
    throw new TidewatchError(
      'bad_parameter',
      `model ${stored.id} speaks of ${stored.instrumentId} ${stored.timeframe}, not of ${instrument} ${timeframe}`,
      { hint: 'choose a model of the same series, or overlay=hmm', details: { parameter: 'overlay' } },
    );
  }

  private freshness({ instrument, timeframe, lastBar }: UptrendHistory) {
    return freshnessOf(instrument, timeframe, lastBar, this.clock.now());
  }

  /**
   * @param at UTC ms; the last bar that opens at or before it, the newest when left out
   * @throws TidewatchError `too_few_rows` when the engine is silent there; as `series`
   */
  async explain(subject: UptrendSubject, at?: number): Promise<z.infer<typeof uptrendExplainAnswer>> {
    const history = await this.store.history(subject);
    const { bar, told } = await this.told(history, at);
    const { since, bars } = stateRun(history.digest, bar);
    return {
      ...subjectJson(subject),
      payload: told.payload,
      since,
      bars_in_state: bars,
      explanation: explainUptrend(told.payload, uptrendConfig(subject.profile)),
      ...this.freshness(history),
    };
  }

  /** As `explain`. */
  async levels(subject: UptrendSubject, at?: number): Promise<z.infer<typeof uptrendLevelsAnswer>> {
    const history = await this.store.history(subject);
    const { payload, levels, swingHighs, swingLows } = (await this.told(history, at)).told;
    return {
      ...subjectJson(subject),
      ts: payload.ts,
      price: payload.price,
      atr: payload.atr,
      levels,
      swing_points: { highs: swingHighs, lows: swingLows },
      ...this.freshness(history),
    };
  }

  private async told(history: UptrendHistory, at?: number): Promise<{ bar: number; told: ToldBar }> {
    const { track } = history.digest;
    const bar =
      at === undefined ? track.length - 1 : lowerBound(track.time.subarray(0, track.length), at + 1) - 1;
    const told = bar < 0 ? undefined : await this.stretches.told(history, bar);
    if (told !== undefined) return { bar, told };
    const { instrument, timeframe } = history;
    throw new TidewatchError(
      'too_few_rows',
      `${instrument} ${timeframe} has no bar there that the uptrend engine could judge`,
      {
        hint: `the engine needs ${minimumTaBars(timeframe)} bars; ask for a later time or give more history`,
        details: { bars: track.length },
      },
    );
  }

  /** States of several timeframes; one without bars says so. @throws TidewatchError `no_data` when none has any */
  async timeline(
    { instrument, profile }: Omit<UptrendSubject, 'timeframe'>,
    timeframes: readonly Timeframe[],
    window: { readonly from?: number | undefined; readonly to?: number | undefined },
  ): Promise<Timelines> {
    const found: (UptrendHistory | TidewatchError)[] = [];
    for (const timeframe of timeframes) found.push(await this.tried({ instrument, timeframe, profile }));
    const histories = found.filter((each): each is UptrendHistory => !(each instanceof TidewatchError));
    if (histories.length === 0) throw found[0];
    const firsts = histories.map(({ digest, lastBar }) => digest.track.time[0] ?? lastBar);
    const from = window.from ?? Math.min(...firsts);
    const closes = histories.map(({ timeframe, lastBar }) => barClose(lastBar, timeframe));
    const to = Math.max(from, window.to ?? Math.max(...closes));
    return {
      instrument_id: instrument,
      profile,
      from,
      to,
      timelines: found.map((each, at) => {
        const timeframe = timeframes[at]!;
        const common = { timeframe, timeframe_ms: TIMEFRAME_MS[timeframe] };
        if (each instanceof TidewatchError) {
          const runs = { exact: true, state: [], from: [], to: [], bars: [] };
          return {
            ...common,
            now: null,
            skipped: each.message,
            runs,
            as_of: null,
            age_ms: null,
            stale: false,
          };
        }
        const { payload } = each.newest;
        const { since, bars } = stateRun(each.digest, each.digest.track.length - 1);
        return {
          ...common,
          now:
            payload === null
              ? null
              : {
                  state: payload.state,
                  since,
                  bars_in_state: bars,
                  price: payload.price,
                  warm: payload.warm,
                },
          skipped: payload === null ? 'too few bars' : null,
          runs: runsWithin(each.digest, TIMEFRAME_MS[timeframe], from, to),
          ...this.freshness(each),
        };
      }),
    };
  }

  private async tried(subject: UptrendSubject): Promise<UptrendHistory | TidewatchError> {
    try {
      return await this.store.history(subject);
    } catch (error) {
      if (error instanceof TidewatchError && error.code === 'no_data') return error;
      throw error;
    }
  }
}

const subjectJson = ({ instrument, timeframe, profile }: UptrendSubject) => ({
  instrument_id: instrument,
  timeframe,
  profile,
});

/** Kept with 24 bits: what is beyond them is not told. */
function roundAll(column: (number | null)[], isScore: boolean): void {
  const largest = column.reduce<number>((most, value) => Math.max(most, Math.abs(value ?? 0) || 0), 0);
  const digits = isScore || largest === 0 ? DIGITS : DIGITS - Math.floor(Math.log10(largest));
  const factor = 10 ** digits;
  column.forEach((value, row) => {
    column[row] = value === null || Number.isNaN(value) ? null : Math.round(value * factor) / factor;
  });
}
