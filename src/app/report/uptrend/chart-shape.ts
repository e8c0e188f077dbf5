/** What the uptrend chart's script is given; types only, so that the page and the server share them. */

export type SignalKind = 'buy' | 'dip' | 'trim' | 'emergency' | 'reclaim' | 'exit';

export interface LevelLine {
  price: number;
  label: string;
}

export interface UptrendChartData {
  symbol: string;
  barLength: number;
  rows: number;
  decimals: number;
  /** Bars of the range that the picture leaves out. */
  omitted: number;
  /** Differences from row to row: seconds, prices, states, thousandths (−1 = no score). */
  columns: Record<string, string>;
  /** Row, kind, bars of the run, state. */
  markers: [row: number, kind: SignalKind, count: number, state: number][];
  levels: LevelLine[];
  thresholds: { ox: number; dx: number; ts: number };
}
