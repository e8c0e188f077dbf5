/**
 * Whether dominance brings anything new (regime spec §8, §16.4): a provider that is not heard of, one that renews nothing,
 * and one that says it does while a share stays the same are three reasons for the same alert, told apart because each
 * asks for something else.
 */
import { type DominanceSample, STATIC_PROVIDER_MS } from '../../analysis/drivers/dominance.js';
import { spanOf } from './driver-cells.js';

export interface DominanceNews {
  /** UTC ms; null without a sample. */
  readonly providerUpdatedAt: number | null;
  readonly sampledAt: number | null;
  /** Since a share last changed, of the one that stood still for longer. */
  readonly unchangedMs: number | null;
  /** Nothing new for more than half an hour, and why. */
  readonly still: { readonly ms: number; readonly message: string } | null;
}

/**
 * @param samples of the last day by driver, ascending
 * @param now UTC ms
 */
export function dominanceNews(
  samples: ReadonlyMap<string, readonly DominanceSample[]>,
  now: number,
): DominanceNews {
  const all = [...samples.values()].flat();
  const newest = (times: readonly number[]): number | null =>
    times.length === 0 ? null : times.reduce((most, time) => Math.max(most, time));
  const sampledAt = newest(all.map(({ ts }) => ts));
  const providerUpdatedAt = newest(all.flatMap(({ provider_updated_at: at }) => at ?? []));
  const still = [...samples].flatMap(([driver, own]) => {
    const last = own.at(-1);
    if (last?.value == null) return [];
    const { value } = last;
    const before = own.findLastIndex((sample) => sample.value !== value);
    return [{ driver, value, ms: now - own[before + 1]!.ts }];
  });
  const longest = still.reduce<(typeof still)[number] | null>(
    (most, each) => (most === null || each.ms > most.ms ? each : most),
    null,
  );
  return {
    providerUpdatedAt,
    sampledAt,
    unchangedMs: longest?.ms ?? null,
    still: stillOf(now, sampledAt, providerUpdatedAt, longest),
  };
}

function stillOf(
  now: number,
  sampledAt: number | null,
  providerUpdatedAt: number | null,
  longest: { readonly driver: string; readonly value: number; readonly ms: number } | null,
): DominanceNews['still'] {
  if (sampledAt === null || longest === null) return null;
  const unheard = now - sampledAt;
  if (unheard > STATIC_PROVIDER_MS) {
    const message = `no sample of dominance has come for ${spanOf(unheard)}: its provider was not asked, or has not answered`;
    return { ms: unheard, message };
  }
  const renewed = providerUpdatedAt === null ? 0 : now - providerUpdatedAt;
  if (renewed > STATIC_PROVIDER_MS) {
    return {
      ms: renewed,
      message: `the provider of dominance last renewed its numbers ${spanOf(renewed)} ago`,
    };
  }
  if (longest.ms <= STATIC_PROVIDER_MS) return null;
  const { driver, value, ms } = longest;
  const message = `the provider of dominance says that its numbers are new, and ${driver} has been ${value} for ${spanOf(ms)}`;
  return { ms, message };
}
