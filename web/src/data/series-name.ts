import { instrumentName } from '../shell/instrument-name.js';

/** Second part of an instrument id: `spot`, `perp`, `equity`. */
export const kindOf = (instrument: string): string => instrument.split(':')[1] ?? '';

/** `BTC/USDT spot` of `binance:spot:BTCUSDT`. */
export function seriesName(instrument: string): string {
  return `${instrumentName(instrument)} ${kindOf(instrument)}`;
}
