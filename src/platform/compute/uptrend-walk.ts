/**
 * The uptrend engine over a long series, for a process that serves: it runs in a worker and gives back columns in
 * shared memory, with engine states as bytes every so many bars, from which any later bar can be told again.
 */
import { deserialize, serialize } from 'node:v8';
import { UptrendEngine } from '../../analysis/uptrend/engine.js';
import type { Level } from '../../analysis/uptrend/levels.js';
import type { UptrendPayload } from '../../analysis/uptrend/payload.js';
import { type UptrendProfile, uptrendConfig } from '../../analysis/uptrend/profile.js';
import { uptrendStateChange } from '../../analysis/uptrend/state-change.js';
import { type DigestData, type DigestMark, UptrendDigest } from '../../analysis/uptrend/uptrend-digest.js';
import type { BarColumns } from '../../market/series.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';

export interface UptrendSubject {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  readonly profile: UptrendProfile;
}

/** The engine and the digest after some bar. */
export interface UptrendCheckpoint {
  /** Open of that bar, UTC ms; −Infinity before the first. */
  readonly time: number;
  /** Snapshot of the engine. */
  readonly engine: Uint8Array;
  readonly mark: DigestMark;
}

export interface UptrendWalkTask extends UptrendSubject {
  /** Closed bars, after those of `resume`. */
  readonly bars: Omit<BarColumns, 'open'>;
  /** Lengths of the rows of the digest, ms. */
  readonly buckets: readonly number[];
  /** Bars between checkpoints. */
  readonly spacing: number;
  readonly resume?: { readonly digest: DigestData; readonly from: UptrendCheckpoint };
}

export interface UptrendWalk {
  readonly digest: DigestData;
  /** In order, each before some bar of this walk; the last is after all of them. */
  readonly checkpoints: readonly UptrendCheckpoint[];
  /** Of the last bar; null before there is one. */
  readonly payload: UptrendPayload | null;
  readonly levels: readonly Level[];
  /** Swing points behind those levels. */
  readonly swingHighs: number;
  readonly swingLows: number;
}

/** @param state snapshot bytes of a checkpoint; a fresh engine without them */
export function openEngine(
  { instrument, timeframe, profile }: UptrendSubject,
  state?: Uint8Array,
): UptrendEngine {
  const engine = new UptrendEngine({ instrument, timeframe, config: uptrendConfig(profile) });
  if (state !== undefined) engine.restore(deserialize(state.slice()));
  return engine;
}

/** @param inPlace the bars follow the last one of the digest, which may be written on */
export function walkUptrend(task: UptrendWalkTask, inPlace = false): UptrendWalk {
  const { bars, buckets, spacing, resume } = task;
  const { time, high, low, close, volume } = bars;
  const count = time.length;
  const engine = openEngine(task, resume?.from.engine);
  const digest =
    resume === undefined
      ? new UptrendDigest(
          buckets,
          TIMEFRAME_MS[task.timeframe],
          count,
          count === 0 ? 0 : time[count - 1]! - time[0]!,
        )
      : inPlace
        ? UptrendDigest.of(resume.digest)
        : UptrendDigest.copy(resume.digest, resume.from.mark, count);
  const checkpoints: UptrendCheckpoint[] = [];
  const keep = (): void => {
    const at = engine.lastBarTime;
    checkpoints.push({ time: at, engine: shared(serialize(engine.snapshot())), mark: digest.mark() });
  };
  for (let from = 0; from < count; from += spacing) {
    keep();
    const cut = (column: Float64Array): Float64Array => column.subarray(from, from + spacing);
    const piece = { time: cut(time), high: cut(high), low: cut(low), close: cut(close), volume: cut(volume) };
    engine.run(piece, (payload) => digest.push(payload));
  }
  keep();
  const { levels, swingHighs, swingLows } = engine.levels;
  return { digest: { ...digest }, checkpoints, payload: engine.payload, levels, swingHighs, swingLows };
}

/** The end of a series: what a scan of many shows. */
export interface UptrendHead {
  /** Snapshot of the engine. */
  readonly engine: Uint8Array;
  /** Null before the engine can judge. */
  readonly payload: UptrendPayload | null;
  /** Open of the first bar in the present state, UTC ms. */
  readonly since: number;
  readonly barsInState: number;
  /** The latest payloads with another state than the bar before, oldest first. */
  readonly changes: readonly UptrendPayload[];
}

export interface UptrendHeadTask extends UptrendSubject {
  /** Closed bars, after those of `resume`. */
  readonly bars: Omit<BarColumns, 'open'>;
  readonly resume?: UptrendHead | undefined;
}

const KEPT_CHANGES = 16;

/** Runs the bars and keeps nothing but the end, the latest changes of state and what goes on from there. */
export function walkToHead({ bars, resume, ...subject }: UptrendHeadTask): UptrendHead {
  const engine = openEngine(subject, resume?.engine);
  let since = resume?.since ?? Number.NaN;
  let barsInState = resume?.barsInState ?? 0;
  const changes = [...(resume?.changes ?? [])];
  engine.run(bars, (payload) => {
    barsInState += 1;
    if (payload.state === payload.prev_state) return;
    since = payload.ts;
    barsInState = 1;
    if (uptrendStateChange(payload) === null) return;
    changes.push(payload);
    if (changes.length > KEPT_CHANGES) changes.shift();
  });
  return {
    engine: shared(serialize(engine.snapshot())),
    payload: engine.payload,
    since,
    barsInState,
    changes,
  };
}

/** Fifty megabytes of states would hold up the event loop that receives a copy of them. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
