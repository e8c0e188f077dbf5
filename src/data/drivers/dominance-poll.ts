/**
 * One sample of the dominance of bitcoin and tether (regime spec §8), stamped with the time at which it was asked: from
 * then on it is known. The provider renews its numbers every ten minutes and says when; a sample that says nothing new is
 * kept and marked. What jumps by half or more within two hours is no dominance but a change of unit or a bad answer, and
 * is refused; a level that lasts is taken over after that time. Samples missed are missed: there is no history to be had.
 */
import { type DominanceDriver, type DominanceSample, isRepeat } from '../../analysis/drivers/dominance.js';
import type { Clock } from '../../market/clock.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import type { RowOf } from '../lake/dataset-rows.js';
import type { Lake } from '../lake/lake.js';
import type { CoinGecko } from '../venues/coingecko.js';

export const DOMINANCE_DRIVERS = ['BTC.d', 'USDT.d'] as const satisfies readonly DominanceDriver[];

export interface DominancePoll {
  /** When it was asked, UTC ms. */
  readonly ts: number;
  /** When the provider says it computed them, UTC ms. */
  readonly providerUpdatedAt: number;
  /** Stored samples, percent by driver. */
  readonly values: Readonly<Partial<Record<DominanceDriver, number>>>;
  /** The provider had nothing new. */
  readonly repeat: boolean;
  /** Drivers without a sample, and why. */
  readonly lacking: Readonly<Partial<Record<DominanceDriver, string>>>;
}

const MEMORY_MS = 2 * 3_600_000;
const MOST_JUMP = 1.5;

/** @throws the failures of the provider, and of the lake */
export async function pollDominance(
  access: LakeAccess,
  coingecko: CoinGecko,
  clock: Clock,
  signal?: AbortSignal,
): Promise<DominancePoll> {
  const { updatedAt, values } = await coingecko.dominance(signal);
  // a clock that is behind must not put a value into the past, where it was not known
  const ts = Math.max(clock.now(), updatedAt);
  const kept: Partial<Record<DominanceDriver, number>> = {};
  const lacking: Partial<Record<DominanceDriver, string>> = {};
  let isNew = false;
  const rows: RowOf<'dominance_samples'>[] = [];
  for (const driver of DOMINANCE_DRIVERS) {
    const value = values[driver];
    if (value === undefined) {
      lacking[driver] = 'the provider gives none';
      continue;
    }
    const before = (await storedSamples(access.lake, driver, ts - MEMORY_MS)).at(-1);
    const jump = before?.value == null ? 1 : value / before.value;
    if (jump > MOST_JUMP || jump < 1 / MOST_JUMP) {
      lacking[driver] = `${value} after ${before!.value} is no change of dominance`;
      continue;
    }
    const repeat = isRepeat({ ts, value, provider_updated_at: updatedAt }, before);
    isNew ||= !repeat;
    kept[driver] = value;
    rows.push({ driver, ts, value, provider_updated_at: updatedAt, repeat });
  }
  if (rows.length > 0) {
    await access.write((writer) => writer.append('dominance_samples', rows, { source: 'coingecko' }));
  }
  return { ts, providerUpdatedAt: updatedAt, values: kept, repeat: !isNew, lacking };
}

/** Samples of a driver from a time on, ascending. */
export async function storedSamples(
  lake: Lake,
  driver: DominanceDriver,
  from = 0,
): Promise<readonly DominanceSample[]> {
  const { ts, columns } = await lake.columns('dominance_samples', {
    subject: driver,
    from,
    columns: ['value', 'provider_updated_at'],
  });
  return Array.from(ts, (time, row) => {
    const updated = columns.provider_updated_at![row]!;
    return {
      ts: time,
      value: columns.value![row]!,
      provider_updated_at: Number.isNaN(updated) ? null : updated,
    };
  });
}
