import { describe, expect, it } from 'vitest';
import { syntheticSeries } from '../../test/synthetic-bars.js';
import { finalBars } from './final-bars.js';

const HOUR = 3_600_000;
const series = syntheticSeries('file:spot:BTCUSDT', '1h', 10, 1);
const open = (bar: number): number => series.time[bar]!;
const whole = new Uint8Array(10).fill(1);
const native = (complete: Uint8Array, now: number) => finalBars({ series, kind: 'native', complete }, now);

describe('final bars', () => {
  it('have closed; the next one is told by its close', () => {
    const { series: closed, nextClose } = native(whole, open(7) + HOUR);
    expect([...closed.time]).toEqual([...series.time.subarray(0, 8)]);
    expect(nextClose).toBe(open(8) + HOUR);
    expect(native(whole, open(9) + HOUR)).toEqual({ series, nextClose: Number.POSITIVE_INFINITY });
    expect(native(whole, 0).series.length).toBe(0);
  });

  it('are whole: one that was stored while it was open is left out wherever it stands', () => {
    const complete = whole.slice();
    complete[3] = 0;
    const { series: kept } = native(complete, open(8) + HOUR);
    expect([...kept.close]).toEqual([...series.close].filter((_, bar) => bar !== 3 && bar < 9));
    expect([...kept.time].length).toBe(8);
  });

  it('made of finer ones are judged by the clock alone', () => {
    const complete = new Uint8Array(10);
    const { series: kept } = finalBars({ series, kind: 'derived', complete }, open(9) + HOUR - 1);
    expect(kept.length).toBe(9);
  });
});
