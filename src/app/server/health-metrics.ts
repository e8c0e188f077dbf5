/** The lights of /api/health and the state of the parts as numbers for /metrics (operations spec §6). */
import type { MetricSample } from '../../platform/metric-sources.js';
import type { Services } from '../services.js';
import type { HealthItem } from './health.js';

const LIGHT = { green: 0, amber: 1, red: 2 } as const;

/** Gauges for Prometheus: lights as 0, 1, 2, values in the unit of each item. */
export async function healthSamples(
  { process: state }: Pick<Services, 'process'>,
  items: readonly HealthItem[],
): Promise<readonly MetricSample[]> {
  const lights = items.map(
    ({ name, light }): MetricSample => ({
      name: 'tidewatch_health_light',
      help: 'Light of a health item: 0 green, 1 amber, 2 red',
      type: 'gauge',
      labels: { item: name },
      value: LIGHT[light],
    }),
  );
  const values = items.map(
    ({ name, unit, value }): MetricSample => ({
      name: 'tidewatch_health_value',
      help: 'Value of a health item, in its unit',
      type: 'gauge',
      labels: { item: name, unit },
      value,
    }),
  );
  const parts = state.supervisors.flatMap((supervisor): MetricSample[] => {
    const { name, state: now, crashes } = supervisor.status();
    const labels = { part: name };
    return [
      {
        name: 'tidewatch_part_up',
        help: 'Whether a part of the process runs',
        type: 'gauge',
        labels,
        value: now === 'running' ? 1 : 0,
      },
      {
        name: 'tidewatch_part_crashes_total',
        help: 'Crashes of a part since the process began',
        type: 'counter',
        labels,
        value: crashes,
      },
    ];
  });
  return [...lights, ...values, ...parts];
}
