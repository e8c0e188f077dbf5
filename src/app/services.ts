/** Wires the parts of one home together, for the command line and the server alike. */
import type { Clock } from '../market/clock.js';
import type { LoadedConfig } from '../platform/config.js';
import type { Home } from '../platform/home.js';
import type { JobQueue } from '../platform/jobs/job.js';
import { MemoryJobQueue } from '../platform/jobs/memory-job-queue.js';
import { HomeLake } from './home-lake.js';
import { trainingJob } from './jobs/training-job.js';
import { ModelStore } from './regime/model-store.js';
import { RegimeService } from './regime/regime-service.js';
import { RunStore } from './regime/run-store.js';

export interface Services {
  readonly home: Home;
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  readonly data: HomeLake;
  readonly models: ModelStore;
  readonly runs: RunStore;
  readonly regimes: RegimeService;
  /** Long work: trainings, data jobs. */
  readonly jobs: JobQueue;
  close(): Promise<void>;
}

export async function openServices(home: Home, loaded: LoadedConfig, clock: Clock): Promise<Services> {
  const data = await HomeLake.open(home, loaded.config, clock);
  const models = new ModelStore(home.models);
  const runs = new RunStore(home.runs);
  const regimes = new RegimeService({ data, models, clock, warmupBars: loaded.config.hmm.warmup_bars });
  const jobs = new MemoryJobQueue(clock, [trainingJob(regimes)]);
  return { home, loaded, clock, data, models, runs, regimes, jobs, close: () => data.close() };
}
