/**
 * The operations that a feature column is written with: indicators over bars, indicators over one column, and plain
 * arithmetic. Each has a schema of its parameters with their defaults, so that a definition in a file is checked whole
 * before anything is computed. Nothing here can look ahead: every operation is a streaming step or works on one row.
 *
 * The file is long because it is the catalogue, one entry per operation.
 */
import { z } from 'zod';
import { Adx } from '../indicators/adx.js';
import { Atr } from '../indicators/atr.js';
import { Avwap } from '../indicators/avwap.js';
import { Bollinger } from '../indicators/bollinger.js';
import { CutlerRsi } from '../indicators/cutler-rsi.js';
import { Ema } from '../indicators/ema.js';
import type { BarIndicator, ValueIndicator } from '../indicators/indicator.js';
import { Macd } from '../indicators/macd.js';
import { Mfi } from '../indicators/mfi.js';
import { Natr } from '../indicators/natr.js';
import { NormalisedSlope } from '../indicators/normalised-slope.js';
import { Obv } from '../indicators/obv.js';
import { OlsSlope } from '../indicators/ols-slope.js';
import { Rma } from '../indicators/rma.js';
import { RollingMoments } from '../indicators/rolling-moments.js';
import { RollingSum } from '../indicators/rolling-sum.js';
import { RollingVwap } from '../indicators/rolling-vwap.js';
import { Rsi } from '../indicators/rsi.js';
import { TA_FLAVOURS } from '../indicators/ta-flavour.js';
import { TrueRange } from '../indicators/true-range.js';
import { VolumeSurprise } from '../indicators/volume-surprise.js';
import { ZScore } from '../indicators/z-score.js';
import { BarLag } from './bar-lag.js';

const bars = (least: number) => z.int().min(least).max(100_000);
const flavour = z.enum(TA_FLAVOURS).default('wilder');

interface Shape<Kind extends string, Schema extends z.ZodType, Make> {
  readonly kind: Kind;
  readonly params: Schema;
  readonly make: Make;
}

const overBars = <S extends z.ZodType>(params: S, make: (p: z.infer<S>) => BarIndicator<string>) => ({
  kind: 'bars' as const,
  params,
  make: (given: unknown) => make(params.parse(given)),
});
const overValues = <S extends z.ZodType>(params: S, make: (p: z.infer<S>) => ValueIndicator<string>) => ({
  kind: 'values' as const,
  params,
  make: (given: unknown) => make(params.parse(given)),
});
const perRow = <S extends z.ZodType>(params: S, make: (p: z.infer<S>) => (value: number) => number) => ({
  kind: 'row' as const,
  params,
  make: (given: unknown) => make(params.parse(given)),
});
/** Against a second input, named by the parameter `with`. */
const perPair = (make: (value: number, other: number) => number) => ({
  kind: 'pair' as const,
  params: z.strictObject({ with: z.string().min(1).describe('The second input') }),
  make: () => make,
});

type Operation =
  | Shape<'bars', z.ZodType, (params: unknown) => BarIndicator<string>>
  | Shape<'values', z.ZodType, (params: unknown) => ValueIndicator<string>>
  | Shape<'row', z.ZodType, (params: unknown) => (value: number) => number>
  | Shape<'pair', z.ZodType, () => (value: number, other: number) => number>;

const none = z.strictObject({});
const lagged = (form: 'lag' | 'diff' | 'return' | 'log_return') =>
  overValues(z.strictObject({ bars: bars(1).default(1) }), (p) => new BarLag(form, p.bars));

