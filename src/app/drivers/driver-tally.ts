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

export class DriverTally {
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
    for (const { step, success, counts, duration_ms } of steps) {
      this.durations.set({ timeframe, step }, duration_ms / 1000);
      this.failures.add({ timeframe, step }, Number(!success));
      this.counts(timeframe, counts);
    }
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
