/** How OKX writes a bar, in pages and in the stream: volumes in contracts, with base units and quote beside them. */
import type { Bar } from '../bar.js';
import { decimalText } from '../decimals.js';
import type { SimulatedMarket } from '../simulated-market.js';

/** Base units in a contract. */
export const contractSize = ({ base }: SimulatedMarket): number =>
  base === 'BTC' ? 0.01 : base === 'ETH' ? 0.1 : 1;

/** The bar as OKX writes it, in pages and in the stream. */
export function okxRow(market: SimulatedMarket, bar: Bar): string {
  const price = (value: number): string => decimalText(value, market.priceDecimals);
  const { time, open, high, low, close, volume, final } = bar;
  const contracts = Number((volume / contractSize(market)).toFixed(8));
  const quote = (volume * (open + high + low + close)) / 4;
  return `["${time}","${price(open)}","${price(high)}","${price(low)}","${price(close)}","${decimalText(
    contracts,
    2,
  )}","${decimalText(volume, market.sizeDecimals)}","${quote.toFixed(4)}","${final ? 1 : 0}"]`;
}
