/** How an instrument is written for people, from its id alone: `BTC/USDT` of `binance:spot:BTCUSDT`. */
import { displaySymbol, parseInstrument } from '../../../src/market/instrument.js';

/** Outcome tokens have names of 77 digits. */
const LONGEST = 24;

export function shortName(name: string): string {
  return name.length > LONGEST ? `${name.slice(0, 6)}…${name.slice(-4)}` : name;
}

/** The id itself when it cannot be read. */
export function instrumentName(id: string): string {
  try {
    return shortName(displaySymbol(parseInstrument(id)));
  } catch {
    return id;
  }
}
