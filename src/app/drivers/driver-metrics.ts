/** What the drivers hold and what A and E rest on, as numbers for /metrics (operations spec §6, regime spec §16.4). */
import type { MetricSample } from '../../platform/metric-sources.js';
import type { DriversAnswer, DriversHealth } from './driver-answers.js';

/** Gauges for Prometheus; what is not known has no sample. */
export function driverSamples(
  { posture, evaluated_cells, live_cells }: DriversAnswer,
  { cells, dominance }: DriversHealth,
): readonly MetricSample[] {
  const gauge = (
    name: string,
    help: string,
    labels: Readonly<Record<string, string>>,
    value: number | null,
  ): MetricSample[] =>
    value === null ? [] : [{ name: `tidewatch_${name}`, help, type: 'gauge', labels, value }];
  return [
    ...gauge('driver_cells_evaluated', 'Cells of 24 that carry a state', {}, evaluated_cells),
    ...gauge('driver_cells_live', 'Cells of 24 that A and E take in', {}, live_cells),
    ...cells.flatMap(({ driver, timeframe, age_ms, gaps, partial_bars, component_count }) => {
      const labels = { driver, timeframe };
      const age = age_ms === null ? null : age_ms / 1000;
      return [
        ...gauge('driver_data_age_seconds', 'Since the newest stored bar of a driver closed', labels, age),
        ...gauge(
          'driver_partial_bars',
          'Stored bars that lack more than half of their source',
          labels,
          partial_bars,
        ),
        ...gauge('driver_gaps', 'Holes between stored bars', labels, gaps),
        ...gauge('driver_components', 'Members of the newest bar of a composite', labels, component_count),
      ];
    }),
    ...gauge(
      'dominance_unchanged_seconds',
      'Since a share last changed, of the one that stood still for longer',
      {},
      dominance.unchanged_ms === null ? null : dominance.unchanged_ms / 1000,
    ),
    ...posture.flatMap(({ bucket, a, e, coverage, channels_live }) => [
      ...gauge('posture_coverage_ratio', 'Share of the weight of A and E that is live', { bucket }, coverage),
      ...gauge('posture_channels_live', 'Channels of 15 that count', { bucket }, channels_live),
      ...gauge('posture_a', 'Add appetite of a bucket, 0 to 1', { bucket }, a),
      ...gauge('posture_e', 'Exit assertiveness of a bucket, 0 to 1', { bucket }, e),
    ]),
  ];
}
