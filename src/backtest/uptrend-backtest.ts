/**
 * The uptrend engine over closed bars in order (spec uptrend-engine §8): the production engine, nothing else. Bars before
 * `start` only warm it. Payloads are handed out as they come; what stays in memory are columns. Between pieces of 4,096 bars
 * others get their turn, so that a server goes on answering and an interrupt is heard.
 */
import { setImmediate as othersTurn } from 'node:timers/promises';
import { UptrendEngine } from '../analysis/uptrend/engine.js';
import type { Level } from '../analysis/uptrend/levels.js';
import type { UptrendPayload } from '../analysis/uptrend/payload.js';
import { type UptrendConfig, uptrendConfig } from '../analysis/uptrend/profile.js';
import type { Clock } from '../market/clock.js';
import { lowerBound, type Series, slice } from '../market/series.js';
import { type SimulatedRun, type SimulatorOptions, simulateUptrend } from './uptrend-simulator.js';
import { summariseTrace, type UptrendSummary } from './uptrend-summary.js';
import { UptrendTrace } from './uptrend-trace.js';

export interface UptrendBacktestOptions {
  /** First bar that counts, UTC ms; the first of the series when left out. */
  readonly start?: number | undefined;
  /** End of the range, not included. */
  readonly end?: number | undefined;
  readonly config?: UptrendConfig;
  /** Off unless given. */
  readonly simulate?: SimulatorOptions;
  /** Times the run. */
  readonly clock: Clock;
  readonly onPayload?: (payload: UptrendPayload, row: number) => void;
  /** Bars done of all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface UptrendBacktest {
  readonly summary: UptrendSummary;
  readonly trace: UptrendTrace;
  readonly simulated: SimulatedRun | null;
  /** The payload of the last bar; null when no bar had one. */
  readonly last: UptrendPayload | null;
  /** Levels in force at the last bar, highest first. */
  readonly levels: readonly Level[];
}

const CHUNK = 4096;

/** @throws TidewatchError `bad_parameter` from the simulator; the signal's reason when it aborts */
export async function backtestUptrend(
  series: Series,
  options: UptrendBacktestOptions,
): Promise<UptrendBacktest> {
  const { clock, onPayload, onProgress, signal, simulate, config = uptrendConfig() } = options;
  const began = clock.now();
  const from = options.start === undefined ? 0 : lowerBound(series.time, options.start);
  const to = options.end === undefined ? series.length : lowerBound(series.time, options.end);
  const { instrument, timeframe } = series;
  const engine = new UptrendEngine({ instrument, timeframe, config });
  const trace = new UptrendTrace(Math.max(0, to - from));
  for (let at = 0; at < to; at += CHUNK) {
    signal?.throwIfAborted();
    const end = Math.min(to, at + CHUNK);
    engine.run(slice(series, at, end), (payload, offset) => {
      const row = at + offset;
      if (row < from) return;
      trace.push(payload, row);
      onPayload?.(payload, row);
    });
    onProgress?.(end, to);
    await othersTurn();
  }
  signal?.throwIfAborted();
  const simulated = simulate === undefined ? null : simulateUptrend(series, trace, simulate);
  const counted = summariseTrace(series, trace);
  return {
    trace,
    simulated,
    last: trace.length === 0 ? null : engine.payload,
    levels: engine.levels.levels,
    summary: {
      schema_version: 1,
      instrument_id: instrument,
      timeframe,
      profile: config.profile,
      bars: Math.max(0, to - from),
      warmup_bars: Math.min(from, to),
      stepped: trace.length,
      first_ts: trace.length === 0 ? null : series.time[trace.row[0]!]!,
      last_ts: trace.length === 0 ? null : series.time[trace.row[trace.length - 1]!]!,
      ...counted,
      wall_ms: clock.now() - began,
      simulation: simulated?.result ?? null,
    },
  };
}
