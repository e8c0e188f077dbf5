/** From what a person or an API caller typed to one instrument. */
import type { Lake } from '../data/lake/lake.js';
import { TidewatchError } from '../errors.js';
import { type Instrument, parseInstrument, resolveInstrument } from '../market/instrument.js';

const FULL_ID = /^[a-z0-9_]+:[A-Za-z0-9_-]+:[A-Za-z0-9._-]+$/;

/**
 * A full id, a short form of a watched or stored instrument, or nothing: the first watched one.
 * @throws TidewatchError `invalid_instrument`, `ambiguous_instrument`
 */
export async function resolveSymbol(
  typed: string | undefined,
  watched: readonly string[],
  lake: Lake,
): Promise<Instrument> {
  if (typed === undefined) return parseInstrument(watched[0]!);
  if (FULL_ID.test(typed)) return parseInstrument(typed);
  const stored = (await lake.status('bars')).map(({ subject }) => subject);
  return resolveInstrument(typed, watched, stored);
}

/**
 * The pair of names of the HTTP API. A symbol may be a full id; `BTC/USD` on Binance means `BTC/USDT`, which is what
 * trades there (HMM spec §2).
 */
export async function resolveExchangeSymbol(
  exchange: string | undefined,
  symbol: string | undefined,
  watched: readonly string[],
  lake: Lake,
): Promise<Instrument> {
  if (symbol === undefined || exchange === undefined) return resolveSymbol(symbol, watched, lake);
  if (FULL_ID.test(symbol)) return parseInstrument(symbol);
  try {
    return await resolveSymbol(`${exchange}:${symbol}`, watched, lake);
  } catch (error) {
    const dollar = /^(.+)[/-]USD$/i.exec(symbol);
    const unknown = error instanceof TidewatchError && error.code === 'invalid_instrument';
    if (!unknown || !dollar || !exchange.startsWith('binance')) throw error;
    return resolveSymbol(`${exchange}:${dollar[1]}/USDT`, watched, lake);
  }
}
