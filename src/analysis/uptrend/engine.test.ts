/** What the engine says over a seeded series; its laws over many series and cut points are in test/uptrend/laws.test.ts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Series, slice } from '../../market/series.js';
import { UptrendEngine } from './engine.js';
import type { UptrendPayload } from './payload.js';
import { UPTREND_PROFILES, uptrendConfig } from './profile.js';
import { stepUptrend, type UptrendStepState } from './pure-step.js';
import { randomBars } from './random-bars.fixture.js';
import { uptrendStateChange } from './state-change.js';

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

  it('hands out snapshots that later bars leave alone, also while an episode of the reference grows', () => {
    const engine = newEngine('reference');
    const taken: [number, ReturnType<UptrendEngine['snapshot']>, string][] = [];
    for (let row = 0; row < LENGTH - 1; row++) {
      engine.step(barAt(series, row));
      if (row % 130 === 0) {
        const snapshot = engine.snapshot();
        taken.push([row, snapshot, JSON.stringify(snapshot)]);
      }
    }
    expect(taken.some(([, { episode }]) => episode !== null)).toBe(true);
    for (const [row, snapshot, text] of taken) {
      const resumed = newEngine('reference');
      resumed.restore(snapshot);
      resumed.step(barAt(series, row + 1));
      expect(JSON.stringify(snapshot), `taken at ${row}`).toBe(text);
    }
  });

  it('is not to be used from inside a run, nor after one that was broken off', () => {
    const engine = newEngine();
    const refusal = expect.objectContaining({ code: 'bad_parameter' });
    const uses = [
      () => engine.snapshot(),
      () => engine.step(barAt(series, 999)),
      () => engine.run(series, () => {}),
    ];
    engine.run(slice(series, 0, 300), () => {
      for (const use of uses) expect(use).toThrow(refusal);
    });
    expect(engine.snapshot().count).toBe(300);
    const broken = newEngine();
    expect(() =>
      broken.run(series, () => {
        throw new Error('the visitor failed');
      }),
    ).toThrow('the visitor failed');
    expect(() => broken.step(barAt(series, 999))).toThrow(refusal);
  });

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
    const damages = [
      { ...snapshot, count: 99 },
      { ...snapshot, memory: { ...snapshot.memory, close: snapshot.memory.close.slice(1) } },
      { ...snapshot, memory: { ...snapshot.memory, atr: undefined } },
      { ...snapshot, geometry: { ...snapshot.geometry, closes: [Number.NaN] } },
      { ...snapshot, machine: { ...snapshot.machine, state: 'S9' } },
      { ...snapshot, ta: { ...snapshot.ta, parts: [] } },
    ];
    for (const damaged of damages) {
      expect(() => newEngine().restore(damaged)).toThrow(
        expect.objectContaining({ code: 'unsupported_schema_version' }),
      );
    }
    expect(() => newEngine().restore(null)).toThrow(
      expect.objectContaining({ code: 'unsupported_schema_version' }),
    );
  });
});
