/** A corrected, a late and a withdrawn bar: the same payloads as if it had always been so. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Series } from '../../market/series.js';
import { type ClosedBar, UptrendEngine } from './engine.js';
import type { UptrendPayload } from './payload.js';
import { randomBars } from './random-bars.fixture.js';
import { RevisableUptrendEngine } from './revisable-engine.js';

const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const LENGTH = 900;
const OPTIONS = { instrument: 'test:spot:ANY', timeframe: '1h' } as const;

function barsOf({ time, high, low, close, volume }: Series): ClosedBar[] {
  return Array.from(time, (at, row) => ({
    time: at,
    high: high[row]!,
    low: low[row]!,
    close: close[row]!,
    volume: volume[row]!,
  }));
}

/** The last payload of every bar, by its time, after a plain run. */
function plain(bars: readonly ClosedBar[]): Map<number, UptrendPayload> {
  const engine = new UptrendEngine(OPTIONS);
  const payloads = new Map<number, UptrendPayload>();
  for (const bar of bars) {
    const payload = engine.step(bar);
    if (payload?.ts === bar.time) payloads.set(bar.time, payload);
  }
  return payloads;
}

const withoutRevision = (payload: UptrendPayload | undefined) => JSON.stringify(payload, revisionAsZero);
const revisionAsZero = (key: string, value: unknown): unknown => (key === 'revision' ? 0 : value);

describe('uptrend engine under revision', () => {
  const bars = barsOf(randomBars(5, LENGTH));

  it('equals a run in which the bar had always been so, whatever was corrected and when', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: LENGTH - 1 }),
        fc.integer({ min: 0, max: 400 }),
        fc.constantFrom('corrected', 'late', 'withdrawn'),
        (now, back, kind) => {
          const at = Math.max(1, now - back);
          const told = bars.slice(0, now + 1);
          const first =
            kind === 'late' ? told.filter((_, row) => row !== at) : told.map((bar) => ({ ...bar }));
          const changed = {
            ...bars[at]!,
            ...(kind === 'corrected' ? { close: bars[at]!.close * 1.03, high: bars[at]!.high * 1.04 } : {}),
            ...(kind === 'withdrawn' ? { close: Number.NaN } : {}),
          };
          const engine = new RevisableUptrendEngine({ ...OPTIONS, reach: 450, spacing: 100 });
          const seen = new Map<number, UptrendPayload>();
          const take = (payloads: readonly UptrendPayload[]): void => {
            for (const payload of payloads) seen.set(payload.ts, payload);
          };
          for (const bar of first) take(engine.step(bar).payloads);
          const isNewest = kind === 'late' && at === now;
          const step = engine.step(changed);
          expect(step.revisedFrom).toBe(isNewest ? null : changed.time);
          for (const ts of seen.keys())
            if (ts >= (step.revisedFrom ?? Number.POSITIVE_INFINITY)) seen.delete(ts);
          take(step.payloads);
          const rest = bars.slice(now + 1, now + 6);
          for (const bar of rest) take(engine.step(bar).payloads);

          const truth = plain([...told.map((bar, row) => (row === at ? changed : bar)), ...rest]);
          expect([...seen.keys()].sort((a, b) => a - b)).toEqual([...truth.keys()]);
          for (const [ts, payload] of truth) {
            expect(withoutRevision(seen.get(ts))).toBe(withoutRevision(payload));
            expect(seen.get(ts)!.meta.revision).toBe(ts >= changed.time && !isNewest ? 1 : 0);
          }
        },
      ),
      { numRuns: NIGHTLY ? 500 : 20, seed: 9 },
    );
  });

  it('counts corrections, and does nothing for a bar it has had', () => {
    const engine = new RevisableUptrendEngine(OPTIONS);
    for (const bar of bars.slice(0, 400)) engine.step(bar);
    expect(engine.step({ ...bars[300]! })).toEqual({ payloads: [], revisedFrom: null });
    expect(engine.revisions).toBe(0);
    const once = engine.step({ ...bars[390]!, volume: 1 });
    const twice = engine.step({ ...bars[395]!, volume: 1 });
    expect(once.payloads.map(({ ts, meta }) => [ts, meta.revision])).toEqual(
      bars.slice(390, 400).map(({ time }) => [time, 1]),
    );
    expect(twice.payloads.map(({ meta }) => meta.revision)).toEqual([2, 2, 2, 2, 2]);
    expect(engine.revisions).toBe(2);
    expect(engine.payload?.meta.revision).toBe(2);
  });

  it('takes in a bar from before the first while it still has all of them', () => {
    const engine = new RevisableUptrendEngine(OPTIONS);
    for (const bar of bars.slice(1, 200)) engine.step(bar);
    const { payloads } = engine.step(bars[0]!);
    const truth = [...plain(bars.slice(0, 200)).values()];
    expect(payloads.map(withoutRevision)).toEqual(truth.map(withoutRevision));
  });

  it('refuses a correction that it can no longer reach, and a bar without a time', () => {
    const engine = new RevisableUptrendEngine({ ...OPTIONS, reach: 200, spacing: 50 });
    for (const bar of bars) engine.step(bar);
    const refusal = expect.objectContaining({ code: 'bad_parameter' });
    expect(() => engine.step({ ...bars[10]!, close: 1 })).toThrow(refusal);
    expect(() => engine.step({ ...bars[10]!, time: Number.NaN })).toThrow(refusal);
    const reachable = engine.step({ ...bars[LENGTH - 200]!, volume: 3 });
    expect(reachable.payloads).toHaveLength(200);
  });
});
