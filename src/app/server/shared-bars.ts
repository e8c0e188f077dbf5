/** Bars for a worker: it reads the same memory, and the event loop is free between the columns. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { BarColumns } from '../../market/series.js';
import { shareColumn } from '../../platform/compute/worker-pool.js';

export async function sharedBars(bars: Omit<BarColumns, 'open'>): Promise<Omit<BarColumns, 'open'>> {
  const shared: Float64Array[] = [];
  for (const name of ['time', 'high', 'low', 'close', 'volume'] as const) {
    shared.push(shareColumn(bars[name]));
    await breathe();
  }
  return { time: shared[0]!, high: shared[1]!, low: shared[2]!, close: shared[3]!, volume: shared[4]! };
}
