/**
 * The engine over bars that may be corrected or come late: such a bar is put in its place and everything from it on is
 * computed anew, as if it had always been so (spec uptrend-engine §5.1). Payloads after a
 * correction carry its number in `meta.revision`; nothing else of them differs from a run without one.
 *
 * Keeps the newest bars and a snapshot every `spacing` of them, so memory is constant. Reaches back `reach` bars at
 * least; an older correction needs a new run over the history and is refused.
 */
import { TidewatchError } from '../../errors.js';
import { type ClosedBar, UptrendEngine, type UptrendEngineOptions } from './engine.js';
import type { EngineSnapshot } from './engine-snapshot.js';
import type { UptrendPayload } from './payload.js';

/** The engine's options, and how far back a bar may be corrected. */
export interface RevisableOptions extends UptrendEngineOptions {
  /** Bars back that can still be corrected; 1,000 unless said. */
  readonly reach?: number;
  /** Bars between snapshots; 250 unless said. */
  readonly spacing?: number;
}

/** What one bar changed. */
export interface RevisedStep {
  /** Payloads that are new or new again, oldest first. With `revisedFrom` they replace all that were given from there on. */
  readonly payloads: readonly UptrendPayload[];
  /** Open of the bar from which they were computed anew, UTC ms; null for a bar at the end. */
  readonly revisedFrom: number | null;
}

interface Checkpoint {
  readonly snapshot: EngineSnapshot;
  /** Open of the newest bar it has taken in, fed or not. */
  readonly time: number;
}

/**
 * The engine for bars that come late or are corrected: what it gave is replaced as if it had always known them.
 */
export class RevisableUptrendEngine {
  private engine: UptrendEngine;
  private readonly reach: number;
  private readonly spacing: number;
  /** Newest bars, oldest first, those without a price included. */
  private bars: ClosedBar[] = [];
  /** Each is the state before some bar of `bars`, oldest first. */
  private checkpoints: Checkpoint[];
  private revision = 0;

  constructor(private readonly options: RevisableOptions) {
    this.engine = new UptrendEngine(options);
    this.reach = options.reach ?? 1000;
    this.spacing = options.spacing ?? 250;
    this.checkpoints = [{ snapshot: this.engine.snapshot(), time: Number.NEGATIVE_INFINITY }];
  }

  /** Corrections so far. */
  get revisions(): number {
    return this.revision;
  }

  /** The last payload; null before there is one. */
  get payload(): UptrendPayload | null {
    return this.engine.payload;
  }

  /**
   * Takes in a bar: the next one, one again, a corrected or a late one.
   * @throws TidewatchError `bad_parameter` for a bar older than the reach, or without a finite time
   */
  step(bar: ClosedBar): RevisedStep {
    if (!Number.isFinite(bar.time)) {
      throw new TidewatchError('bad_parameter', `a bar of ${this.options.instrument} has no time`, {
        hint: 'give its open time in UTC ms',
      });
    }
    const newest = this.bars.at(-1);
    if (newest === undefined || bar.time > newest.time) return this.append(bar);
    const at = this.positionOf(bar.time);
    const known = this.bars[at];
    if (known?.time === bar.time && sameBar(known, bar)) return { payloads: [], revisedFrom: null };
    const from = this.checkpoints.findLastIndex(({ time }) => time < bar.time);
    if (from < 0) {
      throw new TidewatchError(
        'bad_parameter',
        `a bar of ${new Date(bar.time).toISOString()} is older than the ${this.reach} bars that can be corrected`,
        { hint: 'run the engine again over the corrected history', details: { ts: bar.time } },
      );
    }
    this.bars.splice(at, known?.time === bar.time ? 1 : 0, bar);
    return this.recompute(from, bar.time);
  }

  private append(bar: ClosedBar): RevisedStep {
    this.bars.push(bar);
    const payload = this.feed(bar);
    this.forget();
    return { payloads: payload === null ? [] : [payload], revisedFrom: null };
  }

  private recompute(from: number, revisedFrom: number): RevisedStep {
    this.revision += 1;
    const { snapshot, time } = this.checkpoints[from]!;
    this.checkpoints.length = from + 1;
    this.engine = new UptrendEngine(this.options);
    this.engine.restore(snapshot);
    const payloads: UptrendPayload[] = [];
    for (const bar of this.bars.slice(this.positionOf(time + 1))) {
      if (bar.time >= revisedFrom) this.engine.markRevision(this.revision);
      const payload = this.feed(bar);
      if (payload !== null && bar.time >= revisedFrom) payloads.push(payload);
    }
    return { payloads, revisedFrom };
  }

  /** One bar through the engine, and a snapshot after every `spacing` bars. */
  private feed(bar: ClosedBar): UptrendPayload | null {
    const payload = this.engine.step(bar);
    const sinceLast = this.positionOf(bar.time) + 1 - this.positionOf(this.checkpoints.at(-1)!.time + 1);
    if (sinceLast >= this.spacing) {
      this.checkpoints.push({ snapshot: this.engine.snapshot(), time: bar.time });
    }
    return payload;
  }

  /** Drops the oldest snapshot while the next one still reaches far enough back. */
  private forget(): void {
    while (this.checkpoints.length > 1) {
      const next = this.checkpoints[1]!.time;
      if (this.bars.length - this.positionOf(next + 1) < this.reach) return;
      this.checkpoints.shift();
      this.bars = this.bars.slice(this.positionOf(next + 1));
    }
  }

  /** Position of the first bar at or after a time. */
  private positionOf(time: number): number {
    let low = 0;
    let high = this.bars.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.bars[middle]!.time < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function sameBar(a: ClosedBar, b: ClosedBar): boolean {
  return (
    Object.is(a.high, b.high) &&
    Object.is(a.low, b.low) &&
    Object.is(a.close, b.close) &&
    Object.is(a.volume, b.volume)
  );
}
