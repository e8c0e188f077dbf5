/**
 * The input of a majors-vs-alts run: a research lake, read for the profile and the lag of a configuration. Lakes are only
 * read; what cannot be used is told as notices.
 */
import { join } from 'node:path';
import type { MajorsAltsInput } from '../../backtest/panel/majors-alts-result.js';
import { excludedAssets } from '../../data/research-lake/exclusions.js';
import { type ResearchLake, readResearchLake } from '../../data/research-lake/read-research-lake.js';
import { TidewatchError } from '../../errors.js';
import type { Home } from '../../platform/home.js';
import type { MonitorConfig } from '../../platform/monitor-config.js';
import { parseTime } from '../parse-time.js';

const DAY_MS = 86_400_000;

/** Folder of the research lake: `--lake`, else the configuration, else under the home. */
export function lakeFolder(home: Home, config: MonitorConfig, flag?: string): string {
  return flag ?? config.data.data_lake_dir ?? join(home.lake, 'panel', 'curated', 'data_lake');
}

/** Days from the date of a funding or open-interest row to its publication. */
export function lagOf(config: MonitorConfig): number {
  const lag = config.features.derivatives_lag_days;
  return typeof lag === 'number' ? lag : lag[config.profile];
}

/** An inclusive day such as 2024-01-07. @throws TidewatchError `bad_parameter`, `naive_time` */
export function parseDay(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const time = parseTime(text, flag);
  if (time % DAY_MS !== 0) {
    throw new TidewatchError('bad_parameter', `${flag} ${text} is not a day`, {
      hint: 'write a date such as 2024-01-07',
      details: { parameter: flag, value: text },
    });
  }
  return time / DAY_MS;
}

export interface DayRange {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

/** What decides how a lake is read: runs that agree in it can share one reading. */
export function readingKey(config: MonitorConfig): string {
  return JSON.stringify([lagOf(config), config.funding.unit, config.profile]);
}

/**
 * @param shuffleSeed reads the rows in another order, for audits
 * @throws TidewatchError as `readResearchLake`
 */
export function readMonitorLake(
  folder: string,
  config: MonitorConfig,
  range: DayRange,
  shuffleSeed?: number,
): Promise<ResearchLake> {
  const isReference = config.profile === 'reference';
  return readResearchLake(folder, {
    ...(range.start === undefined ? {} : { start: range.start }),
    ...(range.end === undefined ? {} : { end: range.end }),
    ...(shuffleSeed === undefined ? {} : { shuffleSeed }),
    daysBefore: lagOf(config),
    fundingUnit: config.funding.unit,
    // the reference takes rates as they are, whatever their unit
    guard: !isReference || config.funding.unit !== 'fraction',
  });
}

export function inputOf(lake: ResearchLake, config: MonitorConfig): MajorsAltsInput {
  return {
    panel: lake.panel,
    excluded: excludedAssets(lake, config.profile, config.universe.exclude_assets),
    startDay: lake.start,
    endDay: lake.end,
  };
}
