/** Rows of the 0-to-100 score from daily prices, funding and open interest of the providers; everything in percent. */
import { legacyRow } from '../../analysis/legacy-score/legacy-score.js';
import type { LegacyHistory } from './legacy-history.js';

/** Day since 1970 → value. */
export type ByDay = ReadonlyMap<number, number>;

export interface LegacySources {
  readonly btc: ByDay;
  readonly alts: readonly ByDay[];
  /** Percent, mean of the day. */
  readonly btcFunding: ByDay;
  readonly altFunding: readonly ByDay[];
  /** Last value of the day. */
  readonly openInterest: ByDay;
}

/** Everything as of now, in percent. */
export interface LiveSources {
  readonly btc: { readonly return1d: number; readonly return7d: number };
  readonly alts: readonly { readonly return1d: number; readonly return7d: number }[];
  readonly btcFunding: number;
  readonly altFunding: readonly number[];
  readonly oiChange3d: number;
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** The row of today; earlier rows of `known` feed the heating. Empty without an alt. */
export function liveRow(sources: LiveSources, day: number, known: LegacyHistory): LegacyHistory {
  const { btc, alts, btcFunding, oiChange3d } = sources;
  if (alts.length === 0) return new Map();
  const altFunding = mean(sources.altFunding);
  const earlier = [...known].filter(([each]) => each < day).sort(([a], [b]) => a - b);
  const row = legacyRow({
    btc1d: btc.return1d,
    btc7d: btc.return7d,
    alts,
    altFunding,
    btcFunding,
    spreads: [...earlier.map(([, { funding_spread }]) => funding_spread), altFunding - btcFunding],
    oiChange3d,
  });
  return new Map([[day, row]]);
}

/** The rows of the days that have a price of BTC seven days back; earlier rows of `known` feed the heating. */
export function legacyRows(
  sources: LegacySources,
  days: readonly number[],
  known: LegacyHistory,
): LegacyHistory {
  const rows: LegacyHistory = new Map();
  const spreadOf = new Map([...known].map(([day, row]) => [day, row.funding_spread]));
  for (const day of [...days].sort((a, b) => a - b)) {
    const btc1d = change(sources.btc, day, 1);
    const btc7d = change(sources.btc, day, 7);
    if (btc1d === null || btc7d === null) continue;
    const alts = sources.alts.flatMap((prices) => {
      const return1d = change(prices, day, 1);
      const return7d = change(prices, day, 7);
      return return1d === null || return7d === null ? [] : [{ return1d, return7d }];
    });
    if (alts.length === 0) continue;
    const rates = sources.altFunding.flatMap((funding) => funding.get(day) ?? []);
    const altFunding = mean(rates);
    const btcFunding = sources.btcFunding.get(day) ?? 0;
    spreadOf.set(day, altFunding - btcFunding);
    rows.set(
      day,
      legacyRow({
        btc1d,
        btc7d,
        alts,
        altFunding,
        btcFunding,
        spreads: [...spreadOf]
          .filter(([each]) => each <= day)
          .sort(([a], [b]) => a - b)
          .map(([, spread]) => spread),
        oiChange3d: change(sources.openInterest, day, 3) ?? 0,
      }),
    );
  }
  return rows;
}

/** Days between the first and the last row that lack one, and those after the last up to `today`. */
export function missingDays(history: LegacyHistory, today: number): number[] {
  const days = [...history.keys()];
  if (days.length === 0) return [];
  const first = Math.min(...days);
  return Array.from({ length: today - first + 1 }, (_, i) => first + i).filter((day) => !history.has(day));
}

function change(values: ByDay, day: number, back: number): number | null {
  const [now, before] = [values.get(day), values.get(day - back)];
  return now === undefined || before === undefined || !(before > 0) ? null : (now / before - 1) * 100;
}
