/**
 * Bad input, case by case as the specification has it (uptrend-engine §1.1, §5.1, F6), and garbage by the thousand: never a
 * crash, never a state without a name, never a number that is none.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClosedBar, UptrendEngine } from '../../src/analysis/uptrend/engine.js';
import type { UptrendPayload } from '../../src/analysis/uptrend/payload.js';
import { uptrendPayloadSchema } from '../../src/analysis/uptrend/payload-schema.js';
import { UPTREND_PROFILES, uptrendConfig } from '../../src/analysis/uptrend/profile.js';
import { randomBars } from '../../src/analysis/uptrend/random-bars.fixture.js';
import { RevisableUptrendEngine } from '../../src/analysis/uptrend/revisable-engine.js';
import { TidewatchError } from '../../src/errors.js';
import { Random } from '../../src/market/random.js';
import { makeSeries } from '../../src/market/series.js';
import { TIMEFRAMES, type Timeframe } from '../../src/market/timeframe.js';
import { LEADS_TO } from './arrows.js';

const HOUR = 3_600_000;
const OPTIONS = { instrument: 'test:spot:ANY', timeframe: '1h' } as const;
const BAD_AT = 1300;
const { time, high, low, close, volume } = randomBars(3, 1400);
const BARS: readonly ClosedBar[] = Array.from(time, (at, row) => ({
  time: at,
  high: high[row]!,
  low: low[row]!,
  close: close[row]!,
  volume: volume[row]!,
}));
const BEFORE = BARS[BAD_AT - 1]!;
const BAR = BARS[BAD_AT]!;

function engineUpTo(end: number): UptrendEngine {
  const engine = new UptrendEngine(OPTIONS);
  for (const bar of BARS.slice(0, end)) engine.step(bar);
  return engine;
}

/** All payloads of the last hundred bars, after the bad bar. */
function goOn(engine: UptrendEngine, from: number): string {
  return BARS.slice(from)
    .map((bar) => JSON.stringify(engine.step(bar)))
    .join('\n');
}

const truth = (): string => goOn(engineUpTo(BAD_AT), BAD_AT);
const state = (engine: UptrendEngine): string => JSON.stringify(engine.snapshot());

describe('a bar without a price as close is not fed', () => {
  it.each([
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
    ['minus infinite', Number.NEGATIVE_INFINITY],
    ['zero', 0],
    ['negative', -100],
    ['beyond 1e18', 1e19],
    ['below 1e-18', 1e-19],
  ])('%s: answers null, changes nothing, and the next bars are as if it had not been', (_, bad) => {
    const engine = engineUpTo(BAD_AT);
    const before = state(engine);
    expect(engine.step({ ...BAR, time: BAR.time - 1, close: bad })).toBeNull();
    expect(state(engine)).toBe(before);
    // the same bar, delivered again with its price, is fed
    expect(engine.step({ ...BAR, close: bad })).toBeNull();
    expect(goOn(engine, BAD_AT)).toBe(truth());
  });

  it('leading ones are dropped: the count of bars begins with the first that has a price', () => {
    const engine = new UptrendEngine(OPTIONS);
    for (let row = 0; row < 50; row++) {
      expect(engine.step({ ...BARS[0]!, time: BARS[0]!.time - (50 - row) * HOUR, close: 0 })).toBeNull();
    }
    expect(state(engine)).toBe(state(new UptrendEngine(OPTIONS)));
    const first = BARS.findIndex((bar) => engine.step(bar) !== null);
    expect(first).toBe(71);
  });
});

describe('what is missing in a bar is mended', () => {
  const NOT_PRICES = [Number.NaN, 0, -1, Number.POSITIVE_INFINITY, 1e19];
  const NOT_VOLUMES = [Number.NaN, -5, Number.POSITIVE_INFINITY, 1e31];
  it.each([
    ...NOT_PRICES.map(
      (bad) => [`high ${bad} is the last close`, { high: bad }, { high: BEFORE.close }] as const,
    ),
    ...NOT_PRICES.map(
      (bad) => [`low ${bad} is the last close`, { low: bad }, { low: BEFORE.close }] as const,
    ),
    ...NOT_VOLUMES.map((bad) => [`volume ${bad} is 0`, { volume: bad }, { volume: 0 }] as const),
  ])('%s', (_, damage, mended) => {
    const [damaged, clean] = [engineUpTo(BAD_AT), engineUpTo(BAD_AT)];
    const answer = damaged.step({ ...BAR, ...damage });
    expect(answer).not.toBeNull();
    expect(answer).toEqual(clean.step({ ...BAR, ...mended }));
    expect(goOn(damaged, BAD_AT + 1)).toBe(goOn(clean, BAD_AT + 1));
  });

  it('the first bar has no last close: its own stands in', () => {
    const [damaged, clean] = [new UptrendEngine(OPTIONS), new UptrendEngine(OPTIONS)];
    const first = BARS[0]!;
    damaged.step({ ...first, high: Number.NaN, low: 0 });
    clean.step({ ...first, high: first.close, low: first.close });
    expect(state(damaged)).toBe(state(clean));
  });

  it('without any volume the surprise is 0 (exhaustion ½) and participation says nothing (½)', () => {
    const engine = new UptrendEngine(OPTIONS);
    let dips = 0;
    for (const bar of BARS) {
      const { diagnostics } = engine.step({ ...bar, volume: Number.NaN }) ?? {};
      if (diagnostics?.exhaustion === undefined) continue;
      dips += 1;
      expect(diagnostics.exhaustion).toBe(0.5);
      if (diagnostics.decay !== undefined && 'windows' in diagnostics.decay) {
        expect(diagnostics.decay.edx_part).toBe(0.5);
      }
    }
    expect(dips).toBeGreaterThan(50);
  });
});

