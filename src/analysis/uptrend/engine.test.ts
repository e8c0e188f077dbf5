import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { type Series, slice } from '../../market/series.js';
import { decayOfBars } from './decay-windows.js';
import { UptrendEngine } from './engine.js';
import type { UptrendPayload } from './payload.js';
import { UPTREND_PROFILES, uptrendConfig } from './profile.js';
import { stepUptrend, type UptrendStepState } from './pure-step.js';
import { randomBars } from './random-bars.fixture.js';
import { uptrendStateChange } from './state-change.js';

const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const LENGTH = 2600;
/** Random places at which a run is cut; at least 1,000 in all (nightly 10,000). */
const RESTARTS = NIGHTLY ? 2600 : 650;
const PREFIXES = NIGHTLY ? 1500 : 150;
const BATCHINGS = NIGHTLY ? 2000 : 80;
const CUTS_PER_BATCHING = 3;

const newEngine = (profile: (typeof UPTREND_PROFILES)[number] = 'standard'): UptrendEngine =>
  new UptrendEngine({ instrument: 'test:spot:ANY', timeframe: '1h', config: uptrendConfig(profile) });

const barAt = ({ time, high, low, close, volume }: Series, row: number) => ({
  time: time[row]!,
  high: high[row]!,
  low: low[row]!,
  close: close[row]!,
  volume: volume[row]!,
});

function batch(series: Series, engine = newEngine()): (UptrendPayload | undefined)[] {
  const payloads = new Array<UptrendPayload | undefined>(series.length).fill(undefined);
  engine.run(series, (payload, row) => {
    payloads[row] = payload;
  });
  return payloads;
}

