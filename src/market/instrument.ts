/**
 * Instrument identity: `{venue}:{chain_or_dex}:{symbol_or_contract}` (pipelines spec §1.2), for example
 * `binance:spot:BTCUSDT`, `binanceusdm:-:BTCUSDT`, `file:equity:SPY`, `polymarket:polygon:<token id>`.
 */
import { TidewatchError } from '../errors.js';

/** What kind of market it is; decides its calendar. */
export type InstrumentKind = 'spot' | 'perp' | 'prediction' | 'equity' | 'fx';

/** One tradable thing, by its canonical id and the parts of it. */
export interface Instrument {
  /** Canonical id. */
  readonly id: string;
  /** First part of the id: a ccxt venue id, `dex`, `polymarket`, `file` or `regime`. */
  readonly venue: string;
  /** Second part: chain, exchange section, asset class of an import, or `-`. */
  readonly section: string;
  /** Third part, as stored. */
  readonly symbol: string;
  readonly kind: InstrumentKind;
  /** Base asset, or the whole symbol where the symbol does not tell. */
  readonly base: string;
  /** Quote currency; undefined where the symbol does not tell. */
  readonly quote: string | undefined;
}

const QUOTES = [
  'USDT',
  'USDC',
  'FDUSD',
  'TUSD',
  'BUSD',
  'USD',
  'EUR',
  'GBP',
  'BTC',
  'ETH',
  'JPY',
  'NZD',
  'CHF',
];
const ID_PATTERN = /^([a-z0-9_]+):([A-Za-z0-9_-]+):([A-Za-z0-9._-]+)$/;
const EVM_ADDRESS = /^0x[0-9a-fA-F]{40}$/;

/** @throws TidewatchError `invalid_instrument` when the text is not a full id. */
export function parseInstrument(id: string): Instrument {
  const match = ID_PATTERN.exec(id);
  if (!match) {
    throw new TidewatchError('invalid_instrument', `"${id}" is not an instrument id`, {
      hint: 'write venue:section:symbol, for example binance:spot:BTCUSDT',
      details: { instrument: id },
    });
  }
  const [, venue = '', section = '', rawSymbol = ''] = match;
  const symbol = EVM_ADDRESS.test(rawSymbol) ? rawSymbol.toLowerCase() : rawSymbol;
  const [base, quote] = splitSymbol(symbol, kindOf(venue, section));
  return {
    id: `${venue}:${section}:${symbol}`,
    venue,
    section,
    symbol,
    kind: kindOf(venue, section),
    base,
    quote,
  };
}

function kindOf(venue: string, section: string): InstrumentKind {
  if (venue === 'polymarket') return 'prediction';
  if (section === 'equity') return 'equity';
  if (section === 'fx') return 'fx';
  if (
    venue === 'binanceusdm' ||
    venue === 'binancecoinm' ||
    venue === 'hyperliquid' ||
    section === 'perp' ||
    section === 'linear'
  )
    return 'perp';
  return 'spot';
}

function splitSymbol(symbol: string, kind: InstrumentKind): [string, string | undefined] {
  if (kind === 'equity') return [symbol, 'USD'];
  if (kind === 'prediction') return [symbol, 'USDC'];
  const quote = QUOTES.find((candidate) => symbol.length > candidate.length && symbol.endsWith(candidate));
  return quote ? [symbol.slice(0, -quote.length), quote] : [symbol, undefined];
}

/**
 * Resolves what a person typed against the ids that exist, watched ones first.
 * Accepts a full id, `venue:BASE/QUOTE` (`-` for `/`), `BASE/QUOTE` or a bare symbol such as `SPY`.
 * A full id that is not known is returned as it is (a fetch may create it).
 * @throws TidewatchError `invalid_instrument` when nothing fits, `ambiguous_instrument` when several fit at one rank
 */
export function resolveInstrument(
  text: string,
  watched: readonly string[],
  stored: readonly string[],
): Instrument {
  if (ID_PATTERN.test(text)) return parseInstrument(text);
  for (const rank of [watched, stored]) {
    const matches = [...new Set(rank)]
      .map(parseInstrument)
      .filter((instrument) => fitsShortForm(instrument, text));
    if (matches.length === 1) return matches[0]!;
    if (matches.length > 1) {
      const ids = matches.map((instrument) => instrument.id);
      throw new TidewatchError(
        'ambiguous_instrument',
        `"${text}" fits ${ids.length} instruments: ${ids.join(', ')}`,
        {
          hint: 'give the full id',
          details: { instrument: text, matches: ids },
        },
      );
    }
  }
  throw new TidewatchError('invalid_instrument', `nothing known fits "${text}"`, {
    hint: 'see what is stored with: tidewatch lake status',
    details: { instrument: text },
  });
}

function fitsShortForm(instrument: Instrument, text: string): boolean {
  const colon = text.indexOf(':');
  const venue = colon < 0 ? undefined : text.slice(0, colon);
  const symbol = text.slice(colon + 1).toUpperCase();
  if (venue !== undefined && venue !== instrument.venue) return false;
  const pair = instrument.quote === undefined ? undefined : [instrument.base, instrument.quote];
  const forms = [instrument.symbol, ...(pair ? [pair.join('/'), pair.join('-')] : [])];
  return forms.some((form) => form.toUpperCase() === symbol);
}

/** How people read it: `BTC/USDT`, `SPY`. */
export function displaySymbol(instrument: Instrument): string {
  const isPair = instrument.quote !== undefined && ['spot', 'perp', 'fx'].includes(instrument.kind);
  return isPair ? `${instrument.base}/${instrument.quote}` : instrument.symbol;
}
