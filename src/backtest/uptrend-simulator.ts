/**
 * A simple trader on the flags of the uptrend engine (spec uptrend-engine §8), to get a feeling for them: not a strategy
 * and not the portfolio manager. Long only, one position. What a bar says is done at the open of the next bar; fee and
 * slippage are paid on both sides. Buys on buy_signal, buy_flag and first_dip_buy_flag while flat, sells a fraction on
 * trim_flag, all on exit_position and emergency_exit. After an emergency exit only reclaimed_ema333 buys again, until an
 * exit_position ends the episode.
 */
import { z } from 'zod';
import { TidewatchError } from '../errors.js';
import type { Series } from '../market/series.js';
import type { UptrendTrace } from './uptrend-trace.js';

export interface SimulatorOptions {
  /** Of the traded value, per side. */
  readonly feeBps?: number;
  /** Of the price, per side, against us. */
  readonly slippageBps?: number;
  /** Share of equity that an entry invests, above 0 to 1. */
  readonly unit?: number;
  /** Share of the position that a trim sells, 0 to 1. */
  readonly trim?: number;
}

export const DEFAULT_FEE_BPS = 10;
export const DEFAULT_SLIPPAGE_BPS = 5;

const tradeSchema = z.strictObject({
  entry_ts: z.int().describe('open of the bar of the fill'),
  entry_price: z.number().describe('with slippage'),
  entry_flag: z.enum(['buy_signal', 'buy_flag', 'first_dip_buy_flag', 'reclaimed_ema333']),
  exit_ts: z.int().nullable().describe('null while the position is open'),
  exit_price: z.number().describe('with slippage; last close while open'),
  exit_flag: z.enum(['exit_position', 'emergency_exit']).nullable(),
  bars: z.int(),
  trims: z.int(),
  return: z.number().describe('of the invested value after costs, trims included'),
});

export const uptrendSimulationSchema = z.strictObject({
  fee_bps: z.number(),
  slippage_bps: z.number(),
  unit: z.number(),
  trim: z.number(),
  trades: z.array(tradeSchema),
  win_rate: z.number().nullable().describe('of closed trades; null without any'),
  net_return: z.number().describe('of equity after costs, the open position at the last close'),
  buy_and_hold_return: z.number().describe('from the first open that could be bought, same costs on entry'),
  buy_and_hold_max_drawdown: z.number().describe('of its value at closes, fraction below 0'),
  max_drawdown: z.number().describe('of equity at closes, fraction below 0'),
  exposure: z.number().describe('share of bars with a position'),
  costs: z.number().describe('fees and slippage paid, fraction of starting equity'),
});
export type UptrendSimulation = z.infer<typeof uptrendSimulationSchema>;
type Trade = UptrendSimulation['trades'][number];

export interface SimulatedRun {
  readonly result: UptrendSimulation;
  /** Equity at the close of every bar of the trace; 1 at the start. */
  readonly equity: Float64Array;
}

function checked(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new TidewatchError('bad_parameter', `${name} is ${value}`, {
    hint: `give a number from ${least} to ${most}`,
    details: { parameter: name, value },
  });
}