describe('uptrend engine', () => {
  const series = randomBars(3, LENGTH);
  let whole: (UptrendPayload | undefined)[];
  let wholeTexts: string[];

  beforeAll(() => {
    whole = batch(series);
    wholeTexts = whole.filter((payload) => payload !== undefined).map((payload) => JSON.stringify(payload));
  });

  it('walks through every state of the table in these tests', () => {
    const states = new Set(whole.map((payload) => payload?.state));
    expect([...states].sort()).toEqual(expect.arrayContaining(['S0', 'S1', 'S2', 'S3']));
    expect(whole.filter((payload) => payload?.state === 'S3').length).toBeGreaterThan(300);
  });

  it('says nothing before it has 72 hourly bars, and is warm from 333 on', () => {
    expect(whole.findIndex((payload) => payload !== undefined)).toBe(71);
    expect(whole.findIndex((payload) => payload?.warm === true)).toBe(332);
  });

  it('is tried at a thousand cut points at least', () => {
    expect(RESTARTS + PREFIXES + BATCHINGS * CUTS_PER_BATCHING).toBeGreaterThanOrEqual(1000);
  });

  it(`gives the same payloads bar by bar and in ${BATCHINGS} random batchings`, () => {
    const mark = fc.integer({ min: 1, max: LENGTH - 1 });
    fc.assert(
      fc.property(
        fc.uniqueArray(mark, { minLength: CUTS_PER_BATCHING, maxLength: CUTS_PER_BATCHING }),
        (marks) => {
          const engine = newEngine();
          const edges = [0, ...marks.sort((a, b) => a - b), LENGTH];
          const texts: string[] = [];
          for (let piece = 1; piece < edges.length; piece++) {
            engine.run(slice(series, edges[piece - 1]!, edges[piece]!), (payload) =>
              texts.push(JSON.stringify(payload)),
            );
          }
          return texts.every((text, at) => text === wholeTexts[at]) && texts.length === wholeTexts.length;
        },
      ),
      { numRuns: BATCHINGS, seed: 7 },
    );
    const engine = newEngine();
    for (let row = 0; row < LENGTH; row++) {
      expect(engine.step(barAt(series, row)) ?? undefined).toEqual(whole[row]);
    }
  });

  it(`goes on bit for bit from a snapshot taken at ${RESTARTS} random bars`, () => {
    const random = new Random(21);
    const rows = new Set(Array.from({ length: LENGTH }, (_, row) => row));
    while (rows.size > RESTARTS) rows.delete(Math.floor(random.uniform() * LENGTH));
    const running = newEngine();
    for (let row = 0; row < LENGTH; row++) {
      running.step(barAt(series, row));
      if (!rows.has(row)) continue;
      const resumed = newEngine();
      resumed.restore(JSON.parse(JSON.stringify(running.snapshot())));
      const until = Math.min(LENGTH, row + 25);
      for (let next = row + 1; next < until; next++) {
        const text = JSON.stringify(resumed.step(barAt(series, next)) ?? undefined);
        if (text !== JSON.stringify(whole[next])) {
          expect(JSON.parse(text), `bar ${next} from ${row}`).toEqual(whole[next]);
        }
      }
    }
    expect(rows.size).toBe(RESTARTS);
  });

  it(`does not know the future: ${PREFIXES} prefixes give the same payloads, whatever follows`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 80, max: LENGTH - 6 }),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        (keep, factor) => {
          const cut = batch(slice(series, 0, keep));
          const close = series.close.slice(0, keep + 5).map((c, row) => (row < keep ? c : c * factor));
          const poisoned = batch({ ...slice(series, 0, keep + 5), close });
          const isSame = (at: number): boolean => {
            const expected = JSON.stringify(whole[at]);
            return JSON.stringify(cut[at]) === expected && JSON.stringify(poisoned[at]) === expected;
          };
          // every bar near the cut, and from bar to bar fewer before it
          for (let back = 1; back <= keep; back += back < 40 ? 1 : 9) if (!isSame(keep - back)) return false;
          return true;
        },
      ),
      { numRuns: PREFIXES, seed: 5 },
    );
  });

  it('is the same as a pure function of state and bar', () => {
    let state: UptrendStepState = {
      options: { instrument: 'test:spot:ANY', timeframe: '1h', config: uptrendConfig('standard') },
      snapshot: null,
    };
    for (let row = 0; row < 300; row++) {
      const before = row % 50 === 0 ? JSON.stringify(state) : '';
      const next = stepUptrend(state, barAt(series, row));
      if (before !== '') expect(JSON.stringify(state)).toBe(before);
      expect(next.payload ?? undefined).toEqual(whole[row]);
      state = { ...next.state, snapshot: JSON.parse(JSON.stringify(next.state.snapshot)) };
    }
  });

  it('tells every change of state, but not the first state', () => {
    const payloads = whole.filter((payload) => payload !== undefined);
    const changes = payloads.map(uptrendStateChange).filter((change) => change !== null);
    expect(uptrendStateChange(payloads[0]!)).toBeNull();
    expect(changes.length).toBeGreaterThan(20);
    let state = payloads[0]!.state;
    for (const { from, to, ts, payload, asset, type } of changes) {
      expect([type, asset, from, ts]).toEqual(['uptrend_state_change', 'test:spot:ANY', state, payload.ts]);
      state = to;
    }
    expect(state).toBe(payloads.at(-1)!.state);
  });

  it('answers a bar it has seen with the stored payload, and changes nothing', () => {
    const engine = newEngine();
    for (let row = 0; row < 500; row++) engine.step(barAt(series, row));
    const before = JSON.stringify(engine.snapshot());
    expect(engine.step({ ...barAt(series, 499), close: 1 })).toEqual(whole[499]);
    expect(engine.step(barAt(series, 3))).toEqual(whole[499]);
    expect(JSON.stringify(engine.snapshot())).toBe(before);
  });

  it('feeds no bar without a price, and mends highs, lows and volume', () => {
    const engine = newEngine();
    for (let row = 0; row < 400; row++) {
      const bar = barAt(series, row);
      for (const close of [Number.NaN, 0, -1, Number.POSITIVE_INFINITY]) {
        expect(engine.step({ ...bar, time: bar.time - 1, close })).toBeNull();
      }
      engine.step(bar);
    }
    expect(engine.payload).toEqual(whole[399]);
    const mended = engine.step({ ...barAt(series, 400), high: Number.NaN, low: -2, volume: Number.NaN });
    expect(Number.isFinite(mended!.atr)).toBe(true);
    const json = JSON.stringify(mended);
    expect(json).not.toContain('null');
  });

  it.each(UPTREND_PROFILES)(
    'runs profile %s over a falling, a flat and a rising market without a fault',
    (profile) => {
      for (const growth of [0.995, 1, 1.005]) {
        const engine = newEngine(profile);
        const price = (row: number): number => 100 * growth ** row;
        let last: UptrendPayload | null = null;
        for (let row = 0; row < 900; row++) {
          const close = price(row);
          last = engine.step({ time: row * 3_600_000, high: close, low: close, close, volume: 0 });
        }
        const bullish = profile === 'standard' || profile === 'v6' ? 'S3' : 'S4';
        expect(last!.state).toBe(growth < 1 ? 'S0' : growth === 1 ? 'S4' : bullish);
      }
    },
  );

  it('refuses a snapshot of another series, profile or version', () => {
    const engine = newEngine();
    for (let row = 0; row < 100; row++) engine.step(barAt(series, row));
    const snapshot = engine.snapshot();
    expect(() => newEngine('v6').restore(snapshot)).toThrow(
      expect.objectContaining({ code: 'bad_parameter' }),
    );
    expect(() => newEngine().restore({ ...snapshot, schema_version: 1 })).toThrow(
      expect.objectContaining({ code: 'unsupported_schema_version' }),
    );
    expect(() => newEngine().restore(null)).toThrow(
      expect.objectContaining({ code: 'unsupported_schema_version' }),
    );
  });
});

describe('decay index', () => {
  it('equals the plain evaluation over each window', () => {
    const series = randomBars(11, 4000);
    let compared = 0;
    let worst = 0;
    batch(series).forEach((payload, row, payloads) => {
      const decay = payload?.diagnostics?.decay;
      if (decay === undefined || 'error' in decay || row % 3 !== 0) return;
      let start = row;
      while (payloads[start - 1]?.state === 'S3') start -= 1;
      const n = row - start;
      const from = Math.max(start, row - 500);
      const cut = (column: Float64Array): number[] => [...column.subarray(from, row + 1)];
      const { high, low, close, volume } = series;
      const bars = { high: cut(high), low: cut(low), close: cut(close), volume: cut(volume) };
      const plain = decayOfBars(bars, Math.min(n, 500), false);
      worst = Math.max(worst, Math.abs(plain.edx - payload!.scores!.edx!));
      expect(decay.windows.map((window) => window?.bars)).toEqual(
        plain.diagnostics.windows.map((window) => window?.bars),
      );
      compared += 1;
    });
    expect(compared).toBeGreaterThan(200);
    expect(worst).toBeLessThan(1e-9);
  });
});