describe('time', () => {
  it('a gap is not filled: the same bars say the same, whatever time lies between them', () => {
    const [dense, gappy] = [new UptrendEngine(OPTIONS), new UptrendEngine(OPTIONS)];
    const withoutTimes = (payload: UptrendPayload | null): string =>
      JSON.stringify(payload, (key, value: unknown) => (key === 'ts' ? undefined : value));
    BARS.forEach((bar, row) => {
      const late = { ...bar, time: bar.time + Math.floor(row / 100) * 77 * HOUR };
      expect(withoutTimes(gappy.step(late))).toBe(withoutTimes(dense.step(bar)));
    });
  });

  it('a bar again, also with other numbers, answers the stored payload and changes nothing', () => {
    const engine = engineUpTo(BAD_AT);
    const before = state(engine);
    for (const again of [BEFORE, { ...BEFORE, close: 1, volume: 9 }, { ...BEFORE, close: Number.NaN }]) {
      expect(engine.step(again)).toBe(engine.payload);
    }
    expect(state(engine)).toBe(before);
    expect(goOn(engine, BAD_AT)).toBe(truth());
  });

  it('a bar out of order likewise, one by one and in columns', () => {
    const engine = engineUpTo(BAD_AT);
    const before = state(engine);
    for (const row of [0, 700, BAD_AT - 2]) expect(engine.step(BARS[row]!)).toBe(engine.payload);
    const column = (of: (bar: ClosedBar) => number): Float64Array =>
      Float64Array.from([BARS[5]!, BARS[900]!, BARS[17]!], of);
    engine.run(
      {
        time: column((bar) => bar.time),
        high: column((bar) => bar.high),
        low: column((bar) => bar.low),
        close: column((bar) => bar.close),
        volume: column((bar) => bar.volume),
      },
      () => expect.fail('an old bar was stepped'),
    );
    expect(state(engine)).toBe(before);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 60])(
    'an open time of %d is refused as bad_parameter, and nothing is taken in',
    (bad) => {
      const refusal = expect.objectContaining({ code: 'bad_parameter' });
      const engine = engineUpTo(BAD_AT);
      const before = state(engine);
      expect(() => engine.step({ ...BAR, time: bad })).toThrow(refusal);
      const two = (value: number): Float64Array => Float64Array.of(value, value);
      const bars = { high: two(BAR.high), low: two(BAR.low), close: two(BAR.close), volume: two(1) };
      expect(() => engine.run({ ...bars, time: Float64Array.of(BAR.time, bad) }, () => {})).toThrow(refusal);
      expect(state(engine)).toBe(before);
      expect(() => new RevisableUptrendEngine(OPTIONS).step({ ...BAR, time: bad })).toThrow(refusal);
    },
  );

  it('columns of unequal length are refused as column_length_mismatch', () => {
    const series = randomBars(3, 10);
    const bars = makeSeries(series.instrument, '1h', series);
    expect(() => new UptrendEngine(OPTIONS).run({ ...bars, low: bars.low.slice(1) }, () => {})).toThrow(
      expect.objectContaining({ code: 'column_length_mismatch' }),
    );
  });
});

