import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { VolumeSurprise } from './volume-surprise.js';

/** The definition, word for word, over one window. */
function directly(volumes: readonly number[], winsorise: boolean): { z: number; cluster: number } {
  if (volumes.every((volume) => !(volume > 0))) return { z: 0, cluster: 0 };
  let x = volumes.map((volume) => Math.log(1 + Math.max(0, volume)));
  if (winsorise && x.length >= 10) {
    const sorted = x.toSorted((a, b) => a - b);
    const low = sorted[Math.max(0, Math.floor(0.02 * x.length) - 1)]!;
    const high = sorted[Math.min(x.length - 1, Math.floor(0.98 * x.length))]!;
    x = x.map((value) => Math.min(high, Math.max(low, value)));
  }
  const alpha = 2 / 65;
  let mean = x[0]!;
  let variance = 0;
  for (const value of x.slice(1)) {
    const next = alpha * value + (1 - alpha) * mean;
    variance = (1 - alpha) * (variance + alpha * (value - mean) * (value - next));
    mean = next;
  }
  const z = x.map((value) => (value - mean) / Math.sqrt(Math.max(variance, 1e-12)));
  const recent = z.slice(-30);
  const crowded =
    recent.filter((value) => value >= 2).length >= 3 ||
    recent.reduce((sum, value) => sum + Math.max(0, value), 0) >= 6;
  return { z: Math.min(6, Math.max(-4, z.at(-1)!)), cluster: crowded ? 1 : 0 };
}

describe.each([
  { window: 40, winsorise: true },
  { window: 40, winsorise: false },
  { window: 1000, winsorise: true },
  { window: 1000, winsorise: false },
  { window: Number.POSITIVE_INFINITY, winsorise: true },
])('window $window, winsorised $winsorise', (options) => {
  it('equals the definition over its window at every row', () => {
    const random = new Random(options.window === 40 ? 1 : 2);
    let traded = true;
    const volumes = Float64Array.from({ length: 2300 }, () => {
      if (random.below(70) === 0) traded = !traded;
      return traded ? Math.round(Math.exp(2 + random.normal())) * (random.below(40) === 0 ? 50 : 1) : 0;
    });
    const { vo_z, cluster } = new VolumeSurprise(options).batch(volumes);
    for (let row = 0; row < volumes.length; row += options.window === 40 ? 1 : 17) {
      const window = Array.from(volumes.subarray(Math.max(0, row + 1 - options.window), row + 1));
      const exact = directly(window, options.winsorise);
      expect(Math.abs(vo_z[row]! - exact.z), `row ${row}: ${vo_z[row]} for ${exact.z}`).toBeLessThan(1e-9);
      expect(cluster[row], `cluster at row ${row}`).toBe(options.winsorise ? exact.cluster : Number.NaN);
    }
  });
});

it('takes negative volume as none and has nothing to say without volume', () => {
  const { vo_z, cluster } = new VolumeSurprise().batch(Float64Array.of(0, -5, 0));
  expect([...vo_z, ...cluster]).toEqual([0, 0, 0, 0, 0, 0]);
});
