import { afterAll, describe, expect, it } from 'vitest';
import { Atr } from '../../../src/analysis/indicators/atr.js';
import { swingAt } from '../../../src/analysis/uptrend/geometry.js';
import { LevelTable } from '../../../src/analysis/uptrend/levels.js';
import { uptrendConfig } from '../../../src/analysis/uptrend/profile.js';
import { levelBoost, trendStrength } from '../../../src/analysis/uptrend/scores.js';
import { SwingClusters } from '../../../src/analysis/uptrend/swing-clusters.js';
import { trendlines } from '../../../src/analysis/uptrend/trendlines.js';
import { zigzag } from '../../../src/analysis/uptrend/zigzag.js';
import { Deviation, goldenFiles, goldenJson } from '../golden-files.js';

type Args = Readonly<Record<string, unknown>>;

interface UnitFunctions {
  readonly input: {
    readonly bars: readonly { h: number; l: number; c: number }[];
    readonly bars250_hl?: unknown;
  };
  readonly series: Readonly<Record<string, readonly number[]>>;
  readonly levels: readonly { price: number; strength: number }[];
  readonly cases: readonly { fn: string; args: Args; expect: unknown }[];
}

/** Highs and lows of a set: of the bars themselves, or the close when the set has none. */
function rangeOf(golden: UnitFunctions, name: string): { high: number[]; low: number[] } {
  if (name === 'btc60') {
    const bars = golden.input.bars.slice(0, 60);
    return { high: bars.map(({ h }) => h), low: bars.map(({ l }) => l) };
  }
  const wide = golden.input.bars250_hl as Record<string, number[]> | number[][] | undefined;
  if (name === 'btc250' && wide !== undefined) {
    if (Array.isArray(wide)) return { high: wide.map(([h]) => h!), low: wide.map(([, l]) => l!) };
    return { high: (wide.highs ?? wide.high ?? wide.h)!, low: (wide.lows ?? wide.low ?? wide.l)! };
  }
  const close = [...golden.series[name]!];
  return { high: close, low: close };
}

function swingsOf(close: readonly number[]): { highs: number[]; lows: number[] } {
  const highs: number[] = [];
  const lows: number[] = [];
  for (let i = 2; i < close.length - 2; i++) {
    const side = swingAt(close, i);
    if (side === 1) highs.push(i);
    if (side === -1) lows.push(i);
  }
  return { highs, lows };
}

const FUNCTIONS: Readonly<Record<string, (golden: UnitFunctions, args: Args) => unknown>> = {
  trendStrength: (_golden, args) => trendStrength(Number(args.rsi_slope_10), Number(args.adx_slope_10)),
  srBoost: (golden, args) =>
    levelBoost(
      {
        length: golden.levels.length,
        price: golden.levels.map(({ price }) => price),
        strength: golden.levels.map(({ strength }) => strength),
      },
      Number(args.anchor),
      Number(args.atr),
      uptrendConfig('corrected'),
    ),
  swings: (golden, args) => swingsOf(golden.series[String(args.series)]!),
  clusterLevels: (golden, args) =>
    clustersOf(golden.series[String(args.series)]!, Number(args.tol)).described(),
  fibonacciLevels: (golden, args) => {
    const [high, low] = [Number(args.ath), Number(args.atl)];
    const table = clustersOf(golden.series[String(args.series)]!, 0.06);
    table.addExtremes(high, low);
    const base = table.length;
    table.addFibonacci(high, low, Number(args.current));
    return table.described().slice(base);
  },
  trendlines: (golden, args) => {
    const closes = golden.series[String(args.series)]!;
    const lines = trendlines(
      closes,
      closes.map((_, bar) => bar * Number(args.barHours)),
      { windowHours: Number(args.clusterWindowHours), thresholdPercent: Number(args.priceThresholdPct) },
    );
    return lines.map((line) => ({ ...line, type: `${String(args.segment)}_${line.type}` }));
  },
  zigzag: (golden, args) => {
    const name = String(args.series);
    const close = Float64Array.from(golden.series[name]!);
    const { high, low } = rangeOf(golden, name);
    const columns = { high: Float64Array.from(high), low: Float64Array.from(low), close, volume: close };
    const atr = new Atr(14, 'partial').batch(columns).atr;
    const seed = atr[Math.min(14, atr.length - 1)]!;
    const padded = atr.map((value, i) => (i < 14 ? seed : value));
    const answer = zigzag(
      close,
      padded,
      args.highsLows === true ? { high, low } : undefined,
      Number(args.lambda_),
    );
    const legs = (list: typeof answer.upLegs) =>
      list.map(({ start, end, amplitudeAtr, durationBars }) => ({
        start,
        end,
        amplitude_atr: amplitudeAtr,
        duration_bars: durationBars,
      }));
    return {
      pivots: answer.pivots.map(({ index, kind }) => [index, kind]),
      up_legs: legs(answer.upLegs),
      down_legs: legs(answer.downLegs),
    };
  },
};

function clustersOf(close: readonly number[], tolerance: number): LevelTable {
  const { highs, lows } = swingsOf(close);
  const clusters = new SwingClusters(tolerance);
  for (const i of [...highs, ...lows]) clusters.insert(close[i]!);
  const table = new LevelTable();
  table.addClusters(clusters);
  return table;
}

/** Everything the golden answer says; ours may say more. */
function compare(where: string, mine: unknown, golden: unknown, deviation: Deviation): void {
  if (typeof golden === 'number') {
    deviation.compare(where, typeof mine === 'number' ? mine : Number.NaN, golden, 1e-9, 1e-11);
  } else if (Array.isArray(golden)) {
    expect((mine as unknown[]).length, where).toBe(golden.length);
    golden.forEach((value, i) => {
      compare(`${where}[${i}]`, (mine as unknown[])[i], value, deviation);
    });
  } else if (golden !== null && typeof golden === 'object') {
    for (const [key, value] of Object.entries(golden)) {
      compare(`${where}.${key}`, (mine as Record<string, unknown>)[key], value, deviation);
    }
  } else expect(mine, where).toEqual(golden);
}

const files = goldenFiles('uptrend', /^unit_functions\.json$/);

describe.runIf(files.length > 0)('golden unit functions of the engine', () => {
  const summaries: string[] = [];
  afterAll(() => {
    console.info(summaries.join('\n'));
  });

  for (const file of files) {
    const golden = goldenJson<UnitFunctions>('uptrend', file);
    for (const [name, compute] of Object.entries(FUNCTIONS)) {
      const cases = golden.cases.filter(({ fn }) => fn === name);
      it.runIf(cases.length > 0)(`${file}: ${name}, ${cases.length} cases`, () => {
        const deviation = new Deviation();
        for (const { args, expect: expected } of cases) {
          compare(`${name} ${JSON.stringify(args)}`, compute(golden, args), expected, deviation);
        }
        expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
        summaries.push(deviation.summary(`${file} ${name} (${cases.length})`));
      });
    }
  }
});
