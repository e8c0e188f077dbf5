/** The columns of a majors-vs-alts run on one axis of days, and the stretches that favour a side. Pure. */
import type { MonitorSeriesAnswer } from '../../../src/app/server/api-types.js';

/** Row of a time, or of the last one before it; −1 when all are later. */
export function rowAt(times: readonly number[], ts: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= ts) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** One axis of days for the score and the book: every column gets a place per day, null where it has none. */
export interface MajorsColumns {
  readonly ts: readonly number[];
  readonly score: readonly (number | null)[];
  readonly regime: readonly (number | null)[];
  readonly equity: readonly (number | null)[];
  readonly drawdown: readonly (number | null)[];
  readonly net: readonly (number | null)[];
  readonly gross: readonly (number | null)[];
  readonly neutralityError: readonly (number | null)[];
}

const ROUNDING = 1e-9;

/** Values by time, given a place on another axis of days. */
export function onAxis<T>(
  axis: readonly number[],
  times: readonly number[],
  values: readonly T[] | undefined,
): (T | null)[] {
  const known = new Map(times.map((time, row) => [time, values?.[row]]));
  return axis.map((time) => known.get(time) ?? null);
}

export function majorsColumns({ timeline, daily }: MonitorSeriesAnswer): MajorsColumns {
  const ts = [...new Set([...timeline.ts, ...daily.ts])].sort((x, y) => x - y);
  const place = <T>(times: readonly number[], values: readonly T[] | undefined): (T | null)[] =>
    onAxis(ts, times, values);
  const error = daily.ts.map((_, row) => {
    const btc = daily.numbers.beta_err_btc?.[row] ?? null;
    const eth = daily.numbers.beta_err_eth?.[row] ?? null;
    if (btc === null && eth === null) return null;
    const error = Math.max(Math.abs(btc ?? 0), Math.abs(eth ?? 0));
    // what is left by rounding is nothing
    return error < ROUNDING ? 0 : error;
  });
  return {
    ts,
    score: place(timeline.ts, timeline.score),
    regime: place(timeline.ts, timeline.regime),
    equity: place(daily.ts, daily.equity),
    drawdown: place(daily.ts, daily.drawdown),
    net: place(daily.ts, daily.numbers.r_ls_net),
    gross: place(daily.ts, daily.numbers.total_gross),
    neutralityError: place(daily.ts, error),
  };
}

/** Stretches of days that favour one side, in rows, both ends in them. */
export function sideBands(
  regimes: readonly (number | null)[],
  sideOf: (regime: number) => -1 | 0 | 1,
): { from: number; to: number; side: -1 | 1 }[] {
  const bands: { from: number; to: number; side: -1 | 1 }[] = [];
  regimes.forEach((regime, row) => {
    const side = regime === null ? 0 : sideOf(regime);
    const last = bands.at(-1);
    if (side === 0) return;
    if (last && last.side === side && last.to === row - 1) last.to = row;
    else bands.push({ from: row, to: row, side });
  });
  return bands;
}
