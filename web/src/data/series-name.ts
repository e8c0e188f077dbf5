import { parseInstrument } from '../../../src/market/instrument.js';
import { instrumentName } from '../shell/instrument-name.js';

/** `spot`, `perp`, `equity` …; empty when the id cannot be read. */
export function kindOf(instrument: string): string {
  try {
    return parseInstrument(instrument).kind;
  } catch {
    return '';
  }
}

/** `BTC/USDT spot` of `binance:spot:BTCUSDT`. */
export function seriesName(instrument: string): string {
  return `${instrumentName(instrument)} ${kindOf(instrument)}`;
}
