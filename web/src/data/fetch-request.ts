/** The form that asks for history: its values, what is wrong with them, and the request they make. Pure. */

/** Exchanges that have history, by the id that the API takes, with a market as they write it. */
export const FETCH_VENUES = [
  { id: 'binance', words: 'Binance spot', example: 'BTC/USDT' },
  { id: 'binanceusdm', words: 'Binance USDT-M perpetuals', example: 'BTC/USDT' },
  { id: 'bybit', words: 'Bybit linear', example: 'BTC/USDT' },
  { id: 'okx', words: 'OKX perpetuals', example: 'BTC/USDT' },
  { id: 'hyperliquid', words: 'Hyperliquid', example: 'HYPE' },
  { id: 'kraken', words: 'Kraken spot', example: 'BTC/USD' },
] as const;

export const FETCH_TIMEFRAMES = ['1m', '5m', '15m', '1h', '4h', '1d'] as const;

/** `new`: from what is stored on; `all`: from the first bar that the exchange has; `range`: between two days. */
export type FetchSpan = 'new' | 'all' | 'range';

export interface FetchForm {
  readonly venue: string;
  readonly market: string;
  readonly timeframe: string;
  readonly span: FetchSpan;
  /** `YYYY-MM-DD`, UTC; the end is not included, and the newest closed bar when empty. */
  readonly from: string;
  readonly to: string;
}

export const FIRST_FETCH: FetchForm = {
  venue: 'binance',
  market: '',
  timeframe: '1m',
  span: 'new',
  from: '',
  to: '',
};

/** Is the instrument of an exchange that can be asked? */
export const canFetch = (instrument: string): boolean =>
  FETCH_VENUES.some(({ id }) => id === instrument.split(':')[0]);

export type FetchErrors = Partial<Record<keyof FetchForm, string>>;

const MARKET = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9._]+)?$/;

export const exampleOf = (venue: string): string =>
  FETCH_VENUES.find(({ id }) => id === venue)?.example ?? 'BTC/USDT';

/** @param today `YYYY-MM-DD`, UTC */
export function checkFetch({ venue, market, span, from, to }: FetchForm, today: string): FetchErrors {
  const errors: FetchErrors = {};
  if (!MARKET.test(market.trim())) errors.market = `A market such as ${exampleOf(venue)}.`;
  if (span !== 'range') return errors;
  if (from === '') errors.from = 'The first day.';
  else if (from >= today) errors.from = 'Before today.';
  if (to !== '' && from !== '' && to <= from) errors.to = 'After the start.';
  return errors;
}

/** @param form without errors */
export function fetchRequest({ venue, market, timeframe, span, from, to }: FetchForm) {
  const isRange = span === 'range';
  return {
    exchange: venue,
    symbol: market.trim(),
    timeframe,
    ...(isRange ? { start_timestamp: from } : {}),
    ...(isRange && to !== '' ? { end_timestamp: to } : {}),
    options: { full_history: span === 'all' },
  };
}
