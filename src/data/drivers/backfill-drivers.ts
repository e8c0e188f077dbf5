/**
 * History of everything that drivers are made of (regime spec §16.2): where fewer than 350 closed bars of a coin are
 * stored they are filled up to 666, tokens likewise from their pools. Nothing here is fatal: what failed is listed, and the
 * next run asks for what is still lacking.
 */
import { REGIME_TIMEFRAMES } from '../../analysis/drivers/driver.js';
import type { Clock } from '../../market/clock.js';
import { parseInstrument } from '../../market/instrument.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import { DRIVER_MAJORS, type DriverSettings } from '../../platform/driver-settings.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import type { Venues } from '../venues/open-venues.js';
import { collectComponent } from './collect-component.js';
import type { StepError } from './step-result.js';
import { backfillToken, deepestPool, type TokenPool } from './token-prices.js';

export interface BackfillDriversRequest {
  readonly access: LakeAccess;
  readonly venues: Venues;
  readonly clock: Clock;
  readonly settings: DriverSettings;
  /** So many days of every timeframe in place of so many bars. */
  readonly days?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Bars written of drivers' components and of tokens; a failed step is named and spoils no other. */
export interface BackfillReport {
  readonly bars: number;
  readonly token_bars: number;
  readonly failures: StepError[];
}

/** Stored bars of a token from which on its history is not asked for. */
const ENOUGH_BARS = 350;

export async function backfillDrivers(request: BackfillDriversRequest): Promise<BackfillReport> {
  const { access, venues, clock, settings, days, signal } = request;
  const now = clock.now();
  const failures: StepError[] = [];
  let [bars, token_bars] = [0, 0];
  // asked once per token: the provider allows few calls
  const pools = new Map<string, TokenPool | undefined>();
  for (const timeframe of REGIME_TIMEFRAMES) {
    const to = bucketOpen(now, timeframe);
    const step = TIMEFRAME_MS[timeframe];
    const from = to - (days === undefined ? settings.backfill_bars * step : days * TIMEFRAME_MS['1d']);
    const one = async (component: (typeof DRIVER_MAJORS)[number]): Promise<void> => {
      const sources = settings.sources[component];
      const found = await collectComponent(access, venues, {
        component,
        sources,
        timeframe,
        from,
        to,
        clock,
        signal,
      });
      bars += found.rows;
      for (const { source, message } of found.failures) {
        if (found.missing > 0) failures.push({ subject: `${component} ${timeframe} ${source}`, message });
      }
    };
    await Promise.all(DRIVER_MAJORS.map(one));
    for (const id of settings.tokens) {
      const token = parseInstrument(id);
      const wanted = Math.min(settings.backfill_bars, Math.ceil((to - from) / step));
      const { length } = await access.lake.columns('bars', {
        subject: token.id,
        timeframe,
        from: to - wanted * step,
        to,
        columns: [],
      });
      if (length >= Math.min(ENOUGH_BARS, wanted)) continue;
      try {
        const gecko = venues.geckoterminal();
        if (!pools.has(id)) pools.set(id, await deepestPool(gecko, token, signal));
        const pool = pools.get(id);
        if (pool === undefined) continue;
        token_bars += await backfillToken(access, gecko, pool, token, timeframe, {
          bars: wanted,
          now,
          signal,
        });
      } catch (error) {
        signal?.throwIfAborted();
        failures.push({
          subject: `${id} ${timeframe}`,
          message: error instanceof Error ? error.message : String(error),
        });
      }
    }
  }
  return { bars, token_bars, failures };
}
