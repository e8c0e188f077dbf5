/**
 * Hours and days of coins and tokens that no venue gave (regime spec §5), each looking back as far as late minutes can
 * come; a process that starts looks at everything that is stored.
 */
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import type { DriverSettings } from '../../platform/driver-settings.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import { RANK } from '../lake/merge-blocks.js';
import type { DriverMemory } from './driver-memory.js';
import { rollUpComponent } from './roll-up-component.js';
import { rollUpTokens } from './roll-up-tokens.js';
import type { StepNotes } from './step-result.js';

export interface RollUpParts {
  readonly access: LakeAccess;
  readonly settings: DriverSettings;
  readonly memory: DriverMemory;
}

type CoarseTimeframe = Exclude<RegimeTimeframe, '1m'>;

const ROLL_BACK_MS: Readonly<Record<CoarseTimeframe, number>> = {
  '1h': 48 * 3_600_000,
  '1d': 7 * 86_400_000,
};
/** What coarse bars are made of, the nearest first. */
const FINER: Readonly<Record<CoarseTimeframe, readonly [RegimeTimeframe, ...RegimeTimeframe[]]>> = {
  '1h': ['1m'],
  '1d': ['1h', '1m'],
};
const TOKENS_PER_MINUTE = 250;
/** Least share of minutes of a token that makes a whole bar, by the minutes that one round of collecting takes. */
const TOKEN_SHARES = [0.5, 0.4, 0.33, 0.25, 0.2] as const;

/** @param now UTC ms; buckets that have closed by then are rolled up */
export async function rollUpCoins(
  { access, settings, memory }: RollUpParts,
  timeframe: CoarseTimeframe,
  now: number,
  notes: StepNotes,
  signal: AbortSignal | undefined,
): Promise<void> {
  const to = bucketOpen(now, timeframe);
  const finer = FINER[timeframe].map((each) => memory.of(each));
  const own = memory.of(timeframe);
  const from = own.isFirst ? 0 : to - ROLL_BACK_MS[timeframe];
  for (const { sources } of finer) await sources.refresh();
  await own.sources.refresh();
  for (const instrument of new Set(Object.values(settings.sources).flat())) {
    await notes.part(instrument, signal, async () => {
      signal?.throwIfAborted();
      const { ts, columns } = await own.sources.rows(instrument, from, to);
      const native = columns[RANK]!.reduce((count, rank) => count + Number(rank % 10 !== 0), 0);
      const expected = (to - from) / TIMEFRAME_MS[timeframe];
      // every bar came from the venue itself: nothing to make
      if (native === ts.length && ts.length >= expected) return;
      // most of the sources are spare ones of which nothing is stored
      const isSpare = await Promise.all(finer.map(({ sources }) => sources.isEmpty(instrument, from)));
      if (!isSpare.includes(false)) return;
      notes.count('bars', await rollUpComponent(access, { instrument, timeframe, from, to }));
    });
  }
}

/** As `rollUpCoins`, of all tokens at once. */
export function rollUpAllTokens(
  { access, memory }: RollUpParts,
  timeframe: CoarseTimeframe,
  now: number,
  notes: StepNotes,
  signal: AbortSignal | undefined,
): Promise<void> {
  return notes.part('tokens', signal, async () => {
    const { tokens: finer } = memory.of(FINER[timeframe][0]);
    const { tokens: own } = memory.of(timeframe);
    const rounds = Math.max(1, Math.ceil(finer.tokens / TOKENS_PER_MINUTE));
    const threshold = TOKEN_SHARES[Math.min(rounds, TOKEN_SHARES.length) - 1]!;
    const request = { timeframe, to: bucketOpen(now, timeframe), threshold };
    notes.count('token_bars', await rollUpTokens(access, finer, own, request));
  });
}
