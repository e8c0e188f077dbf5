import type { Lake } from '../../data/lake/lake.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';

/** A time shortly before the newest bar: enough to know that bar without reading the whole series. UTC ms. */
export async function nearEnd(lake: Lake, instrument: string, timeframe: Timeframe): Promise<number> {
  const span = (await lake.span(instrument, timeframe)) ?? (await lake.span(instrument, '1m'));
  return span === undefined ? 0 : span.lastTs - 2 * TIMEFRAME_MS[timeframe];
}
