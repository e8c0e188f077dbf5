/** When a fetched or composed bar counts (regime spec §3): finite positive prices in order, volume not negative. */

/** One bar; prices in USD, index points or percent, volume in USD. */
export interface PriceBar {
  /** Open time, UTC ms. */
  readonly ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** NaN counts as 0: nothing is known. */
  readonly volume: number;
}

/** Prices positive, finite and enclosed by high and low; volume not negative or infinite, NaN allowed. */
export function isValidBar(open: number, high: number, low: number, close: number, volume: number): boolean {
  return (
    low > 0 &&
    low <= open &&
    low <= close &&
    open <= high &&
    close <= high &&
    high < Number.POSITIVE_INFINITY &&
    !(volume < 0) &&
    volume !== Number.POSITIVE_INFINITY
  );
}
