/** The engine brought to one bar of a series, and how long its state has lasted there. */
import { UptrendEngine } from '../../analysis/uptrend/engine.js';
import type { UptrendConfig } from '../../analysis/uptrend/profile.js';
import { lowerBound, type Series, slice } from '../../market/series.js';

/** A series run to its last closed bar. */
export interface Walked {
  readonly engine: UptrendEngine;
  /** Bars walked. */
  readonly bars: number;
  /** Open of the first bar in the state, UTC ms; NaN without a payload. */
  readonly since: number;
  readonly barsInState: number;
}

/** @param at the last bar that opens at or before this time; the newest when left out */
export function walkTo(series: Series, config: UptrendConfig, at?: number): Walked {
  const bars = at === undefined ? series.length : lowerBound(series.time, at + 1);
  const { instrument, timeframe } = series;
  const engine = new UptrendEngine({ instrument, timeframe, config });
  let since = Number.NaN;
  let barsInState = 0;
  engine.run(slice(series, 0, bars), ({ state, prev_state, ts }) => {
    if (state !== prev_state) {
      since = ts;
      barsInState = 0;
    }
    barsInState += 1;
  });
  return { engine, bars, since, barsInState };
}
