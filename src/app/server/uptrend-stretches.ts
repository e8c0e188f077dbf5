/**
 * Exact payloads around a bar that somebody looks at: told again once for its neighbours too, because the next question
 * is about one of them. A few such stretches are kept.
 */
import type { Level } from '../../analysis/uptrend/levels.js';
import type { UptrendPayload } from '../../analysis/uptrend/payload.js';
import type { UptrendHistory, UptrendHistoryStore } from './uptrend-history-store.js';

/** Bars on each side. */
const REACH = 256;
const MOST_STRETCHES = 16;

/** The engine after one bar. */
export interface ToldBar {
  readonly payload: UptrendPayload;
  readonly levels: readonly Level[];
  readonly swingHighs: number;
  readonly swingLows: number;
}

interface Stretch {
  readonly generation: number;
  readonly from: number;
  readonly to: number;
  readonly bars: Promise<ReadonlyMap<number, ToldBar>>;
}

export class UptrendStretches {
  private stretches: Stretch[] = [];

  constructor(private readonly store: UptrendHistoryStore) {}

  /** The engine after a bar of the history. @param bar position in its track */
  async told(history: UptrendHistory, bar: number): Promise<ToldBar | undefined> {
    const { length, time } = history.digest.track;
    const ts = time[bar]!;
    const { generation, newest } = history;
    if (newest.payload?.ts === ts) return { ...newest, payload: newest.payload };
    let stretch = this.stretches.find(
      (each) => each.generation === generation && each.from <= ts && ts < each.to,
    );
    if (stretch === undefined) {
      const from = time[Math.max(0, bar - REACH)]!;
      const to = time[Math.min(length - 1, bar + REACH)]! + 1;
      stretch = { generation, from, to, bars: this.tell(history, from, to) };
      const added = stretch;
      added.bars.catch(() => {
        this.stretches = this.stretches.filter((each) => each !== added);
      });
    }
    const chosen = stretch;
    this.stretches = [chosen, ...this.stretches.filter((each) => each !== chosen)].slice(0, MOST_STRETCHES);
    return (await chosen.bars).get(ts);
  }

  private async tell(history: UptrendHistory, from: number, to: number): Promise<Map<number, ToldBar>> {
    const bars = new Map<number, ToldBar>();
    await this.store.tell(history, from, to, (payload, engine) => {
      const { levels, swingHighs, swingLows } = engine.levels;
      bars.set(payload.ts, { payload, levels, swingHighs, swingLows });
    });
    return bars;
  }
}
