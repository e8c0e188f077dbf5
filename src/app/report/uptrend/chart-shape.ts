/** What the uptrend chart's script is given; types only, so that the page and the server share them. */

export interface LevelLine {
  price: number;
  /** `S/R:258 fib 23.6` */
  label: string;
}

export interface UptrendChartData {
  rows: number;
  /** Prices are integers × 10^−decimals, averages × 10^(1−decimals). */
  decimals: number;
  /** Lengths of the buckets that the chart may draw, ms, finest first: the bar's own. */
  buckets: number[];
  /** Integers as text (column-encoding.ts), by name. */
  columns: Record<string, string>;
  levels: LevelLine[];
  thresholds: { ox: number; dx: number; ts: number };
}
