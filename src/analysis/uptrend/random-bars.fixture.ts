/** Seeded bars that walk through every state: drifts that change sign, calm and wild stretches. */
import { Random } from '../../market/random.js';
import { emptyBars, makeSeries, type Series } from '../../market/series.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';

const START = Date.UTC(2024, 0, 1);

export function randomBars(seed: number, length: number, timeframe: Timeframe = '1h'): Series {
  const random = new Random(seed);
  const bars = emptyBars(length);
  let price = 100;
  let drift = 0;
  let spread = 0.006;
  for (let row = 0; row < length; row++) {
    if (random.uniform() < 0.01) drift = (random.uniform() - 0.48) * 0.006;
    if (random.uniform() < 0.01) spread = 0.001 + random.uniform() * 0.012;
    const open = price;
    price *= Math.exp(drift + spread * (random.uniform() + random.uniform() - 1));
    bars.time[row] = START + row * TIMEFRAME_MS[timeframe];
    bars.open[row] = open;
    bars.high[row] = Math.max(open, price) * (1 + spread * random.uniform());
    bars.low[row] = Math.min(open, price) * (1 - spread * random.uniform());
    bars.close[row] = price;
    bars.volume[row] = random.uniform() < 0.02 ? 0 : Math.exp(2 * random.uniform());
  }
  return makeSeries('test:spot:ANY', timeframe, bars);
}
