/** From what a person or an API caller typed to one instrument. */
import type { Lake } from '../data/lake/lake.js';
import { TidewatchError } from '../errors.js';
import { type Instrument, parseInstrument, resolveInstrument } from '../market/instrument.js';

/** `BTC/USDT`, `BTC-USDT`, `SPY`, with or without `venue:` before it. */
const SHORT_FORM = /^([a-z0-9_]+:)?[a-z0-9._]+([/-][a-z0-9._]+)?$/i;
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
 * trades there (HMM spec §2). A well-formed symbol that nothing stored or watched fits has no data; a malformed one is
 * no symbol (§9).
 * @throws TidewatchError `no_data`, `invalid_instrument`, `ambiguous_instrument`
 */
export async function resolveExchangeSymbol(
  exchange: string | undefined,
  symbol: string | undefined,
  watched: readonly string[],
  lake: Lake,
): Promise<Instrument> {
  if (symbol === undefined || FULL_ID.test(symbol)) return resolveSymbol(symbol, watched, lake);
  const typed = exchange === undefined ? symbol : `${exchange}:${symbol}`;
  const dollar = /^(binance[a-z]*:.+)[/-]USD$/i.exec(typed);
  for (const text of dollar ? [typed, `${dollar[1]}/USDT`] : [typed]) {
    try {
      return await resolveSymbol(text, watched, lake);
    } catch (error) {
      const isUnknown = error instanceof TidewatchError && error.code === 'invalid_instrument';
      if (!isUnknown || !SHORT_FORM.test(text)) throw error;
    }
  }
  throw new TidewatchError('no_data', `nothing stored or watched fits "${typed}"`, {
    hint: 'GET /api/data-coverage lists what is stored; a full id such as binance:spot:BTCUSDT can be fetched',
    details: { instrument: typed },
  });
}
