/**
 * The laws of the uptrend engine (spec uptrend-engine §9): what is said of a bar depends on that bar and those before it
 * only; it does not matter in which portions bars come, how often, or whether the engine was stopped and restored; a
 * corrected bar is as if it had always been so. Equal means the same JSON text, every digit of every payload.
 *
 * Cut points are drawn with a fixed seed, for real series of every kind of market in all four profiles and for hostile
 * series. A test's name says at how many cut points it was tried.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decayOfBars } from '../../src/analysis/uptrend/decay-windows.js';
import {
  type ClosedBar,
  UptrendEngine,
  type UptrendEngineOptions,
} from '../../src/analysis/uptrend/engine.js';
import type { UptrendPayload } from '../../src/analysis/uptrend/payload.js';
import { UPTREND_PROFILES, type UptrendConfig, uptrendConfig } from '../../src/analysis/uptrend/profile.js';
import { RevisableUptrendEngine } from '../../src/analysis/uptrend/revisable-engine.js';
import { Random } from '../../src/market/random.js';
import { makeSeries, type Series, slice } from '../../src/market/series.js';
import type { Timeframe } from '../../src/market/timeframe.js';
import { hostileBars, LAW_SOURCES, lawSeries } from './law-series.js';

const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const TIMES = NIGHTLY ? 20 : 1;
/** Several times the longest memory of the engine, 500 bars, beyond the 333 that it is silent for. */
const LENGTH = NIGHTLY ? 2600 : 1800;
/** The plain decay of the `reference` profile costs a hundred times more in S3. */
const REFERENCE_LENGTH = NIGHTLY ? 1100 : 900;

const CUTS = {
  prefix: 4 * TIMES,
  poison: 4 * TIMES,
  restart: 10 * TIMES,
  batch: 6 * TIMES,
  again: 4 * TIMES,
  revision: 2 * TIMES,
};
const CUTS_PER_BATCHING = 6;
const HOSTILE = TIMES === 1 ? 200 : 2000;
/** A prefix, a poisoned future, a restart, two edges of a batching, a bar again. */
const CUTS_PER_HOSTILE = 6;
/** Bars followed after a restart. */
const FOLLOWED = 40;

type Texts = readonly (string | undefined)[];

const barAt = ({ time, high, low, close, volume }: Series, row: number): ClosedBar => ({
  time: time[row]!,
  high: high[row]!,
  low: low[row]!,
  close: close[row]!,
  volume: volume[row]!,
});

/** The text of every bar's payload, in one batch unless portions are given. */
function batchTexts(options: UptrendEngineOptions, series: Series, edges: readonly number[] = []): Texts {
  const engine = new UptrendEngine(options);
  const texts = new Array<string | undefined>(series.length).fill(undefined);
  const marks = [0, ...edges, series.length];
  for (let piece = 1; piece < marks.length; piece++) {
    const from = marks[piece - 1]!;
    engine.run(slice(series, from, marks[piece]!), (payload, row) => {
      texts[from + row] = JSON.stringify(payload);
    });
  }
  return texts;
}

/** First row below `end` at which two runs differ; −1 when they agree. */
function firstDifference(mine: Texts, truth: Texts, end: number): number {
  for (let row = 0; row < end; row++) if (mine[row] !== truth[row]) return row;
  return -1;
}

/** The bars up to the cut, then a few that are as wrong as can be. */
function poisoned(series: Series, keep: number, random: Random): Series {
  const end = Math.min(series.length, keep + 5);
  const factor = 10 ** (6 * random.uniform() - 3);
  const wrong = (column: Float64Array): Float64Array =>
    column.slice(0, end).map((value, row) => (row < keep ? value : value * factor));
  return makeSeries(series.instrument, series.timeframe, {
    time: series.time.slice(0, end),
    open: wrong(series.open),
    high: wrong(series.high),
    low: wrong(series.low),
    close: wrong(series.close),
    volume: wrong(series.volume),
  });
}

