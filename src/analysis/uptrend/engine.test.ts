import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Series, slice } from '../../market/series.js';
import { decayOfBars } from './decay-windows.js';
import { UptrendEngine } from './engine.js';
import type { UptrendPayload } from './payload.js';
import { UPTREND_PROFILES, uptrendConfig } from './profile.js';
import { randomBars } from './random-bars.fixture.js';

const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const CUTS = NIGHTLY ? 1000 : 400;
const LENGTH = 2600;

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

  beforeAll(() => {
    whole = batch(series);
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

  it('gives the same payloads in one piece, bar by bar, and in random pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: LENGTH - 1 }), { maxLength: 6 }), (marks) => {
        const engine = newEngine();
        const edges = [0, ...new Set(marks.sort((a, b) => a - b)), LENGTH];
        const payloads: UptrendPayload[] = [];
        for (let piece = 1; piece < edges.length; piece++) {
          engine.run(slice(series, edges[piece - 1]!, edges[piece]!), (payload) => payloads.push(payload));
        }
        expect(payloads).toEqual(whole.filter((payload) => payload !== undefined));
      }),
      { numRuns: NIGHTLY ? 100 : 10 },
    );
    const engine = newEngine();
    for (let row = 0; row < LENGTH; row++) {
      expect(engine.step(barAt(series, row)) ?? undefined).toEqual(whole[row]);
    }
  });

  it('goes on bit for bit from a snapshot taken at any bar', () => {
    const engine = newEngine();
    const snapshots = new Map<number, string>();
    for (let row = 0; row < LENGTH; row++) {
      engine.step(barAt(series, row));
      if (row % 13 === 5) snapshots.set(row, JSON.stringify(engine.snapshot()));
    }
    for (const [row, text] of snapshots) {
      const resumed = newEngine();
      resumed.restore(JSON.parse(text));
      const until = Math.min(LENGTH, row + (NIGHTLY ? 300 : 40));
      for (let next = row + 1; next < until; next++) {
        expect(resumed.step(barAt(series, next)) ?? undefined, `bar ${next} from ${row}`).toEqual(
          whole[next],
        );
      }
    }
    expect(snapshots.size).toBe(200);
  });

  it('does not know the future: a prefix gives the same payloads, whatever follows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 80, max: LENGTH - 1 }),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        (keep, factor) => {
          const from = Math.max(0, keep - 3);
          const cut = batch(slice(series, 0, keep));
          expect(cut.slice(from)).toEqual(whole.slice(from, keep));
          const poisoned = { ...series, close: series.close.map((c, row) => (row < keep ? c : c * factor)) };
          expect(batch(slice(poisoned, 0, Math.min(LENGTH, keep + 5))).slice(from, keep)).toEqual(
            whole.slice(from, keep),
          );
        },
      ),
      { numRuns: CUTS / 4 },
    );
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
    expect(() => newEngine().restore({ ...snapshot, schema_version: 2 })).toThrow(
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
        plain.windows.map((window) => window?.bars),
      );
      compared += 1;
    });
    expect(compared).toBeGreaterThan(200);
    expect(worst).toBeLessThan(1e-9);
  });
});
