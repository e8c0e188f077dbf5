import { afterAll, describe, expect, it } from 'vitest';
import { Adx } from '../../../src/analysis/indicators/adx.js';
import { Atr } from '../../../src/analysis/indicators/atr.js';
import { Avwap } from '../../../src/analysis/indicators/avwap.js';
import { CutlerRsi } from '../../../src/analysis/indicators/cutler-rsi.js';
import { Ema } from '../../../src/analysis/indicators/ema.js';
import type { BarInputColumns } from '../../../src/analysis/indicators/indicator.js';
import { NormalisedSlope } from '../../../src/analysis/indicators/normalised-slope.js';
import { OlsSlope } from '../../../src/analysis/indicators/ols-slope.js';
import { zScoreAgainst } from '../../../src/analysis/indicators/z-score.js';
import { Deviation, goldenFiles, goldenJson } from '../golden-files.js';

interface GoldenBar {
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
}

interface Case {
  readonly fn: string;
  readonly args: Readonly<Record<string, string | number>>;
  readonly expect: number | readonly number[];
}

interface UnitFunctions {
  readonly input: { readonly bars: readonly GoldenBar[] };
  readonly series: Readonly<Record<string, readonly number[]>>;
  readonly volumes_with_zeros?: readonly number[];
  readonly cases: readonly Case[];
}

/** Cases of the engine's own geometry and scores; the uptrend suite runs them. */
const ENGINE_FUNCTIONS = [
  'zigzag',
  'swings',
  'clusterLevels',
  'fibonacciLevels',
  'trendlines',
  'trendStrength',
  'srBoost',
];

const last = (column: Float64Array, otherwise: number): number => {
  const value = column.at(-1) ?? Number.NaN;
  return Number.isNaN(value) ? otherwise : value;
};

/** The series form of the spec: the first value repeated to the front, empty below `least` bars. */
function padded(column: Float64Array, firstRow: number, least: number): Float64Array {
  if (column.length < least) return new Float64Array(0);
  const first = Math.min(firstRow, column.length - 1);
  return column.map((value, row) => (row < first ? column[first]! : value));
}

class Inputs {
  constructor(private readonly golden: UnitFunctions) {}

  series(name: string): Float64Array {
    const values = this.golden.series[name];
    if (values === undefined) throw new Error(`no series ${name}`);
    return Float64Array.from(values);
  }

  bars(name: string): BarInputColumns {
    const prefix = /^btc(\d+)$/.exec(name);
    if (prefix === null) {
      const close = this.series(name);
      return { high: close, low: close, close, volume: close };
    }
    const bars = this.golden.input.bars.slice(0, Number(prefix[1]));
    expect(bars.length, `bars of ${name}`).toBe(Number(prefix[1]));
    const column = (key: keyof GoldenBar): Float64Array => Float64Array.from(bars, (bar) => bar[key]);
    return { high: column('h'), low: column('l'), close: column('c'), volume: column('v') };
  }

  volumes(name: string): Float64Array {
    if (name === 'volumes_with_zeros') return Float64Array.from(this.golden.volumes_with_zeros!);
    return this.bars(name).volume;
  }
}

type Answer = number | Float64Array;
const FUNCTIONS: Readonly<Record<string, (inputs: Inputs, args: Case['args']) => Answer>> = {
  emaSeries: (inputs, args) => new Ema(Number(args.span)).batch(inputs.series(String(args.series))).ema,
  linSlope: (inputs, args) =>
    last(new OlsSlope(Number(args.window), 3).batch(inputs.series(String(args.series))).slope, 0),
  emaSlopeNormalized: (inputs, args) =>
    last(new NormalisedSlope(Number(args.window)).batch(inputs.series(String(args.series))).slope, 0),
  emaSlopeDelta: (inputs, args) => {
    expect(args.lag, 'the lag of the record').toBe(args.window);
    return last(
      new NormalisedSlope(Number(args.window)).batch(inputs.series(String(args.series))).slope_delta,
      0,
    );
  },
  rsi: (inputs, args) =>
    last(new CutlerRsi(Number(args.period)).batch(inputs.series(String(args.series))).rsi, 50),
  zscore: (inputs, args) => zScoreAgainst(inputs.series(String(args.series)), Number(args.value)),
  atrSeriesWilder: (inputs, args) => {
    const period = Number(args.period);
    return padded(new Atr(period, 'partial').batch(inputs.bars(String(args.bars))).atr, period, 2);
  },
  atrWilder: (inputs, args) =>
    last(new Atr(Number(args.period), 'partial').batch(inputs.bars(String(args.bars))).atr, 0),
  adxSeriesWilder: (inputs, args) => {
    const period = Number(args.period);
    return padded(new Adx(period, 'first_dx').batch(inputs.bars(String(args.bars))).adx, period, period + 2);
  },
  avwapSeries: (inputs, args) => {
    const close = inputs.series(String(args.series));
    const volume = inputs.volumes(String(args.volumes));
    return new Avwap('close').batch({ high: close, low: close, close, volume }).avwap;
  },
};

const files = goldenFiles('uptrend', /^unit_functions\.json$/);

describe.runIf(files.length > 0)('golden unit functions of the uptrend folder', () => {
  const summaries: string[] = [];
  afterAll(() => {
    console.info(summaries.join('\n'));
  });

  for (const file of files) {
    const golden = goldenJson<UnitFunctions>('uptrend', file);
    const inputs = new Inputs(golden);
    const groups = new Map<string, Case[]>();
    for (const entry of golden.cases) groups.set(entry.fn, [...(groups.get(entry.fn) ?? []), entry]);

    it(`${file}: every function is an indicator's or the engine's`, () => {
      const known = [...Object.keys(FUNCTIONS), ...ENGINE_FUNCTIONS];
      expect([...groups.keys()].filter((name) => !known.includes(name))).toEqual([]);
      const left = Array.from(groups).filter(([name]) => ENGINE_FUNCTIONS.includes(name));
      summaries.push(
        `golden ${file}: left to the engine's suite: ${left.map(([name, cases]) => `${name} (${cases.length})`).join(', ')}`,
      );
    });

    for (const [name, cases] of groups) {
      const compute = FUNCTIONS[name];
      if (compute === undefined) continue;
      it(`${file}: ${name}`, () => {
        const deviation = new Deviation();
        for (const { args, expect: expected } of cases) {
          const where = `${name} ${JSON.stringify(args)}`;
          const answer = compute(inputs, args);
          const actual = typeof answer === 'number' ? [answer] : Array.from(answer);
          const wanted = typeof expected === 'number' ? [expected] : expected;
          expect(actual.length, `${where}: number of values`).toBe(wanted.length);
          const absolute = name.includes('Slope') ? 1e-11 : 0;
          wanted.forEach((value, row) => {
            deviation.compare(`${where} row ${row}`, actual[row]!, value, 1e-8, absolute);
          });
        }
        expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
        summaries.push(deviation.summary(name));
      });
    }
  }
});
