/**
 * What the 0-to-100 score asks of CoinGecko and CoinGlass (majors-alts spec §12): returns and funding as of now for the
 * live row, series for history. The reference had a fixed list of 191 alts that is not known; ours is fixed at the first
 * call, from the largest coins without majors, stablecoins and wrapped tokens, and kept beside the history, so that the
 * score does not move because the list does. Calls go through the clients of the data part, with their budgets and retries.
 */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { CoinGecko } from '../../data/venues/coingecko.js';
import type { CoinGlass, TimedValue } from '../../data/venues/coinglass.js';
import { TidewatchError } from '../../errors.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import type { ByDay, LegacySources, LiveSources } from './legacy-rows.js';

const DAY_MS = 86_400_000;
const STABLE = /^(usd|.*usd.?$|dai|eur|pyusd|usde|xaut|paxg)/i;
const WRAPPED = /^(w|st|cb|we|r|ez|m)(btc|eth|beth|avax|sol)$|^(steth|wsteth|weeth|wbtc|cbbtc|reth)$/i;

export interface AltCoin {
  readonly id: string;
  readonly symbol: string;
}

/** As many as the reference's own list had. */
export const LISTED_ALTS = 191;

const listSchema = z.strictObject({
  schema_version: z.literal(1),
  /** When the list was made, UTC ms. */
  fixed_at: z.int(),
  coins: z.array(z.strictObject({ id: z.string(), symbol: z.string() })).min(1),
});

/**
 * The list of alts in a file, made there when it is missing.
 * @throws TidewatchError `unreadable_file` for a file that is no such list; from the provider when it is made
 */
export async function fixedAlts(
  path: string,
  gecko: CoinGecko,
  now: number,
  signal: AbortSignal,
): Promise<readonly AltCoin[]> {
  if (!existsSync(path)) {
    const coins = await altCoins(gecko, LISTED_ALTS, signal);
    writeFileAtomic(path, `${JSON.stringify({ schema_version: 1, fixed_at: now, coins }, null, 1)}\n`);
    return coins;
  }
  try {
    return listSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).coins;
  } catch (cause) {
    throw new TidewatchError('unreadable_file', `${path} is not a list of alts`, {
      hint: 'take it away; the next call makes it again from the largest coins of that day',
      details: { path },
      cause,
    });
  }
}

/** The largest coins that count as alts. */
async function altCoins(gecko: CoinGecko, count: number, signal: AbortSignal): Promise<AltCoin[]> {
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
  /** First and last day, days since 1970; `now` is UTC ms. */
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly signal: AbortSignal;
  readonly onCall: (done: number, total: number, what: string) => void;
  /** A coin that a provider does not know is left out. */
  readonly onMissing: (coin: string, why: string) => void;
}

/** What the row of today is made of. @throws TidewatchError from the venues, for BTC; `no_data` without its returns */
export async function liveSources(
  gecko: CoinGecko,
  glass: CoinGlass,
  alts: readonly AltCoin[],
  { now, signal, onCall, onMissing }: Omit<SourceOptions, 'from' | 'to'>,
): Promise<LiveSources> {
  const total = alts.length + 3;
  let done = 0;
  const step = (what: string): void => {
    signal.throwIfAborted();
    onCall(done, total, what);
    done += 1;
  };
  step('returns');
  const changes = await gecko.priceChanges(['bitcoin', ...alts.map(({ id }) => id)], signal);
  const btc = changes.get('bitcoin');
  if (btc === undefined) {
    throw new TidewatchError('no_data', 'CoinGecko gives no returns of Bitcoin now', {
      hint: 'try again later',
    });
  }
  step('BTC funding');
  const btcFunding = (await glass.fundingNow('BTC', signal)) ?? 0;
  step('BTC open interest');
  const range = { interval: '8h', from: now - 6 * DAY_MS, to: now };
  const interest = await glass.openInterest('BTC', range, signal);
  const altFunding: number[] = [];
  for (const { symbol } of alts) {
    step(symbol);
    try {
      const rate = await glass.fundingNow(symbol, signal);
      if (rate !== null) altFunding.push(rate);
    } catch (error) {
      if (!(error instanceof TidewatchError) || signal.aborted) throw error;
      onMissing(symbol, error.message);
    }
  }
  const returns = alts.flatMap(({ id, symbol }) => {
    const change = changes.get(id);
    if (change === undefined) onMissing(symbol, 'CoinGecko gives no returns of it');
    return change ?? [];
  });
  return { btc, alts: returns, btcFunding, altFunding, oiChange3d: changeOver(interest, CANDLES_OF_3_DAYS) };
}

/** Candles of eight hours. */
const CANDLES_OF_3_DAYS = 9;

/** Percent, the last against so many earlier; 0 when there are too few. */
function changeOver(values: readonly TimedValue[], candles: number): number {
  const [now, before] = [values.at(-1)?.value, values.at(-1 - candles)?.value];
  return now === undefined || before === undefined || !(before > 0) ? 0 : (now / before - 1) * 100;
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