describe('a bar corrected after the fact', () => {
  const corrected = { ...BARS[BAD_AT - 3]!, close: BARS[BAD_AT - 3]!.close * 1.02 };

  it('is recomputed from that bar on, with revision 1, equal to a run in which it had always been so', () => {
    const engine = new RevisableUptrendEngine(OPTIONS);
    for (const bar of BARS.slice(0, BAD_AT)) engine.step(bar);
    const { payloads, revisedFrom } = engine.step(corrected);
    const plain = new UptrendEngine(OPTIONS);
    const expected = BARS.slice(0, BAD_AT)
      .map((bar) => plain.step(bar.time === corrected.time ? corrected : bar))
      .slice(-3);
    expect(revisedFrom).toBe(corrected.time);
    expect(payloads).toEqual(
      expected.map((payload) => ({ ...payload, meta: { profile: 'standard', revision: 1 } })),
    );
  });

  it('older than what is kept is refused as bad_parameter, and nothing changes', () => {
    const engine = new RevisableUptrendEngine({ ...OPTIONS, reach: 100, spacing: 50 });
    for (const bar of BARS.slice(0, BAD_AT)) engine.step(bar);
    const { payload } = engine;
    expect(() => engine.step({ ...BARS[100]!, close: 1 })).toThrow(
      expect.objectContaining({ code: 'bad_parameter' }),
    );
    expect([engine.payload, engine.revisions]).toEqual([payload, 0]);
  });
});

describe('a history shorter than the warm-up', () => {
  it.each([
    ['1m', 333],
    ['15m', 288],
    ['1h', 72],
    ['4h', 18],
    ['1d', 72],
    ['5m', 72],
  ] as const)(
    '%s: nothing is said before bar %d, and states before bar 333 are not warm',
    (timeframe, bars) => {
      const engine = new UptrendEngine({ instrument: 'test:spot:ANY', timeframe });
      const payloads = BARS.slice(0, 400).map((bar) => engine.step(bar));
      expect(payloads.findIndex((payload) => payload !== null)).toBe(bars - 1);
      expect(payloads.findIndex((payload) => payload?.warm === true)).toBe(332);
      expect(payloads.slice(332).every((payload) => payload?.warm === true)).toBe(true);
      expect(payloads[bars - 1]!.prev_state).toBe('');
    },
  );
});

const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const GARBAGE = NIGHTLY ? 20_000 : 2_000;
const GARBAGE_BARS = 45;
const HOSTILE_NUMBERS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  -1,
  5e-324,
  1e-308,
  1.79e308,
  1e18,
  1e-18,
  1e12,
  1e-12,
  100,
  100,
  101,
  99,
];

describe('garbage', () => {
  it(`${GARBAGE} series of ${GARBAGE_BARS} random garbage bars: named states, arrows of the table, finite numbers, typed errors`, () => {
    const named = new Set(['S0', 'S1', 'S2', 'S3', 'S4']);
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.constantFrom(...UPTREND_PROFILES),
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        fc.constantFrom<Timeframe>('4h', ...TIMEFRAMES),
        (seed, profile, share, timeframe) => {
          const random = new Random(seed);
          const config = uptrendConfig(profile, { firstDipBuy: true });
          const engine = new UptrendEngine({
            instrument: 'test:spot:ANY',
            timeframe,
            config,
            minimumBars: 18,
          });
          const any = (near: number): number =>
            random.uniform() < share
              ? HOSTILE_NUMBERS[Math.floor(random.uniform() * HOSTILE_NUMBERS.length)]!
              : near * Math.exp(0.05 * (random.uniform() - 0.5));
          let at = Date.UTC(2024, 0, 1);
          let before = null as UptrendPayload | null;
          for (let row = 0; row < GARBAGE_BARS; row++) {
            at += random.uniform() < 0.05 ? -5 * HOUR : HOUR;
            const bar = {
              time: random.uniform() < 0.01 ? any(1) : at,
              high: any(103),
              low: any(97),
              close: any(100 + row * (share - 0.3)),
              volume: any(10),
            };
            let payload: UptrendPayload | null;
            try {
              payload = engine.step(bar);
            } catch (error) {
              if (!(error instanceof TidewatchError) || Number.isSafeInteger(bar.time)) throw error;
              continue;
            }
            if (payload === null || payload === before) continue;
            seen.add(payload.state);
            if (!named.has(payload.state)) expect.fail(`state ${payload.state}`);
            if (payload.prev_state !== (before?.state ?? '')) expect.fail('a state was lost');
            if (before !== null && !LEADS_TO[before.state].includes(payload.state)) {
              expect.fail(`${before.state} led to ${payload.state}`);
            }
            const json: unknown = JSON.parse(JSON.stringify(payload));
            // null would stand for a number that is none
            const { success, error } = uptrendPayloadSchema.safeParse(json);
            if (!success) expect.fail(`${error.message} at ${JSON.stringify(bar)}`);
            before = payload;
          }
        },
      ),
      { numRuns: GARBAGE, seed: 12 },
    );
    expect([...seen].sort()).toEqual(['S0', 'S1', 'S2', 'S3', 'S4']);
  });
});
