/** Which markets a fetch means: full ids, short forms, or what is watched. */
import type { Lake } from '../../data/lake/lake.js';
import { EXCHANGES, type ExchangeId } from '../../data/venues/open-venues.js';
import { TidewatchError } from '../../errors.js';
import { type Instrument, parseInstrument } from '../../market/instrument.js';
import { resolveSymbol } from '../resolve-symbol.js';

/** Section of the id that a short form means at each exchange. */
const SECTIONS: Record<ExchangeId, string> = {
  binanceusdm: '-',
  binance: 'spot',
  bybit: 'linear',
  okx: 'perp',
  hyperliquid: 'main',
  kraken: 'spot',
};

const PAIR = /^[A-Za-z0-9._-]+([/][A-Za-z0-9._]+)?$/;

/**
 * @param typed symbols separated by commas; nothing: the watched ones of the venue
 * @throws TidewatchError `invalid_instrument`, `ambiguous_instrument`, `bad_parameter`
 */
export async function fetchSymbols(
  typed: string | undefined,
  venue: string | undefined,
  watched: readonly string[],
  lake: Lake,
): Promise<readonly Instrument[]> {
  if (venue !== undefined && !isExchange(venue)) {
    throw new TidewatchError('bad_parameter', `unknown venue "${venue}"`, {
      hint: `use one of ${EXCHANGES.join(', ')}`,
      details: { parameter: '--venue', value: venue, choices: EXCHANGES },
    });
  }
  if (typed === undefined) {
    const all = watched.map(parseInstrument);
    const fitting = all.filter((each) =>
      venue === undefined ? isExchange(each.venue) : each.venue === venue,
    );
    if (fitting.length > 0) return fitting;
    throw new TidewatchError('bad_parameter', `no watched instrument is of ${venue ?? 'an exchange'}`, {
      hint: 'say which with --symbol, for example --symbol BTC/USDT',
      details: { parameter: '--symbol' },
    });
  }
  const found: Instrument[] = [];
  for (const name of typed.split(',').map((part) => part.trim())) {
    const instrument: Instrument =
      venue !== undefined && !name.includes(':') && PAIR.test(name)
        ? parseInstrument(`${venue}:${SECTIONS[venue]}:${symbolAt(venue, name)}`)
        : await resolveSymbol(name, watched, lake);
    if (venue !== undefined && instrument.venue !== venue) {
      throw new TidewatchError('bad_parameter', `${instrument.id} is not of ${venue}`, {
        hint: `leave --venue out, or give a symbol of ${venue}`,
        details: { parameter: '--symbol', value: name },
      });
    }
    if (!found.some(({ id }) => id === instrument.id)) found.push(instrument);
  }
  return found;
}

function symbolAt(venue: ExchangeId, name: string): string {
  const upper = name.includes('/') ? name.toUpperCase() : name;
  // one quote currency only, which its names leave out
  return venue === 'hyperliquid' ? upper.split('/')[0]! : upper.replace('/', '');
}

function isExchange(venue: string): venue is ExchangeId {
  return (EXCHANGES as readonly string[]).includes(venue);
}
