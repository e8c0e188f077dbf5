/**
 * Scheduled jobs that keep a home in order: the minutes of watched series up to date, old rows deleted, small files merged,
 * the database copied, models fitted anew (operations spec §3.3, §9).
 */

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TRAINABLE } from '../../analysis/models/model-families.js';
import { EXCHANGES } from '../../data/venues/open-venues.js';
import type { Clock } from '../../market/clock.js';
import { type Instrument, parseInstrument } from '../../market/instrument.js';
import type { Config } from '../../platform/config-schema.js';
import type { Home } from '../../platform/home.js';
import type { JobKind } from '../../platform/jobs/job.js';
import { eachItem, type ScheduledJob, scheduled } from '../../platform/jobs/schedule.js';
import { writeBackup } from '../../platform/store/backup.js';
import type { Store } from '../../platform/store/store.js';
import { compactLake } from '../compact-lake.js';
import type { HomeLake } from '../home-lake.js';
import { expiredIn, removeFrom } from '../prune-lake.js';
import type { ModelStore } from '../regime/model-store.js';
import type { RegimeService } from '../regime/regime-service.js';
import type { DataInput } from './data-job.js';

export interface HousekeepingParts {
  readonly home: Home;
  readonly config: Config;
  readonly clock: Clock;
  readonly data: HomeLake;
  readonly models: ModelStore;
  readonly regimes: RegimeService;
  /** The kind that fetches what a series lacks. */
  readonly fetching: JobKind<DataInput>;
  /** The store of this process; jobs run only where there is one. */
  readonly store: () => Promise<Store>;
}

const DAY = 86_400_000;
/** Operations spec §9. */
const RUNS_KEPT_MS = 30 * DAY;
const ALERTS_KEPT_MS = 90 * DAY;
/** Daily copies of the database that are kept. */
const BACKUPS_KEPT = 7;
const DAILY_BACKUP = /^tidewatch-\d{8}\.ndjson\.gz$/;

export function housekeepingJobs(parts: HousekeepingParts): readonly ScheduledJob[] {
  const { home, config, clock, data, models, regimes, fetching, store } = parts;

  return [
    scheduled('heartbeat', async () => ({ pid: process.pid })),

    scheduled('lake.sync', (_window, { windowKey, attempt, signal, report }) => {
      const fetched = config.lake.watched.filter((id) => isFetched(parseInstrument(id)));
      return eachItem(
        fetched,
        (id) => id,
        async (instrument_id) => {
          const input = {
            instrument_id,
            timeframe: '1m',
            from: null,
            to: null,
            full_history: false,
          } as const;
          await fetching.run(input, {
            id: windowKey,
            key: windowKey,
            attempt,
            signal,
            report: () => undefined,
          });
          report(fetched.indexOf(instrument_id) / fetched.length);
        },
        signal,
      ).then(({ items, failed }) => ({ items, failed }));
    }),

    scheduled('retention.prune', async (_window, { signal }) => {
      const now = clock.now();
      const { jobRuns, alerts } = await store();
      const runs = await jobRuns.prune(now - RUNS_KEPT_MS);
      const cleared = await alerts.prune(now - ALERTS_KEPT_MS);
      const expiries = await expiredIn(data, config, now);
      const rows = expiries.length === 0 ? 0 : await removeFrom(data, expiries, { now, signal });
      return { rows, job_runs: runs, alerts: cleared };
    }),

    scheduled('lake.compact', async (_window, { signal, report }) => {
      const { merged, deleted, damaged } = await compactLake(data, {
        signal,
        onProgress: (done, total) => report(done / total),
      });
      return { merged: merged.length, deleted: deleted.length, damaged: damaged.length };
    }),

    scheduled('backup', async ({ end }) => {
      const { sql } = await store();
      const folder = join(home.db, 'backups');
      const name = `tidewatch-${new Date(end).toISOString().slice(0, 10).replaceAll('-', '')}.ndjson.gz`;
      const { head, expected } = await (await store()).status();
      const written = await writeBackup(sql, join(folder, name), {
        head: head ?? expected,
        createdAt: clock.now(),
      });
      const daily = readdirSync(folder).filter((each) => DAILY_BACKUP.test(each));
      for (const old of daily.sort().slice(0, -BACKUPS_KEPT)) rmSync(join(folder, old), { force: true });
      return { rows: written.rows, file: name };
    }),

    scheduled('hmm.retrain', async (_window, { signal }) => {
      if (!existsSync(home.models)) return { items: 0, failed: [] };
      const newest = new Map(
        [...models.list().models]
          .sort((a, b) => a.createdAt - b.createdAt)
          .map((model) => [
            `${model.instrumentId} ${model.timeframe} ${model.family} ${model.featureSet}`,
            model,
          ]),
      );
      const trained: string[] = [];
      const report = await eachItem(
        [...newest],
        ([name]) => name,
        async ([, model]) => {
          const family = TRAINABLE.find((name) => name === model.family);
          if (family === undefined) return;
          const { regime, reused } = await regimes.train(
            {
              instrument: parseInstrument(model.instrumentId),
              timeframe: model.timeframe,
              options: {
                ...(family === 'hmm' ? {} : { model: family }),
                profile: config.hmm.profile,
                states: model.states ?? config.hmm.states,
                seed: config.hmm.seed,
                flavour: model.flavour,
                featureSet: model.featureSet,
              },
            },
            signal,
          );
          if (!reused) trained.push(regime.stored.id);
        },
        signal,
      );
      return { ...report, trained };
    }),
  ];
}

function isFetched({ venue }: Instrument): boolean {
  return (EXCHANGES as readonly string[]).includes(venue);
}
