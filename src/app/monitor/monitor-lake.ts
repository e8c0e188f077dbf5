/**
 * The input of a majors-vs-alts run: a research lake, read for the profile and the lag of a configuration. Lakes are only
 * read; what cannot be used is told as notices.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { MajorsAltsInput } from '../../backtest/panel/majors-alts-result.js';
import { Lake } from '../../data/lake/lake.js';
import { databaseNotice } from '../../data/research-lake/database-file.js';
import { excludedAssets } from '../../data/research-lake/exclusions.js';
import { readOwnLake } from '../../data/research-lake/own-lake.js';
import { type ResearchLake, readResearchLake } from '../../data/research-lake/read-research-lake.js';
import { TidewatchError } from '../../errors.js';
import type { Home } from '../../platform/home.js';
import type { MonitorConfig } from '../../platform/monitor-config.js';
import { systemClock } from '../../platform/system-clock.js';
import { parseTime } from '../parse-time.js';

const DAY_MS = 86_400_000;

/** In place of a folder: the daily bars, funding and open interest of the home itself; then the folder of its lake. */
const OWN_BARS = 'bars';
const OWN_PREFIX = `${OWN_BARS}:`;

/** The folder of the tables below one that people take for the lake. */
const BELOW = ['', 'data_lake', 'curated/data_lake', 'data/curated/data_lake'] as const;

/**
 * Absolute folder of the research lake, `bars:` in front of it for that of a home: `--lake`, else the configuration, else
 * under the home. A folder above the tables is taken too: the first one below it that holds tables. What is named stays
 * when nothing fits; `readMonitorLake` then says what was tried.
 */
export function lakeFolder(home: Home, config: MonitorConfig, flag?: string): string {
  const named = flag ?? config.data.data_lake_dir ?? join(home.lake, 'panel', 'curated', 'data_lake');
  if (named === OWN_BARS) return OWN_PREFIX + resolve(home.lake);
  const tried = foldersOf(named);
  return (
    tried.find((folder) => existsSync(join(folder, 'fact_price.parquet'))) ??
    // a lake that lacks its prices is told by what it has
    tried.find(holdsTable) ??
    tried[0]!
  );
}

const foldersOf = (named: string): string[] => BELOW.map((below) => resolve(named, below));

function requireTables(folder: string): void {
  if (holdsTable(folder)) return;
  const tried = foldersOf(folder);
  const what = existsSync(folder) ? 'holds no table of a research lake' : 'is not there';
  throw new TidewatchError('file_not_found', `${folder} ${what} · tried ${tried.join(', ')}`, {
    hint: 'name the folder with fact_price.parquet, or one above it, with --lake; `--lake bars` takes the bars of the home',
    details: { path: folder, tried },
  });
}

function holdsTable(folder: string): boolean {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return false;
  return readdirSync(folder).some((name) => /^(fact|dim)_\w+\.parquet$/.test(name));
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

/** Days since 1970, both included; the whole lake unless said. */
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
export async function readMonitorLake(
  folder: string,
  config: MonitorConfig,
  range: DayRange,
  shuffleSeed?: number,
): Promise<ResearchLake> {
  const isReference = config.profile === 'reference';
  const span = {
    ...(range.start === undefined ? {} : { start: range.start }),
    ...(range.end === undefined ? {} : { end: range.end }),
    daysBefore: lagOf(config),
  };
  if (folder.startsWith(OWN_PREFIX)) {
    const lake = await Lake.open(folder.slice(OWN_PREFIX.length), { clock: systemClock });
    try {
      return await readOwnLake(lake, span);
    } finally {
      await lake.close();
    }
  }
  requireTables(folder);
  const lake = await readResearchLake(folder, {
    ...span,
    ...(shuffleSeed === undefined ? {} : { shuffleSeed }),
    fundingUnit: config.funding.unit,
    // the reference takes rates as they are, whatever their unit
    guard: !isReference || config.funding.unit !== 'fraction',
  });
  const { duckdb_path: database } = config.data;
  const notice = database === null ? undefined : await databaseNotice(database);
  return notice === undefined ? lake : { ...lake, notices: [...lake.notices, notice] };
}

/** The part of a lake that a run is computed from, excluded assets by the configuration's profile. */
export function inputOf(lake: ResearchLake, config: MonitorConfig): MajorsAltsInput {
  return {
    panel: lake.panel,
    excluded: excludedAssets(lake, config.profile, config.universe.exclude_assets),
    startDay: lake.start,
    endDay: lake.end,
  };
}