/** @throws TidewatchError `bad_parameter` for a cost, unit or fraction out of range */
export function simulateUptrend(
  series: Series,
  trace: UptrendTrace,
  options: SimulatorOptions = {},
): SimulatedRun {
  const feeBps = checked('fee', options.feeBps ?? DEFAULT_FEE_BPS, 0, 5000);
  const slippageBps = checked('slippage', options.slippageBps ?? DEFAULT_SLIPPAGE_BPS, 0, 5000);
  const unit = checked('unit', options.unit ?? 1, 0.0001, 1);
  const trim = checked('trim', options.trim ?? 0.25, 0, 1);
  const fee = feeBps / 10_000;
  const slip = slippageBps / 10_000;
  const equity = new Float64Array(trace.length);
  const trades: Trade[] = [];
  let cash = 1;
  let held = 0;
  let invested = 0;
  let returned = 0;
  let costs = 0;
  let exposed = 0;
  let entryAt = 0;
  let waitsForReclaim = false;
  let open: Trade | null = null;

  const sell = (share: number, price: number): number => {
    const sold = held * share;
    const filled = price * (1 - slip);
    const proceeds = sold * filled * (1 - fee);
    costs += sold * price * (1 - (1 - slip) * (1 - fee));
    cash += proceeds;
    returned += proceeds;
    held -= sold;
    return filled;
  };

  for (let at = 0; at < trace.length; at++) {
    const row = trace.row[at]!;
    if (at > 0) {
      const said = at - 1;
      const price = series.open[row]!;
      const leaves = trace.has(said, 'exit_position')
        ? 'exit_position'
        : trace.has(said, 'emergency_exit')
          ? 'emergency_exit'
          : null;
      if (leaves === 'exit_position') waitsForReclaim = false;
      if (leaves !== null) {
        if (open !== null) {
          const filled = sell(1, price);
          Object.assign(open, {
            exit_ts: series.time[row]!,
            exit_price: filled,
            exit_flag: leaves,
            bars: at - entryAt,
            return: returned / invested - 1,
          });
          open = null;
          if (leaves === 'emergency_exit') waitsForReclaim = true;
        }
      } else if (open !== null) {
        if (trim > 0 && trace.has(said, 'trim_flag')) {
          sell(Math.min(trim, 1), price);
          open.trims += 1;
        }
      } else {
        const flag = waitsForReclaim
          ? (['reclaimed_ema333'] as const).find((name) => trace.has(said, name))
          : (['buy_signal', 'buy_flag', 'first_dip_buy_flag'] as const).find((name) => trace.has(said, name));
        if (flag !== undefined) {
          const filled = price * (1 + slip);
          invested = cash * unit;
          returned = 0;
          held = invested / (filled * (1 + fee));
          costs += held * price * ((1 + slip) * (1 + fee) - 1);
          cash -= invested;
          entryAt = at;
          waitsForReclaim = false;
          open = {
            entry_ts: series.time[row]!,
            entry_price: filled,
            entry_flag: flag,
            exit_ts: null,
            exit_price: filled,
            exit_flag: null,
            bars: 0,
            trims: 0,
            return: 0,
          };
          trades.push(open);
        }
      }
    }
    const close = series.close[row]!;
    equity[at] = cash + held * close;
    if (held > 0) exposed += 1;
    if (open !== null && at === trace.length - 1) {
      open.exit_price = close;
      open.bars = at - entryAt;
      open.return = (returned + held * close) / invested - 1;
    }
  }
  const passive = buyAndHold(series, trace, fee, slip);
  const closed = trades.filter(({ exit_ts }) => exit_ts !== null);
  return {
    equity,
    result: {
      fee_bps: feeBps,
      slippage_bps: slippageBps,
      unit,
      trim,
      trades,
      win_rate:
        closed.length === 0 ? null : closed.filter((trade) => trade.return > 0).length / closed.length,
      net_return: (equity.at(-1) ?? 1) - 1,
      buy_and_hold_return: (passive.at(-1) ?? 1) - 1,
      buy_and_hold_max_drawdown: worstFall(passive),
      max_drawdown: worstFall(equity),
      exposure: trace.length === 0 ? 0 : exposed / trace.length,
      costs,
    },
  };
}

/** Value at every close of what was bought at the first open after the first bar. */
function buyAndHold(series: Series, trace: UptrendTrace, fee: number, slip: number): Float64Array {
  if (trace.length < 2) return new Float64Array(trace.length).fill(1);
  const paid = series.open[trace.row[1]!]! * (1 + slip) * (1 + fee);
  return Float64Array.from({ length: trace.length }, (_, at) =>
    at === 0 ? 1 : series.close[trace.row[at]!]! / paid,
  );
}

function worstFall(equity: Float64Array): number {
  let peak = 1;
  let worst = 0;
  for (const value of equity) {
    peak = Math.max(peak, value);
    worst = Math.min(worst, value / peak - 1);
  }
  return worst;
}
