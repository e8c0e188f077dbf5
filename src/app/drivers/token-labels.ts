/** The hourly labels of tokens and buckets (regime spec §7.2, §13.1), from stored bars. */
import { isTaggable } from '../../analysis/drivers/bucket-members.js';
import type { BucketContext } from '../../analysis/drivers/bucket-multiplier.js';
import { bucketContextOf, bucketStrength } from '../../analysis/drivers/bucket-strength.js';
import { BUCKETS } from '../../analysis/drivers/driver.js';
import { bucketOf, mcapTierOf } from '../../analysis/drivers/market-cap-labels.js';
import type { RegimeSeries } from '../../data/drivers/regime-series.js';
import type { Lake } from '../../data/lake/lake.js';
import { parseInstrument } from '../../market/instrument.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import type { BucketSnapshot } from '../../platform/store/bucket-snapshots.js';
import type { Store } from '../../platform/store/store.js';

const DAY = 86_400_000;

/** @returns tokens tagged */
export async function tagTokens(lake: Lake, store: Store, now: number): Promise<number> {
  const rows = await lake.query(
    'bars',
    { venue: 'dex', timeframe: '1m', from: now - DAY, to: now },
    (relation, run) =>
      run(
        `SELECT instrument_id, arg_max(market_cap, ts) AS cap FROM ${relation}
        WHERE ts >= ${now - DAY} AND ts < ${now} AND market_cap IS NOT NULL GROUP BY instrument_id ORDER BY instrument_id`,
      ),
  );
  const caps = rows.flatMap((row) => {
    const market_cap_usd = row.cap as number;
    if (!isTaggable(market_cap_usd)) return [];
    const { id, section, symbol } = parseInstrument(row.instrument_id as string);
    return {
      instrument_id: id,
      token_chain: section,
      token_contract: symbol,
      bucket: bucketOf(market_cap_usd),
      mcap_tier: mcapTierOf(market_cap_usd),
      market_cap_usd,
      circulating_supply: null,
    };
  });
  await store.tokenCaps.replace(caps, now);
  return caps.length;
}

/** @returns snapshots written */
export async function trackBuckets(
  hours: ReadonlyMap<string, RegimeSeries>,
  store: Store,
  now: number,
): Promise<number> {
  const hour = bucketOpen(now, '1h') - TIMEFRAME_MS['1h'];
  const [btc, alt] = [hours.get('BTC')!.bars(), hours.get('ALT')!.bars()];
  const snapshots: BucketSnapshot[] = [];
  for (const bucket of BUCKETS) {
    const series = hours.get(bucket)!;
    const members = series.length === 0 ? 0 : series.at(series.length - 1).count;
    const strength = bucketStrength(series.bars(), btc, alt, members, hour);
    if (strength === null) continue;
    const { ts, phase, score, slope, curvature, delta_res, confidence, population_count } = strength;
    snapshots.push({
      bucket,
      ts: ts + TIMEFRAME_MS['1h'],
      phase,
      score,
      slope,
      curvature,
      delta_res,
      confidence,
      population_count,
    });
  }
  await store.bucketSnapshots.write(snapshots);
  return snapshots.length;
}

/** What the multiplier reads of the newest snapshots; null where there is none. */
export function bucketContextFrom(snapshots: readonly BucketSnapshot[]): BucketContext | null {
  if (snapshots.length === 0) return null;
  const strengths = Object.fromEntries(
    snapshots.map(({ bucket, score, slope, confidence }) => [
      bucket,
      { score: score ?? 0, slope: slope ?? 0, confidence: confidence ?? 0 },
    ]),
  );
  return bucketContextOf(strengths, Math.min(...snapshots.map(({ ts }) => ts)));
}
