/**
 * Which assets are alts, and from when (spec majors-alts-monitor §1, "Exclusions").
 *
 * Alts are the priced assets that are neither majors nor excluded (stablecoins, wrapped tokens, blacklist: the reader of
 * the lake says which). The corrected profile lets an asset in at its first price row: what is known of it earlier (cap,
 * volume, funding, open interest) does not count, because the set must not depend on assets that get a price only later.
 */
import type { AssetPanel } from '../../market/asset-panel.js';
import type { NeutralProfile } from './neutral-settings.js';

/** Price rows of every asset inside the loaded range, one after the other: "rows" in the sense of the spec. */
export interface PriceRows {
  /** Rows of asset a are `start[a]` up to `start[a + 1]`. */
  readonly start: Int32Array;
  /** Index into `panel.days`, ascending within an asset. */
  readonly at: Int32Array;
  readonly close: Float64Array;
}

/** The part of a panel that a run has loaded, with its assets sorted into majors and alts. */
export interface PanelView {
  readonly panel: AssetPanel;
  readonly profile: NeutralProfile;
  /** Days [from, to) of the panel are loaded for prices, caps and volumes. */
  readonly from: number;
  readonly to: number;
  readonly startDay: number;
  readonly endDay: number;
  /** Calendar days from the row date of funding and open interest to the day on which they are known. */
  readonly lag: number;
  readonly rows: PriceRows;
  /** Asset indices of the majors that the panel knows, in the configured order; −1 for one that it lacks. */
  readonly majors: readonly number[];
  /** Asset indices of the alts, ascending. */
  readonly alts: Int32Array;
  /** First loaded price day of each asset, as an index into `panel.days`; `to` when there is none. */
  readonly firstPriced: Int32Array;
}

export interface ViewOptions {
  readonly profile: NeutralProfile;
  readonly majors: readonly string[];
  /** Ids that are never alts. */
  readonly excluded: ReadonlySet<string>;
  /** Calendar days from the row date of funding and open interest to the day on which they are known. */
  readonly lag: number;
  /** First and last day that is looked at, days since 1970; the whole panel unless said. */
  readonly startDay?: number | undefined;
  readonly endDay?: number | undefined;
}

/** Number of days before `day` in an ascending list. */
export function daysBefore(days: Int32Array, day: number): number {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (days[middle]! < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A panel cut to its days (UTC day numbers, both inclusive), with its alts, majors and price rows found once.
 */
export function viewPanel(panel: AssetPanel, options: ViewOptions): PanelView {
  const [first, last] = priceRange(panel);
  const startDay = options.startDay ?? first;
  const endDay = options.endDay ?? last;
  const from = daysBefore(panel.days, startDay);
  const to = Math.max(from, daysBefore(panel.days, endDay + 1));
  const rows = priceRows(panel, from, to);
  const firstPriced = Int32Array.from(panel.assets, (_, a) =>
    rows.start[a]! < rows.start[a + 1]! ? rows.at[rows.start[a]!]! : to,
  );
  const majors = options.majors.map((id) => panel.assets.indexOf(id));
  const isMajor = new Set(options.majors);
  const alts = Int32Array.from(
    panel.assets.flatMap((id, a) =>
      firstPriced[a]! < to && !isMajor.has(id) && !options.excluded.has(id) ? [a] : [],
    ),
  );
  return {
    panel,
    profile: options.profile,
    from,
    to,
    startDay,
    endDay,
    lag: options.lag,
    rows,
    majors,
    alts,
    firstPriced,
  };
}

/** First and last day with a price; an empty range without prices. */
function priceRange({ assets, days, close }: AssetPanel): [number, number] {
  const priced = (t: number): boolean => assets.some((_, a) => !Number.isNaN(close[a * days.length + t]));
  let first = 0;
  while (first < days.length && !priced(first)) first += 1;
  if (first === days.length) return [0, -1];
  let last = days.length - 1;
  while (!priced(last)) last -= 1;
  return [days[first]!, days[last]!];
}

function priceRows({ assets, days, close }: AssetPanel, from: number, to: number): PriceRows {
  const start = new Int32Array(assets.length + 1);
  const at = new Int32Array(assets.length * (to - from));
  const packed = new Float64Array(at.length);
  let count = 0;
  for (let a = 0; a < assets.length; a += 1) {
    for (let t = from; t < to; t += 1) {
      const value = close[a * days.length + t]!;
      if (Number.isNaN(value)) continue;
      at[count] = t;
      packed[count] = value;
      count += 1;
    }
    start[a + 1] = count;
  }
  return { start, at: at.slice(0, count), close: packed.slice(0, count) };
}

/** Position of the last price row of asset a at or before day index t, or −1. */
export function lastRowAt({ start, at }: PriceRows, a: number, t: number): number {
  let low = start[a]!;
  let high = start[a + 1]!;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle]! <= t) low = middle + 1;
    else high = middle;
  }
  return low > start[a]! ? low - 1 : -1;
}

/** Close over the close of `lag` rows earlier, less 1, on the days of an asset's price rows; NaN elsewhere. */
export function rowReturns(view: PanelView, a: number, lag: number): Float64Array {
  const { rows, panel } = view;
  const out = new Float64Array(panel.days.length).fill(Number.NaN);
  if (a < 0) return out;
  for (let row = rows.start[a]! + lag; row < rows.start[a + 1]!; row += 1) {
    out[rows.at[row]!] = rows.close[row]! / rows.close[row - lag]! - 1;
  }
  return out;
}

/**
 * First day index from which rows of an alt count (rows of prices, caps and volumes; derivatives by the day on which
 * they are known).
 */
export function entryOf(view: PanelView, a: number): number {
  return view.profile === 'corrected' ? view.firstPriced[a]! : view.from;
}

/** Sum over the alts and number of rows, by day; NaN and 0 on days without a row. */
export function altSum(view: PanelView, matrix: Float64Array): { sum: Float64Array; count: Int32Array } {
  const days = view.panel.days.length;
  const sum = new Float64Array(days);
  const count = new Int32Array(days);
  for (const a of view.alts) {
    for (let t = entryOf(view, a); t < view.to; t += 1) {
      const value = matrix[a * days + t]!;
      if (Number.isNaN(value)) continue;
      sum[t]! += value;
      count[t]! += 1;
    }
  }
  return { sum: sum.map((total, t) => (count[t] === 0 ? Number.NaN : total)), count };
}
