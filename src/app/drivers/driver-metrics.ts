/** Ages of the drivers' data and what A and E rest on, as numbers for /metrics (operations spec §6, regime spec §16.4). */
import type { MetricSample } from '../../platform/metric-sources.js';
import type { DriversAnswer } from './driver-answers.js';

export function driverSamples({
  cells,
  posture,
}: Pick<DriversAnswer, 'cells' | 'posture'>): readonly MetricSample[] {
  const gauge = (
    name: string,
    help: string,
    labels: MetricSample['labels'],
    value: number,
  ): MetricSample => ({
    name: `tidewatch_${name}`,
    help,
    type: 'gauge',
    labels: labels!,
    value,
  });
  return [
    ...cells.flatMap(({ driver, timeframe, age_ms }) =>
      age_ms === null
        ? []
        : gauge(
            'driver_data_age_seconds',
            'Since the newest stored bar of a driver closed',
            { driver, timeframe },
            age_ms / 1000,
          ),
    ),
    ...posture.flatMap(({ bucket, a, e, coverage }) => [
      gauge('posture_coverage_ratio', 'Share of the weight of A and E that is live', { bucket }, coverage),
      gauge('posture_a', 'Add appetite of a bucket, 0 to 1', { bucket }, a),
      gauge('posture_e', 'Exit assertiveness of a bucket, 0 to 1', { bucket }, e),
    ]),
  ];
}
