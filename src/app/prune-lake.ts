/** Removing what is older than lake.retention allows: minutes go only when the bars that are made of them are there. */
import { parseDataset } from '../data/lake/datasets.js';
import { periodSpan } from '../data/lake/part-name.js';
import { type Expiry, expired, type RetentionRule, removeExpired } from '../data/lake/retention.js';
import { rollUpLake } from '../data/lake/roll-up.js';
import type { Config } from '../platform/config-schema.js';
import type { HomeLake } from './home-lake.js';

/** What has expired at `now`. Reads only. Watched instruments never expire. */
export function expiredIn(data: HomeLake, { lake }: Config, now: number): Promise<readonly Expiry[]> {
  const rules = lake.retention.map(
    ({ dataset, timeframe, keep_days }): RetentionRule => ({
      dataset: parseDataset(dataset),
      keepDays: keep_days,
      ...(timeframe === undefined ? {} : { timeframe }),
    }),
  );
  return expired(data.lake, rules, lake.watched, now);
}

/** @returns rows removed */
export async function removeFrom(
  data: HomeLake,
  expiries: readonly Expiry[],
  { now, signal, onProgress }: { now: number; signal: AbortSignal; onProgress?: (done: number) => void },
): Promise<number> {
  const minutes = expiries.filter(({ dataset, timeframe }) => dataset === 'bars' && timeframe === '1m');
  if (minutes.length > 0) {
    await rollUpLake(data.lake, {
      write: data.write,
      instruments: [...new Set(minutes.flatMap(({ subjects }) => subjects))],
      to: Math.max(...minutes.map(({ period }) => periodSpan(period)[1])),
      now,
      signal,
    });
  }
  return removeExpired(data.write, expiries, onProgress);
}
