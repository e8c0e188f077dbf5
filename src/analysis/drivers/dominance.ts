/**
 * Shares of bitcoin and of tether in all capitalisation, from the provider's answer to minutes (regime spec §8). The
 * provider renews its numbers every ten minutes, so most samples repeat: they are kept, marked, and carried on while the
 * provider's own time is at most 30 minutes old; then the series stops instead of pretending.
 */
import { barClose, bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import type { PriceBar } from './valid-bar.js';

export type DominanceDriver = 'BTC.d' | 'USDT.d';

/** `data` of the provider's global endpoint, as far as it is read. */
export interface GlobalMarket {
  readonly market_cap_percentage?: { readonly btc?: number | null; readonly usdt?: number | null } | null;
  readonly total_market_cap?: { readonly usd?: number | null } | null;
}

const isShare = (value: number | null | undefined): value is number =>
  value != null && value > 0 && value < 100;

/** Percent per driver; null where there is no sample. One driver's absence does not touch the other. */
export function dominanceOf(
  global: GlobalMarket,
  tetherMarketCapUsd?: number | null,
): Readonly<Record<DominanceDriver, number | null>> {
  const btc = global.market_cap_percentage?.btc;
  const given = global.market_cap_percentage?.usdt;
  const total = global.total_market_cap?.usd;
  const isGiven = given != null && given !== 0;
  const usdt = isGiven ? given : (100 * (tetherMarketCapUsd ?? Number.NaN)) / (total ?? Number.NaN);
  return { 'BTC.d': isShare(btc) ? btc : null, 'USDT.d': isShare(usdt) ? usdt : null };
}

export interface DominanceSample {
  /** When it was asked, UTC ms. */
  readonly ts: number;
  /** Percent; one outside (0, 100) is no sample. */
  readonly value: number | null;
  /** When the provider computed it, UTC ms; null: unknown, then `ts` stands for it. */
  readonly provider_updated_at?: number | null;
}

/** Whether a sample says nothing that the one before did not: same provider time, or same value where none is given. */
export function isRepeat(sample: DominanceSample, before: DominanceSample | undefined): boolean {
  if (before === undefined) return false;
  if (sample.provider_updated_at != null && before.provider_updated_at != null) {
    return sample.provider_updated_at === before.provider_updated_at;
  }
  return sample.value === before.value;
}

export interface DominanceBar extends PriceBar {
  /** Valid samples of the minute; 0: the last value carried on. */
  readonly samples: number;
}

/** Minutes with a valid sample, in order; samples may come in any. */
export function samplesToMinutes(samples: readonly DominanceSample[]): DominanceBar[] {
  const bars: DominanceBar[] = [];
  for (const { ts, value } of sound(samples)) {
    const open = bucketOpen(ts, '1m');
    const last = bars.at(-1);
    if (last?.ts !== open) {
      bars.push({ ts: open, open: value, high: value, low: value, close: value, volume: 0, samples: 1 });
    } else {
      bars[bars.length - 1] = {
        ...last,
        high: Math.max(last.high, value),
        low: Math.min(last.low, value),
        close: value,
        samples: last.samples + 1,
      };
    }
  }
  return bars;
}

/** Age of the provider's own time after which its value is not carried on. */
export const STATIC_PROVIDER_MS = 30 * 60_000;

/**
 * Minutes of the half-open range [from, to), with the last value where a minute has no sample: as long as the
 * provider's time is at most 30 minutes before the minute's close. Samples before `from` are what is carried into it.
 * @param from UTC ms, a whole minute @param to UTC ms: only minutes that have closed by then
 */
export function dominanceMinutes(
  samples: readonly DominanceSample[],
  from: number,
  to: number,
): DominanceBar[] {
  const all = sound(samples);
  const minutes = new Map(samplesToMinutes(all).map((bar) => [bar.ts, bar]));
  const bars: DominanceBar[] = [];
  let next = 0;
  let last: SoundSample | undefined;
  for (let ts = bucketOpen(from, '1m'); barClose(ts, '1m') <= to; ts += TIMEFRAME_MS['1m']) {
    const close = barClose(ts, '1m');
    while (next < all.length && all[next]!.ts < close) {
      last = all[next]!;
      next += 1;
    }
    const sampled = minutes.get(ts);
    if (sampled !== undefined) bars.push(sampled);
    else if (last !== undefined && close - (last.provider_updated_at ?? last.ts) <= STATIC_PROVIDER_MS) {
      const { value } = last;
      bars.push({ ts, open: value, high: value, low: value, close: value, volume: 0, samples: 0 });
    }
  }
  return bars;
}

type SoundSample = DominanceSample & { readonly value: number };

function sound(samples: readonly DominanceSample[]): SoundSample[] {
  return samples.filter((sample): sample is SoundSample => isShare(sample.value)).sort((a, b) => a.ts - b.ts);
}
