/** Wires the parts of one home together, for the command line and the server alike. */
import { FeatureRegistry } from '../analysis/features/feature-sets.js';
import { Venues } from '../data/venues/open-venues.js';
import type { Timer } from '../data/venues/timer.js';
import type { Exchange } from '../data/venues/venue-http.js';
import type { Clock } from '../market/clock.js';
import { AlertBook } from '../platform/alerts/alert-book.js';
import type { LoadedConfig } from '../platform/config.js';
import type { Home } from '../platform/home.js';
import type { JobKind, JobQueue } from '../platform/jobs/job.js';
import { Schedule } from '../platform/jobs/schedule.js';
import { MetricSources } from '../platform/metric-sources.js';
import { driverJobs } from './drivers/driver-jobs.js';
import { Drivers } from './drivers/drivers.js';
import { HomeLake } from './home-lake.js';
import { type DataInput, dataJob } from './jobs/data-job.js';
import { housekeepingJobs } from './jobs/housekeeping-jobs.js';
import { marketDataJobs } from './jobs/market-data-jobs.js';
import { rollupJob } from './jobs/rollup-job.js';
import { trainingJob } from './jobs/training-job.js';
import { LiveStreams } from './live/live-streams.js';
import { Operations } from './operations.js';
import { ProcessState } from './process/process-state.js';
import { ModelStore } from './regime/model-store.js';
import { RegimeService } from './regime/regime-service.js';
import { RunStore } from './regime/run-store.js';
import { budgetLight, streamSamples, venueSamples } from './venue-metrics.js';

/** The parts of one opened home. `close` ends them; nothing of them works afterwards. */
export interface Services {
  readonly home: Home;
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  readonly data: HomeLake;
  /** Exchanges and providers, with the budgets that all jobs of this process share. */
  readonly venues: Venues;
  readonly models: ModelStore;
  readonly runs: RunStore;
  readonly regimes: RegimeService;
  /** Feature sets by name, those of tidewatch.yaml included. */
  readonly features: FeatureRegistry;
  /** What the venues stream; runs where it is started. */
  readonly streams: LiveStreams;
  /** Long work: trainings, data jobs. Opens the operational store when it is first used. */
  readonly jobs: JobQueue;
  /** The kind of job that fetches what a series lacks. */
  readonly fetching: JobKind<DataInput>;
  /** What runs by the clock in `tidewatch up`; each part adds its jobs below. */
  readonly schedule: Schedule;
  readonly operations: Operations;
  /** What is wrong now: raised and cleared by name by whoever finds it. */
  readonly alerts: AlertBook;
  /** Numbers for /metrics; each part adds its own. */
  readonly metrics: MetricSources;
  /** Parts, checks and lights of the running process; each part of the product adds its own. */
  readonly process: ProcessState;
  close(): Promise<void>;
}

/** Another time and network than the real ones, for simulations; the time of the timer is the clock's. */
interface Outside {
  readonly timer: Timer;
  readonly exchange: Exchange;
}

/**
 * Everything of a home, ready to be asked; the caller closes it. Heavy parts open when first used.
 * @param outside of the venues and the streams
 */
export async function openServices(
  home: Home,
  loaded: LoadedConfig,
  clock: Clock,
  outside?: Outside,
): Promise<Services> {
  const data = await HomeLake.open(home, loaded.config, clock);
  const venues = new Venues({ settings: loaded.config.venues, ...outside });
  const models = new ModelStore(home.models);
  const runs = new RunStore(home.runs);
  const features = new FeatureRegistry(loaded.config.features);
  const streams = new LiveStreams({
    config: loaded.config,
    data,
    venues,
    clock,
    ...(outside && { timer: outside.timer }),
  });
  const warmupBars = loaded.config.hmm.warmup_bars;
  const regimes = new RegimeService({ data, models, features, clock, warmupBars });
  const fetching = dataJob({ data, venues, clock });
  const kinds = [trainingJob(regimes), fetching, rollupJob(data, clock)];
  const schedule = new Schedule(new Set(loaded.config.schedule.disabled));
  const operations = new Operations({
    home,
    config: loaded.config,
    clock,
    kinds,
    schedule,
    drivers: (store) =>
      new Drivers({
        store,
        access: data,
        venues,
        clock,
        settings: loaded.config.drivers,
        posture: loaded.config.posture,
        coingeckoKey: loaded.environment.TIDEWATCH_COINGECKO_API_KEY,
      }),
  });
  schedule.add(...driverJobs(operations));
  const store = async () => (await operations.open()).here!.store;
  const { config } = loaded;
  schedule.add(...housekeepingJobs({ home, config, clock, data, models, regimes, fetching, store }));
  schedule.add(...marketDataJobs({ config, clock, data, venues, streams }));
  const alerts = new AlertBook({
    clock,
    store: {
      raise: (alert, now) => operations.ask('alerts.raise', { alert, now }),
      clear: async (name, now) => (await operations.ask('alerts.clear', { name, now })) ?? undefined,
    },
    onFailure: (error) => operations.onFailure(error),
  });
  const metrics = new MetricSources();
  const state = new ProcessState();
  metrics.add(() => venueSamples(venues.usage()));
  metrics.add(() => [...streams.samples(), ...streamSamples(streams.status())]);
  metrics.add(async () =>
    state.role === null ? [] : ((await operations.open()).here?.drivers.measures() ?? []),
  );
  state.addHealth(() => budgetLight(venues.usage(), state.isFilling(clock.now())));
  return {
    home,
    loaded,
    clock,
    data,
    venues,
    models,
    runs,
    regimes,
    features,
    streams,
    jobs: operations.jobs,
    fetching,
    schedule,
    operations,
    alerts,
    metrics,
    process: state,
    async close() {
      // jobs first: a running one reads and writes the lake
      await operations.close();
      await streams.stop();
      await data.close();
    },
  };
}
