/** The Prometheus text of this process (operations spec §6), by prom-client: its own numbers, jobs, and all sources. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { isEnded, type Job } from './jobs/job.js';
import type { MetricSample, MetricSources } from './metric-sources.js';

/** Seconds: a job takes milliseconds or hours. */
const DURATIONS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200];

export class Metrics {
  private readonly registry = new Registry();
  private readonly durations: Histogram<'job'>;
  private readonly ended: Counter<'job' | 'status'>;
  private reading: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly sources: MetricSources,
    private readonly onFailure: (error: unknown) => void,
  ) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry, prefix: 'tidewatch_' });
    this.durations = new Histogram({
      name: 'tidewatch_job_duration_seconds',
      help: 'How long runs of jobs took',
      labelNames: ['job'],
      buckets: DURATIONS,
      registers,
    });
    this.ended = new Counter({
      name: 'tidewatch_job_runs_total',
      help: 'Runs of jobs that have ended, by how',
      labelNames: ['job', 'status'],
      registers,
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Counts a job that has ended. */
  observe(job: Job): void {
    if (!isEnded(job)) return;
    this.ended.inc({ job: job.kind, status: job.status });
    if (job.startedAt !== null && job.finishedAt !== null)
      this.durations.observe({ job: job.kind }, Math.max(0, job.finishedAt - job.startedAt) / 1000);
  }

  text(): Promise<string> {
    // one reader at a time: the gauges of the sources are made anew for each
    const mine = this.reading.then(async () => {
      const samples = await this.sources.collect(this.onFailure);
      const made = this.fill(samples);
      try {
        return await this.registry.metrics();
      } finally {
        for (const name of made) this.registry.removeSingleMetric(name);
      }
    });
    this.reading = mine.catch(() => undefined);
    return mine;
  }

  private fill(samples: readonly MetricSample[]): readonly string[] {
    const byName = new Map<string, MetricSample[]>();
    for (const sample of samples) {
      if (!Number.isFinite(sample.value)) continue;
      byName.set(sample.name, [...(byName.get(sample.name) ?? []), sample]);
    }
    for (const [name, [first, ...more]] of byName) {
      const all = [first!, ...more];
      const labelNames = [...new Set(all.flatMap(({ labels = {} }) => Object.keys(labels)))];
      const shape = { name, help: first!.help, labelNames, registers: [this.registry] };
      if (first!.type === 'counter') {
        const counter = new Counter(shape);
        for (const { labels = {}, value } of all) counter.inc({ ...labels }, value);
      } else {
        const gauge = new Gauge(shape);
        for (const { labels = {}, value } of all) gauge.set({ ...labels }, value);
      }
    }
    return [...byName.keys()];
  }
}
