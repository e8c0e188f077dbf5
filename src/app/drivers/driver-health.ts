/** Ages, gaps and alerts of the drivers (regime spec §16.4). What an alert says is the reason of its cell. */
import { DRIVER_DEFINITIONS } from '../../analysis/drivers/driver.js';
import { kindOf, type Origin } from '../../data/drivers/bar-origins.js';
import type { DominanceNews } from './dominance-news.js';
import type { DriverCell, DriversAnswer, DriversHealth } from './driver-answers.js';
import { cellKey, type StoredCell } from './driver-cells.js';
import type { RunFindings } from './driver-tally.js';

const STATIC_CRITICAL_MS = 2 * 3_600_000;
const LEAST_COVERAGE = 0.5;
/** A step that fails so often running is an alert. */
const FAILURES = 3;

type Alert = DriversHealth['alerts'][number];

/** What is wrong with the drivers, as alerts and as facts per cell; pure, all times UTC ms. */
export function healthOf(
  { as_of, cells, posture }: DriversAnswer,
  stored: ReadonlyMap<string, StoredCell>,
  dominance: DominanceNews,
  { steps, compared }: RunFindings,
  origins: ReadonlyMap<string, readonly Origin[]>,
): DriversHealth {
  const alerts: Alert[] = cells.flatMap((cell) => alertOf(cell) ?? []);
  const { still } = dominance;
  if (still !== null) {
    alerts.push({
      name: 'static_provider',
      level: still.ms > STATIC_CRITICAL_MS ? 'critical' : 'warning',
      message: still.message,
    });
  }
  const least = posture.reduce((low, row) => (row.coverage < low.coverage ? row : low));
  if (least.coverage < LEAST_COVERAGE) {
    alerts.push({
      name: 'coverage',
      level: posture.every((row) => row.coverage === 0) ? 'critical' : 'warning',
      message: `A and E of ${least.bucket} rest on ${Math.round(100 * least.coverage)} % of their weight: ${least.channels_live} of 15 channels count`,
    });
  }
  for (const { timeframe, step, failed_in_a_row, last_error } of steps) {
    if (failed_in_a_row < FAILURES) continue;
    alerts.push({
      name: `step_failing.${step}.${timeframe}`,
      level: 'critical',
      message: `step ${step} of ${timeframe} has failed ${FAILURES} times running or more · ${last_error}`,
    });
  }
  for (const { timeframe, component, sources, ratio } of compared) {
    alerts.push({
      name: `sources_apart.${component}.${timeframe}`,
      level: 'warning',
      message: `${component} ${timeframe}: ${sources.join(' and ')} differ by ${(100 * Math.abs(ratio - 1)).toFixed(1)} %`,
    });
  }
  return {
    as_of,
    status: alerts.some(({ level }) => level === 'critical')
      ? 'critical'
      : alerts.some(({ level }) => level === 'warning')
        ? 'degraded'
        : 'ok',
    cells: cells.map(
      ({ driver, timeframe, required, status, reason, age_ms, source, bars, component_count }) => {
        const cell = stored.get(cellKey(driver, timeframe));
        return {
          driver,
          timeframe,
          required,
          status,
          reason,
          age_ms,
          source,
          bars,
          component_count,
          gaps: cell?.gaps ?? 0,
          missing_bars: cell?.missingBars ?? 0,
          partial_bars: cell?.partialBars ?? 0,
          ...originFields(origins.get(cellKey(driver, timeframe))),
        };
      },
    ),
    dominance: {
      provider_updated_at: dominance.providerUpdatedAt,
      age_ms: dominance.providerUpdatedAt === null ? null : as_of - dominance.providerUpdatedAt,
      sampled_at: dominance.sampledAt,
      unchanged_ms: dominance.unchangedMs,
      static_provider: still !== null,
    },
    steps: [...steps],
    compared: compared.map((each) => ({ ...each, sources: [...each.sources] })),
    alerts,
  };
}

/** What an answer says of the rows that a cell stands on. */
export function originFields(origins: readonly Origin[] = []) {
  return { data: kindOf(origins), origins: origins.map((each) => ({ ...each })) };
}

function alertOf({ driver, timeframe, required, status, reason, bars }: DriverCell): Alert | null {
  if (status === 'ok') return null;
  const name = `driver.${driver}.${timeframe}`;
  const message = `${driver} ${timeframe} is ${status}: ${reason ?? 'no reason is known'}`;
  if (required) return { name, level: 'critical', message };
  if (status === 'late') return null;
  const isEmptyBucket = DRIVER_DEFINITIONS[driver].kind === 'bucket' && bars === 0;
  return { name, level: isEmptyBucket ? 'info' : 'warning', message };
}