export const OPERATIONS = {
  // over bars
  adx: overBars(
    z.strictObject({ period: bars(2).default(14), flavour }),
    (p) => new Adx(p.period, p.flavour),
  ),
  atr: overBars(
    z.strictObject({ period: bars(2).default(14), flavour }),
    (p) => new Atr(p.period, p.flavour),
  ),
  natr: overBars(
    z.strictObject({ period: bars(2).default(14), flavour }),
    (p) => new Natr(p.period, p.flavour),
  ),
  mfi: overBars(z.strictObject({ period: bars(1).default(14) }), (p) => new Mfi(p.period)),
  obv: overBars(none, () => new Obv()),
  avwap: overBars(
    z.strictObject({ price: z.enum(['close', 'typical']).default('close') }),
    (p) => new Avwap(p.price),
  ),
  vwap: overBars(z.strictObject({ length: bars(1).default(30) }), (p) => new RollingVwap(p.length)),
  true_range: overBars(none, () => new TrueRange()),
  // over one column
  ema: overValues(
    z.strictObject({ span: bars(1), seed: z.enum(['first', 'sma']).default('first') }),
    (p) => new Ema(p.span, p.seed),
  ),
  rma: overValues(z.strictObject({ period: bars(2) }), (p) => new Rma(p.period)),
  rsi: overValues(
    z.strictObject({ period: bars(2).default(14), flavour }),
    (p) => new Rsi(p.period, p.flavour),
  ),
  cutler_rsi: overValues(z.strictObject({ period: bars(1).default(14) }), (p) => new CutlerRsi(p.period)),
  macd: overValues(
    z
      .strictObject({
        fast: bars(1).default(12),
        slow: bars(2).default(26),
        signal: bars(1).default(9),
        seed: z.enum(['sma', 'first']).default('sma'),
      })
      .refine(({ fast, slow }) => fast < slow, 'fast must be less than slow'),
    (p) => new Macd(p.fast, p.slow, p.signal, p.seed),
  ),
  bollinger: overValues(
    z.strictObject({ length: bars(1).default(20), width: z.number().positive().default(2) }),
    (p) => new Bollinger(p.length, p.width),
  ),
  moments: overValues(
    z.strictObject({
      length: bars(1),
      degrees_of_freedom: z.union([z.literal(0), z.literal(1)]).default(0),
    }),
    (p) => new RollingMoments(p.length, p.degrees_of_freedom),
  ),
  sum: overValues(z.strictObject({ length: bars(1) }), (p) => new RollingSum(p.length)),
  z_score: overValues(
    z.strictObject({
      length: bars(2),
      degrees_of_freedom: z.union([z.literal(0), z.literal(1)]).default(0),
      floor: z.number().nonnegative().default(0),
    }),
    (p) => new ZScore(p.length, { degreesOfFreedom: p.degrees_of_freedom, floor: p.floor }),
  ),
  slope: overValues(z.strictObject({ length: bars(2) }), (p) => new OlsSlope(p.length)),
  normalised_slope: overValues(
    z.strictObject({ length: bars(3).default(10) }),
    (p) => new NormalisedSlope(p.length),
  ),
  volume_surprise: overValues(
    z.strictObject({ window: bars(2).default(1000), winsorise: z.boolean().default(true) }),
    (p) => new VolumeSurprise(p),
  ),
  lag: lagged('lag'),
  diff: lagged('diff'),
  return: lagged('return'),
  log_return: lagged('log_return'),
  // on one row
  log: perRow(none, () => Math.log),
  abs: perRow(none, () => Math.abs),
  clip: perRow(
    z
      .strictObject({ low: z.number(), high: z.number() })
      .refine(({ low, high }) => low <= high, 'low exceeds high'),
    ({ low, high }) =>
      (value) =>
        Math.min(high, Math.max(low, value)),
  ),
  scale: perRow(
    z.strictObject({ by: z.number().default(1), plus: z.number().default(0) }),
    ({ by, plus }) =>
      (value) =>
        value * by + plus,
  ),
  // against a second input
  ratio: perPair((value, other) => value / other),
  minus: perPair((value, other) => value - other),
  times: perPair((value, other) => value * other),
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;
export const OPERATION_NAMES = Object.keys(OPERATIONS) as readonly OperationName[];

export function operation(name: OperationName): Operation {
  return OPERATIONS[name];
}
