/** Runs and marks of more bars than one answer can name: counted, never dropped. */
import { describe, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { UptrendEngine } from '../../analysis/uptrend/engine.js';
import type { UptrendPayload, UptrendState } from '../../analysis/uptrend/payload.js';
import { UptrendDigest } from '../../analysis/uptrend/uptrend-digest.js';
import { ladderOf } from '../../market/bucket.js';
import { markersWithin } from './uptrend-markers.js';
import { runsWithin } from './uptrend-runs.js';

const MINUTE = 60_000;
const START = Date.UTC(2024, 0, 1);
const BARS = 60_000;

const [template] = payloadsOf(400);

function payloadsOf(bars: number): UptrendPayload[] {
  const payloads: UptrendPayload[] = [];
  const engine = new UptrendEngine({ instrument: 'file:spot:BTCUSDT', timeframe: '1m' });
  engine.run(syntheticSeries('file:spot:BTCUSDT', '1m', bars, 3), (payload) => payloads.push(payload));
  return payloads;
}

/** The state changes every five bars, every third bar trims. */
function restless(): UptrendPayload[] {
  const stateAt = (bar: number): UptrendState => (Math.floor(bar / 5) % 2 === 0 ? 'S2' : 'S3');
  return Array.from({ length: BARS }, (_, bar) => ({
    ...template!,
    ts: START + bar * MINUTE,
    state: stateAt(bar),
    prev_state: bar === 0 ? '' : stateAt(bar - 1),
    scores: { ox: (bar % 100) / 100 },
    trim_flag: bar % 3 === 0,
  }));
}

function digestOf(payloads: readonly UptrendPayload[]): UptrendDigest {
  const digest = new UptrendDigest(ladderOf(MINUTE), MINUTE, 10, 0);
  for (const payload of payloads) digest.push(payload);
  return digest;
}

describe('a stretch with too many of them', () => {
  const digest = digestOf(restless());
  const end = START + BARS * MINUTE;

  it('has runs of rows, and the number of changes in each row', () => {
    const runs = runsWithin(digest, MINUTE, START, end);
    expect(runs.exact).toBe(false);
    expect(runs.bars.reduce((sum, bars) => sum + bars)).toBe(BARS);
    expect([runs.from[0], runs.to.at(-1)]).toEqual([START, end]);
    for (const level of digest.levels) {
      const changes = level.changes.subarray(0, level.length).reduce((sum, count) => sum + count, 0);
      expect(changes).toBe(BARS / 5 - 1);
    }
    const exact = runsWithin(digest, MINUTE, START + 100 * MINUTE, START + 200 * MINUTE);
    expect([exact.exact, exact.state.length]).toEqual([true, 20]);
  });

  it('counts marks per row and kind, with the first bar and the highest value', () => {
    const times = Float64Array.from({ length: 1000 }, (_, row) => START + row * 60 * MINUTE);
    const { exact, ts, count, value, kinds, kind } = markersWithin(digest, times, START, end);
    expect(exact).toBe(false);
    expect(ts).toEqual([...times]);
    expect(count.reduce((sum, bars) => sum + bars)).toBe(BARS / 3);
    expect(new Set(kind.map((each) => kinds[each]))).toEqual(new Set(['trim_flag']));
    expect(value[1]).toBeCloseTo(0.99, 12);
    const few = markersWithin(digest, times, START, START + 30 * MINUTE);
    expect([few.exact, few.ts.length, few.count.every((bars) => bars === 1)]).toEqual([true, 10, true]);
  });
});

describe('a digest', () => {
  it('goes back to a mark and on from there as if nothing had been', () => {
    const payloads = payloadsOf(2000);
    const whole = digestOf(payloads);
    const early = digestOf(payloads.slice(0, 1003));
    const mark = early.mark();
    for (const payload of payloads.slice(1003, 1400))
      early.push({ ...payload, state: 'S1', trim_flag: true });
    const again = UptrendDigest.copy(early, mark, 10);
    for (const payload of payloads.slice(1003)) again.push(payload);
    const shown = ({ track, markers, levels, warmFrom }: UptrendDigest) => ({
      time: [...track.time.subarray(0, track.length)],
      state: [...track.state.subarray(0, track.length)],
      kinds: [...markers.kind.subarray(0, markers.length)],
      values: [...markers.value.subarray(0, markers.length)],
      warmFrom,
      levels: levels.map(({ length, time, counts, changes, lines }) => ({
        time: [...time.subarray(0, length)],
        counts: [...counts.subarray(0, 5 * length)],
        changes: [...changes.subarray(0, length)],
        ema333: [...lines.ema333.subarray(0, length)],
        ox: [...lines.ox.subarray(0, length)],
      })),
    });
    expect(shown(again)).toEqual(shown(whole));
  });
});
