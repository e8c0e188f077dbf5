/**
 * A whole market made of a seed, for what no sample data hold: every coin of the drivers on one grid of minutes, low-cap
 * tokens in all four bands of capitalisation, and dominance between the days. Nothing here ever happened: tokens are
 * called SYNTH…, samples carry the source `synthetic`.
 */
import { Random } from '../../../market/random.js';
import { makeSeries } from '../../../market/series.js';
import { coinOf } from './coins.js';
import { dominanceAt } from './protocols/coingecko.js';
import { type SimulatedBars, SimulatedMarket } from './simulated-market.js';

const MINUTE = 60_000;
const PROVIDER_MS = 600_000;
const POLL_MS = 300_000;

export interface SyntheticMarketOptions {
  /** Open of the first minute, UTC ms. */
  readonly start: number;
  readonly minutes: number;
  readonly seed?: number;
  /** Tokens in each of the four bands; 3 when left out. */
  readonly tokensPerBucket?: number;
}

const COINS = { BTC: 60_000, ETH: 3_000, SOL: 150, BNB: 600, HYPE: 25 } as const;
/** First price of a token in USD, in the middle of its band: supply is a thousand million. */
const TOKEN_PRICES = { NANO: 0.004, SMALL: 0.022, MID: 0.1, BIG: 0.6 } as const;

/** Perpetuals of all coins and tokens, and spot of those that Binance lists; both kinds of a coin are one walk. */
export function syntheticMarket(options: SyntheticMarketOptions): readonly SimulatedBars[] {
  const { tokensPerBucket = 3, seed = 1 } = options;
  const bars: SimulatedBars[] = [];
  let index = 0;
  for (const [base, price] of Object.entries(COINS)) {
    const perp = walk(base, price, { ...options, seed: seed * 1000 + index });
    bars.push(perp);
    if (base !== 'HYPE') {
      const series = makeSeries(`binance:spot:${base}USDT`, '1m', perp.series);
      bars.push({ base, kind: 'spot', series });
    }
    index += 1;
  }
  for (const [band, price] of Object.entries(TOKEN_PRICES)) {
    for (let token = 1; token <= tokensPerBucket; token += 1) {
      bars.push(walk(`SYNTH${band}${token}`, price, { ...options, seed: seed * 1000 + 100 + index }));
      index += 1;
    }
  }
  return bars;
}

/** Instrument ids of the tokens among simulated bars, as the on-chain providers name them. */
export function syntheticTokens(bars: readonly SimulatedBars[]): readonly string[] {
  return bars
    .filter(({ base }) => base.startsWith('SYNTH'))
    .map(({ base }) => `dex:solana:${`Token${base}`.padEnd(44, '1')}`);
}

/** Steps of a price that ends about where it began: a slow wave over a day and a week, and noise of a basis point. */
function walk(
  base: string,
  price: number,
  { start, minutes, seed = 1 }: SyntheticMarketOptions,
): SimulatedBars {
  const random = new Random(seed);
  const decimals = Math.max(2, 7 - Math.floor(Math.log10(price)) - 1);
  const phase = random.below(10_000);
  const column = (): Float64Array => new Float64Array(minutes);
  const columns = {
    time: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
  const unit = 10 ** decimals;
  const tick = (value: number): number => Math.round(value * unit) / unit;
  let noise = 0;
  let before = tick(price);
  for (let row = 0; row < minutes; row += 1) {
    noise = 0.999 * noise + (random.below(2001) - 1000) / 1_500_000;
    const day = Math.sin((2 * Math.PI * (row + phase)) / 1440);
    const week = Math.sin((2 * Math.PI * (row + 3 * phase)) / 10_080);
    const close = tick(price * Math.exp(0.01 * day + 0.06 * week + noise));
    const spread = (1 + random.below(100)) / 200_000;
    columns.time[row] = start + row * MINUTE;
    columns.open[row] = before;
    columns.high[row] = tick(Math.max(before, close) * (1 + spread));
    columns.low[row] = tick(Math.min(before, close) * (1 - spread));
    columns.close[row] = close;
    columns.volume[row] = (100 + random.below(9000)) / 1000;
    before = close;
  }
  return { base, kind: 'perp', series: makeSeries(`binanceusdm:-:${base}USDT`, '1m', columns) };
}

/** A sample of dominance in percent; `ts` is when it was asked, UTC ms. */
export interface SyntheticSample {
  readonly driver: 'BTC.d' | 'USDT.d';
  readonly ts: number;
  readonly value: number;
  readonly provider_updated_at: number | null;
  readonly repeat: boolean;
}

/** Polled days at the end; before them one value an hour, as of an import. */
const POLLED_MS = 2 * 86_400_000;
const HOUR = 3_600_000;

/**
 * Samples as hourly values of an import, then as a poll every five minutes of a provider that renews every ten.
 * @param bars the market whose simulated CoinGecko is polled later, so that its numbers go on from the samples; waves of
 *   their own when left out
 */
export function syntheticDominance(
  { start, minutes, seed = 1 }: SyntheticMarketOptions,
  bars?: readonly SimulatedBars[],
): readonly SyntheticSample[] {
  const coins = bars
    ?.filter(({ kind }) => kind === 'perp')
    .map((each) => coinOf(new SimulatedMarket(each, seed)));
  const samples: SyntheticSample[] = [];
  const levels = [
    ['BTC.d', 57],
    ['USDT.d', 5],
  ] as const;
  const end = start + minutes * MINUTE;
  for (const [index, [driver, level]] of levels.entries()) {
    const phase = 1000 * index + 37 * seed;
    const valueAt = (time: number): number => {
      if (coins !== undefined) return dominanceAt(coins, time)[driver];
      const at = time / MINUTE + phase;
      const wave = 0.01 * Math.sin((2 * Math.PI * at) / 1440) + 0.03 * Math.sin((2 * Math.PI * at) / 10_080);
      return Number((level * Math.exp(wave)).toFixed(6));
    };
    const polledFrom = Math.max(start, Math.floor((end - POLLED_MS) / HOUR) * HOUR);
    for (let ts = start; ts < polledFrom; ts += HOUR) {
      samples.push({ driver, ts, value: valueAt(ts), provider_updated_at: null, repeat: false });
    }
    let before = Number.NaN;
    for (let ts = polledFrom; ts < end; ts += POLL_MS) {
      const provider_updated_at = Math.floor(ts / PROVIDER_MS) * PROVIDER_MS;
      const value = valueAt(provider_updated_at);
      samples.push({ driver, ts, value, provider_updated_at, repeat: provider_updated_at === before });
      before = provider_updated_at;
    }
  }
  return samples;
}