interface LawCase {
  readonly title: string;
  readonly options: UptrendEngineOptions & { readonly config: UptrendConfig };
  readonly series: Series;
  readonly truth: Texts;
}

const combinations = LAW_SOURCES.length * UPTREND_PROFILES.length;
const places = `${combinations} runs (${LAW_SOURCES.length} real series × ${UPTREND_PROFILES.length} profiles)`;

describe('laws of the uptrend engine', () => {
  const cases: LawCase[] = [];

  beforeAll(async () => {
    for (const source of LAW_SOURCES) {
      const whole = await lawSeries(source, LENGTH);
      for (const profile of UPTREND_PROFILES) {
        const { instrument, timeframe, kind } = source;
        const options = { instrument, timeframe, config: uptrendConfig(profile, { firstDipBuy: true }) };
        const series = slice(
          whole,
          0,
          Math.min(whole.length, profile === 'reference' ? REFERENCE_LENGTH : LENGTH),
        );
        cases.push({ title: `${kind}, ${profile}`, options, series, truth: batchTexts(options, series) });
      }
    }
  });

  /** Draws cut points for every case; `check` returns the first row that differs, or −1. */
  function tryCuts(
    count: number,
    seed: number,
    check: (one: LawCase, cut: number, random: Random) => number,
  ): number {
    const random = new Random(seed);
    let tried = 0;
    for (const one of cases) {
      for (let draw = 0; draw < count; draw++) {
        const cut = 1 + Math.floor(random.uniform() * (one.series.length - 2));
        expect(check(one, cut, random), `${one.title}, cut at ${cut}`).toBe(-1);
        tried += 1;
      }
    }
    return tried;
  }

  it('is tried on series that visit every state', () => {
    const states = new Set<string>();
    for (const { truth } of cases) {
      for (const text of truth) {
        if (text !== undefined) states.add((JSON.parse(text) as UptrendPayload).state);
      }
    }
    expect([...states].sort()).toEqual(['S0', 'S1', 'S2', 'S3', 'S4']);
  });

  it(`truncation: ${combinations * CUTS.prefix} prefixes of ${places} say the same as the whole`, () => {
    const tried = tryCuts(CUTS.prefix, 1, ({ options, series, truth }, cut) =>
      firstDifference(batchTexts(options, slice(series, 0, cut)), truth, cut),
    );
    expect(tried).toBe(combinations * CUTS.prefix);
  });

  it(`future poisoning: at ${combinations * CUTS.poison} cut points of ${places} nothing earlier changes`, () => {
    const tried = tryCuts(CUTS.poison, 2, ({ options, series, truth }, cut, random) =>
      firstDifference(batchTexts(options, poisoned(series, cut, random)), truth, cut),
    );
    expect(tried).toBe(combinations * CUTS.poison);
  });

  it(`restart: goes on bit for bit from ${combinations * CUTS.restart} stored states of ${places}`, () => {
    const random = new Random(3);
    let tried = 0;
    for (const { title, options, series, truth } of cases) {
      const rows = new Set<number>();
      while (rows.size < Math.min(CUTS.restart, series.length)) {
        rows.add(Math.floor(random.uniform() * series.length));
      }
      const running = new UptrendEngine(options);
      for (let row = 0; row < series.length; row++) {
        running.step(barAt(series, row));
        if (!rows.has(row)) continue;
        const stored = JSON.stringify(running.snapshot());
        const resumed = new UptrendEngine(options);
        resumed.restore(JSON.parse(stored));
        expect(JSON.stringify(resumed.snapshot()), `${title}, stored at ${row}`).toBe(stored);
        for (let next = row + 1; next < Math.min(series.length, row + FOLLOWED); next++) {
          const text = JSON.stringify(resumed.step(barAt(series, next)) ?? undefined);
          if (text !== truth[next]) expect.fail(`${title}, bar ${next} after a restart at ${row}`);
        }
        tried += 1;
      }
    }
    expect(tried).toBe(combinations * CUTS.restart);
  });

  it(`batch = stream: any portions give the same, ${combinations * CUTS.batch} edges in ${places}, and one by one`, () => {
    const random = new Random(4);
    let edgesTried = 0;
    for (const { title, options, series, truth } of cases) {
      for (let batching = 0; batching < CUTS.batch / CUTS_PER_BATCHING; batching++) {
        const edges = Array.from({ length: CUTS_PER_BATCHING }, () =>
          Math.floor(random.uniform() * series.length),
        ).sort((a, b) => a - b);
        const texts = batchTexts(options, series, edges);
        expect(firstDifference(texts, truth, series.length), `${title}, portions ${edges}`).toBe(-1);
        edgesTried += edges.length;
      }
      const engine = new UptrendEngine(options);
      for (let row = 0; row < series.length; row++) {
        const text = JSON.stringify(engine.step(barAt(series, row)) ?? undefined);
        if (text !== truth[row]) expect.fail(`${title}, bar ${row} one by one`);
      }
    }
    expect(edgesTried).toBe(combinations * CUTS.batch);
  });

  it(`idempotent by bar time: ${combinations * CUTS.again} bars again, and earlier ones, change nothing in ${places}`, () => {
    const random = new Random(5);
    let tried = 0;
    for (const { title, options, series } of cases) {
      const engine = new UptrendEngine(options);
      let from = 0;
      for (let draw = 0; draw < CUTS.again; draw++) {
        const until = Math.min(
          series.length,
          from + 1 + Math.floor((random.uniform() * series.length) / CUTS.again),
        );
        engine.run(slice(series, from, until), () => {});
        const before = JSON.stringify(engine.snapshot());
        const answer = JSON.stringify(engine.payload);
        const earlier = Math.floor(random.uniform() * until);
        const again = [
          barAt(series, until - 1),
          { ...barAt(series, until - 1), close: 1, high: 2, low: 0.5, volume: 9 },
          barAt(series, earlier),
        ];
        for (const bar of again) expect(JSON.stringify(engine.step(bar)), title).toBe(answer);
        engine.run(slice(series, earlier, until), () => expect.fail(`${title}: a bar was stepped twice`));
        expect(JSON.stringify(engine.snapshot()), title).toBe(before);
        from = until;
        tried += 1;
      }
    }
    expect(tried).toBe(combinations * CUTS.again);
  });

  it(`revision: ${combinations * CUTS.revision} corrected bars of ${places} give what a run over the corrected bars gives`, () => {
    const tried = tryCuts(CUTS.revision, 6, ({ options, series }, cut, random) => {
      const back = Math.floor(random.uniform() * Math.min(cut, 120));
      const at = cut - back;
      const end = Math.min(series.length, cut + 3);
      const close = series.close.slice(0, end);
      close[at] = close[at]! * (0.9 + 0.2 * random.uniform());
      const corrected = makeSeries(series.instrument, series.timeframe, {
        ...slice(series, 0, end),
        close,
      });
      const truth = batchTexts(options, corrected);

      // Starts from a stored state shortly before, as a service does; everything since is kept.
      const engine = new RevisableUptrendEngine({ ...options, reach: 200, spacing: 60 });
      const seen = new Map<number, UptrendPayload>();
      const take = (bar: ClosedBar): number | null => {
        const { payloads, revisedFrom } = engine.step(bar);
        for (const payload of payloads) seen.set(payload.ts, payload);
        return revisedFrom;
      };
      for (let row = 0; row <= cut; row++) take(barAt(series, row));
      expect(take(barAt(corrected, at))).toBe(series.time[at]);
      for (let row = cut + 1; row < corrected.length; row++) take(barAt(corrected, row));
      for (let row = 0; row < corrected.length; row++) {
        const payload = seen.get(corrected.time[row]!);
        if (payload === undefined && truth[row] === undefined) continue;
        if (payload === undefined || truth[row] === undefined) return row;
        if (payload.meta.revision !== (row >= at ? 1 : 0)) return row;
        const unnumbered = { ...payload, meta: { ...payload.meta, revision: 0 } };
        if (JSON.stringify(unnumbered) !== truth[row]) return row;
      }
      return -1;
    });
    expect(tried).toBe(combinations * CUTS.revision);
  });

  it(`all of these on ${HOSTILE} hostile series, ${HOSTILE * CUTS_PER_HOSTILE} cut points`, () => {
    const timeframes: Timeframe[] = ['1m', '15m', '1h', '4h', '1d'];
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.constantFrom(...timeframes),
        fc.constantFrom(...UPTREND_PROFILES),
        fc.constantFrom(333, 400, 1000, Number.POSITIVE_INFINITY),
        fc.uniqueArray(fc.integer({ min: 1, max: 598 }), { minLength: 5, maxLength: 5 }),
        (seed, timeframe, profile, window, [prefix, future, restart, ...edges]) => {
          const series = hostileBars(seed, 600, timeframe);
          const options = {
            instrument: series.instrument,
            timeframe,
            config: uptrendConfig(profile, { window, firstDipBuy: true }),
          };
          const truth = batchTexts(options, series);
          const random = new Random(seed);
          expect(firstDifference(batchTexts(options, slice(series, 0, prefix)), truth, prefix!)).toBe(-1);
          const poison = poisoned(series, future!, random);
          expect(firstDifference(batchTexts(options, poison), truth, future!)).toBe(-1);
          const portions = batchTexts(
            options,
            series,
            edges.sort((a, b) => a - b),
          );
          expect(firstDifference(portions, truth, series.length)).toBe(-1);
          const first = new UptrendEngine(options);
          first.run(slice(series, 0, restart), () => {});
          const second = new UptrendEngine(options);
          second.restore(JSON.parse(JSON.stringify(first.snapshot())));
          const bar = barAt(series, restart! - 1);
          if (bar.time <= second.lastBarTime) second.step({ ...bar, close: 3 });
          second.run(slice(series, restart!), (payload, row) => {
            if (JSON.stringify(payload) !== truth[restart! + row])
              expect.fail(`bar ${row} after the restart`);
          });
        },
      ),
      { numRuns: HOSTILE, seed: 8 },
    );
  });

  it('fast = plain: the decay index is the evaluation that starts every recursion at the window', () => {
    const worst = { value: 0, at: '' };
    let compared = 0;
    for (const { title, options, series, truth } of cases) {
      if (options.config.referenceFaults) continue; // runs the plain evaluation itself
      const payloads = truth.map((text) =>
        text === undefined ? undefined : (JSON.parse(text) as UptrendPayload),
      );
      let start = 0;
      for (let row = 1; row < series.length; row++) {
        if (payloads[row - 1]?.state !== 'S3') start = row;
        const decay = payloads[row]?.diagnostics?.decay;
        if (decay === undefined || 'error' in decay || row % 9 !== 0) continue;
        const n = Math.min(row - start, 500);
        const cut = (column: Float64Array): number[] => [...column.subarray(row - n, row + 1)];
        const { high, low, close, volume } = series;
        const bars = { high: cut(high), low: cut(low), close: cut(close), volume: cut(volume) };
        const plain = decayOfBars(bars, n, false);
        const away = Math.abs(plain.edx - payloads[row]!.scores!.edx!);
        if (away > worst.value) Object.assign(worst, { value: away, at: `${title}, bar ${row}` });
        expect(decay.windows.map((window) => window?.bars)).toEqual(
          plain.diagnostics.windows.map((window) => window?.bars),
        );
        compared += 1;
      }
    }
    console.info(
      `decay index: ${compared} bars compared, worst ${worst.value.toExponential(2)} (${worst.at})`,
    );
    expect(compared).toBeGreaterThan(1000);
    expect(worst.value, worst.at).toBeLessThan(1e-9);
  });

  it('is tried at a thousand cut points at least', () => {
    const perRun = Object.values(CUTS).reduce((sum, count) => sum + count, 0);
    expect(combinations * perRun + HOSTILE * CUTS_PER_HOSTILE).toBeGreaterThanOrEqual(1000);
  });
});
