/**
 * What the 0-to-100 score asks of CoinGecko and CoinGlass (majors-alts spec §12). The list of alts is made from the
 * largest coins at the time of asking, without majors, stablecoins and wrapped tokens: the fixed list of the reference is
 * not known. Calls go through the clients of the data part, with their budgets and retries.
 */
import type { CoinGecko } from '../../data/venues/coingecko.js';
import type { CoinGlass, TimedValue } from '../../data/venues/coinglass.js';
import { TidewatchError } from '../../errors.js';
import type { ByDay, LegacySources } from './legacy-rows.js';

const DAY_MS = 86_400_000;
const STABLE = /^(usd|.*usd.?$|dai|eur|pyusd|usde|xaut|paxg)/i;
const WRAPPED = /^(w|st|cb|we|r|ez|m)(btc|eth|beth|avax|sol)$|^(steth|wsteth|weeth|wbtc|cbbtc|reth)$/i;

export interface AltCoin {
  readonly id: string;
  readonly symbol: string;
}

/** The largest coins that count as alts. */
export async function altCoins(gecko: CoinGecko, count: number, signal: AbortSignal): Promise<AltCoin[]> {
  const caps = await gecko.marketCaps(250, signal);
  const symbols = new Set<string>(['btc', 'eth']);
  const alts: AltCoin[] = [];
  for (const { id, symbol } of caps) {
    const name = symbol.toLowerCase();
    if (symbols.has(name) || STABLE.test(name) || WRAPPED.test(name)) continue;
    symbols.add(name);
    alts.push({ id, symbol: symbol.toUpperCase() });
  }
  return alts.slice(0, count);
}

export interface SourceOptions {
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly signal: AbortSignal;
  readonly onCall: (done: number, total: number, what: string) => void;
  /** A coin that a provider does not know is left out. */
  readonly onMissing: (coin: string, why: string) => void;
}

/** @param alts at most sixty in the historical mode @throws TidewatchError from the venues, for BTC */
export async function legacySources(
  gecko: CoinGecko,
  glass: CoinGlass,
  alts: readonly AltCoin[],
  { from, to, now, signal, onCall, onMissing }: SourceOptions,
): Promise<LegacySources> {
  const total = 2 * alts.length + 3;
  let done = 0;
  const today = Math.floor(now / DAY_MS);
  const range = { interval: '8h', from: (from - 4) * DAY_MS, to: (to + 1) * DAY_MS };
  const step = (what: string): void => {
    signal.throwIfAborted();
    onCall(done, total, what);
    done += 1;
  };
  const tolerant = async (coin: string, work: () => Promise<ByDay>): Promise<ByDay> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TidewatchError) || signal.aborted) throw error;
      onMissing(coin, error.message);
      return new Map();
    }
  };
  const prices = async (id: string): Promise<ByDay> => {
    const daily = await gecko.dailyCaps(id, from, Math.min(to, today), signal);
    return new Map(daily.flatMap(({ day, price }) => (price === null ? [] : [[day, price] as const])));
  };
  const funding = async (symbol: string): Promise<ByDay> =>
    meanByDay(await glass.weightedFunding(symbol, range, signal));
  step('BTC prices');
  const btc = await prices('bitcoin');
  step('BTC funding');
  const btcFunding = await funding('BTC');
  step('BTC open interest');
  const openInterest = lastByDay(await glass.openInterest('BTC', range, signal));
  const altPrices: ByDay[] = [];
  const altFunding: ByDay[] = [];
  for (const { id, symbol } of alts) {
    step(symbol);
    altPrices.push(await tolerant(symbol, () => prices(id)));
    step(symbol);
    altFunding.push(await tolerant(symbol, () => funding(symbol)));
  }
  return { btc, alts: altPrices, btcFunding, altFunding, openInterest };
}

function meanByDay(values: readonly TimedValue[]): ByDay {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const { ts, value } of values) {
    const day = Math.floor(ts / DAY_MS);
    const held = sums.get(day) ?? { sum: 0, count: 0 };
    sums.set(day, { sum: held.sum + value, count: held.count + 1 });
  }
  return new Map([...sums].map(([day, { sum, count }]) => [day, sum / count]));
}

function lastByDay(values: readonly TimedValue[]): ByDay {
  return new Map(values.map(({ ts, value }) => [Math.floor(ts / DAY_MS), value]));
}
