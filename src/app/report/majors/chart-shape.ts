/** What the script of the majors-vs-alts report is given; types only, so that page and server share them. */

export interface MajorsChartData {
  /** UTC seconds of each row of the timeline, 00:00 of the day. */
  time: number[];
  score: (number | null)[];
  /** Index into `regimes`. */
  regime: number[];
  regimes: { label: string; side: -1 | 0 | 1; strong: boolean }[];
  /** Low, high, strong low, strong high; the strong ones only with five regimes. */
  thresholds: number[];
  /** weight × z, by row of the timeline. */
  contributions: { label: string; values: (number | null)[] }[];
  /** First row of the timeline that was traded, and the traded rows' columns. */
  firstTraded: number;
  equity: number[];
  drawdown: number[];
  net: number[];
  pnl: number[];
  cost: number[];
  funding: number[];
  gross: number[];
  netExposure: (number | null)[];
  errorBtc: (number | null)[];
  errorEth: (number | null)[];
  exit: string[];
  /** Assets by name; books that were held, as pairs of asset and weight; index of each traded row's book, −1 flat. */
  assets: string[];
  books: number[][];
  book: number[];
}
