/** What the drivers' work came to since the process began (regime spec §16.4), kept for /metrics alone. */
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import type { MetricSample } from '../../platform/metric-sources.js';
import type { PipelineRun } from './driver-pipeline.js';

type Outcome = 'answered' | 'neutral_fallback';

/** Sums of a name under labels that are written as one text. */
class Sums {
  readonly values = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>();

  add(labels: Readonly<Record<string, string>>, more: number): void {
    const key = Object.values(labels).join(' ');
    const held = this.values.get(key);
    if (held) held.value += more;
    else this.values.set(key, { labels, value: more });
  }

  set(labels: Readonly<Record<string, string>>, value: number): void {
    this.values.set(Object.values(labels).join(' '), { labels, value });
  }
}

/** What the pipeline's last runs said, as far as alerts depend on it. */
export interface RunFindings {
  readonly steps: readonly {
    readonly timeframe: RegimeTimeframe;
    readonly step: string;
    readonly failed_in_a_row: number;
    /** The first error of the last run; null where it did not fail. */
    readonly last_error: string | null;
  }[];
  readonly compared: readonly {
    readonly timeframe: RegimeTimeframe;
    readonly component: string;
    readonly sources: readonly string[];
    readonly ratio: number;
  }[];
}

export class DriverTally {
  /** Failures of a step since it last did not fail. */
  private readonly streaks = new Map<string, RunFindings['steps'][number]>();
  /** Coins whose sources differ, by timeframe. */
  private readonly apart = new Map<RegimeTimeframe, RunFindings['compared']>();
  private readonly bars = new Sums();
  private readonly durations = new Sums();
  private readonly failures = new Sums();
  private readonly dropped = new Sums();
  private readonly suspects = new Sums();
  private readonly overruns = new Sums();
  private readonly answers = new Sums();

  run({ timeframe, skipped, steps, bars_written }: PipelineRun): void {
    this.overruns.add({ timeframe }, Number(skipped));
    for (const { driver, by_source } of bars_written)
      for (const [source, bars] of Object.entries(by_source))
        this.bars.add({ driver, timeframe, source }, bars);
    for (const { step, success, counts, duration_ms, compared, errors } of steps) {
      this.durations.set({ timeframe, step }, duration_ms / 1000);
      this.failures.add({ timeframe, step }, Number(!success));
      this.counts(timeframe, counts);
      const before = this.streaks.get(`${step} ${timeframe}`)?.failed_in_a_row ?? 0;
      this.streaks.set(`${step} ${timeframe}`, {
        timeframe,
        step,
        failed_in_a_row: success ? 0 : before + 1,
        last_error: errors[0] === undefined ? null : `${errors[0].subject}: ${errors[0].message}`,
      });
      if (compared === undefined) continue;
      const apart = compared.flatMap(({ component, apart: own }) =>
        own === null ? [] : [{ timeframe, component, ...own }],
      );
      this.apart.set(timeframe, apart);
    }
  }

  findings(): RunFindings {
    return { steps: [...this.streaks.values()], compared: [...this.apart.values()].flat() };
  }

  /** A and E were asked for; a reading that failed leaves them neutral. */
  answered(outcome: Outcome): void {
    this.answers.add({ outcome }, 1);
  }

  samples(): readonly MetricSample[] {
    const of = (name: string, help: string, type: MetricSample['type'], { values }: Sums): MetricSample[] =>
      [...values.values()].map(({ labels, value }) => ({
        name: `tidewatch_${name}`,
        help,
        type,
        labels,
        value,
      }));
    return [
      ...of('driver_bars_written_total', 'Bars of drivers written, new or corrected', 'counter', this.bars),
      ...of('driver_step_duration_seconds', 'How long a step took last', 'gauge', this.durations),
      ...of('driver_step_failures_total', 'Steps that failed in part', 'counter', this.failures),
      ...of('driver_dropped_components_total', 'Members left out as outliers', 'counter', this.dropped),
      ...of('driver_suspect_bars', 'Bars of coins that look wrong, in the last look', 'gauge', this.suspects),
      ...of('driver_overruns_total', 'Runs turned away by one under way', 'counter', this.overruns),
      ...this.findings().steps.map(
        ({ timeframe, step, failed_in_a_row: value }): MetricSample => ({
          name: 'tidewatch_driver_step_failed_in_a_row',
          help: 'Runs in which a step has failed since it last did not',
          type: 'gauge',
          labels: { timeframe, step },
          value,
        }),
      ),
      ...[...this.apart].map(
        ([timeframe, apart]): MetricSample => ({
          name: 'tidewatch_driver_sources_apart',
          help: 'Coins whose sources differ by more than 2 % where they were last compared',
          type: 'gauge',
          labels: { timeframe },
          value: apart.length,
        }),
      ),
      ...of('posture_calls_total', 'Askings for A and E, by how they ended', 'counter', this.answers),
    ];
  }

  private counts(timeframe: RegimeTimeframe, counts: Readonly<Record<string, number>>): void {
    if (counts.dropped_components !== undefined) this.dropped.add({ timeframe }, counts.dropped_components);
    for (const kind of ['outliers', 'disagreements', 'source_switches']) {
      if (counts[kind] !== undefined) this.suspects.set({ timeframe, kind }, counts[kind]);
    }
  }
}
