/**
 * Integrity of the lake: bytes and names of every file, rules on every row, and what series say about themselves and
 * about each other. Reads only. See finding.ts for what is found and how grave it is.
 */
import { calendarOf } from '../../../market/calendar.js';
import { parseInstrument } from '../../../market/instrument.js';
import { makeSeries, type Series } from '../../../market/series.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../market/timeframe.js';
import { DATASET_NAMES, type DatasetName } from '../datasets.js';
import { coverageOfTimes } from '../gaps.js';
import type { Lake } from '../lake.js';
import type { LakeFile } from '../lake-file.js';
import { damagedFiles, nameDefects, rowDefects } from './file-defects.js';
import type { Finding } from './finding.js';
import { type Jump, jumpDefects, jumpsOf, type SeriesDefect, staleRepeats, swaps } from './series-defects.js';
import { timeShifts } from './time-shift.js';

export interface VerifyReport {
  readonly files: number;
  /** Rows read, those that another file overrides included. */
  readonly rows: number;
  readonly series: number;
  readonly findings: readonly Finding[];
  /** Findings of each severity. */
  readonly alarms: number;
  readonly notices: number;
}

export interface VerifyOptions {
  readonly dataset?: DatasetName;
  /** UTC ms: later stamps are from the future. */
  readonly now: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Hours missing that an honest market does not show, beyond the calendar. Prediction markets pause at will. */
const GAP_ALARM_HOURS = { spot: 12, perp: 12, equity: 48, fx: 168 } as const;
/** Funding prints in a row whose median tells the unit, and the median that no market keeps up per interval. */
const FUNDING_WINDOW = 21;
const FUNDING_LIMIT = 0.003;

/** Checks one dataset or all. Damaged files are named and the rest is checked without them. */
export async function verifyLake(lake: Lake, options: VerifyOptions): Promise<VerifyReport> {
  const findings: Finding[] = [];
  const groups: { dataset: DatasetName; timeframe: string; files: LakeFile[] }[] = [];
  let files = 0;
  for (const dataset of options.dataset === undefined ? DATASET_NAMES : [options.dataset]) {
    const active = await lake.activeFiles(dataset);
    files += active.length;
    findings.push(...nameDefects(lake, dataset, active));
    const damaged = await damagedFiles(lake, dataset, active);
    findings.push(...damaged.findings);
    const places = new Map<string, LakeFile[]>();
    for (const file of damaged.intact) {
      const place = `${file.venue}/${file.timeframe}`;
      places.set(place, [...(places.get(place) ?? []), file]);
    }
    for (const members of places.values()) {
      groups.push({ dataset, timeframe: members[0]!.timeframe, files: members });
    }
  }
  let rows = 0;
  let series = 0;
  for (const [at, { dataset, files: members }] of groups.entries()) {
    findings.push(...(await rowDefects(lake, dataset, members, options.now)));
    options.onProgress?.(at + 1, groups.length * 2);
  }
  const subjects = await readableStatus(lake, options.dataset);
  rows = subjects.reduce((sum, status) => sum + status.rows, 0);
  series = subjects.length;
  const timeframes = [
    ...new Set(subjects.filter(({ dataset }) => dataset === 'bars').map((entry) => entry.timeframe)),
  ];
  for (const [at, timeframe] of timeframes.entries()) {
    const ids = subjects.filter((entry) => entry.dataset === 'bars' && entry.timeframe === timeframe);
    findings.push(
      ...(await barDefects(
        lake,
        timeframe as Timeframe,
        ids.map(({ subject }) => subject),
      )),
    );
    options.onProgress?.(
      groups.length + Math.round((groups.length * (at + 1)) / timeframes.length),
      groups.length * 2,
    );
  }
  for (const { dataset, subject } of subjects) {
    if (dataset === 'funding_rates') findings.push(...(await fundingDefects(lake, subject)));
  }
  const alarms = findings.filter(({ severity }) => severity === 'alarm').length;
  return { files, rows, series, findings, alarms, notices: findings.length - alarms };
}

/** What can be read; when an undamaged file cannot, rowDefects has named it and the series are left out. */
async function readableStatus(
  lake: Lake,
  dataset: DatasetName | undefined,
): Promise<{ dataset: DatasetName; subject: string; timeframe: string; rows: number }[]> {
  const found: { dataset: DatasetName; subject: string; timeframe: string; rows: number }[] = [];
  for (const name of dataset === undefined ? DATASET_NAMES : [dataset]) {
    try {
      found.push(...(await lake.status(name)));
    } catch (error) {
      if ((error as { code?: unknown }).code === 'internal') throw error;
    }
  }
  return found;
}

async function readSeries(lake: Lake, subject: string, timeframe: Timeframe): Promise<Series> {
  const { ts, columns } = await lake.columns('bars', {
    subject,
    timeframe,
    columns: ['open', 'high', 'low', 'close', 'volume'],
    onCorrupt: 'skip',
  });
  const { open, high, low, close, volume } = columns;
  return makeSeries(subject, timeframe, {
    time: ts,
    open: open!,
    high: high!,
    low: low!,
    close: close!,
    volume: volume!,
  });
}

async function barDefects(lake: Lake, timeframe: Timeframe, ids: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (subject: string, defects: readonly SeriesDefect[]): void => {
    for (const defect of defects) findings.push({ ...defect, dataset: 'bars', subject, timeframe });
  };
  const jumps = new Map<string, Jump[]>();
  const lastTimes = new Map<string, number>();
  const crypto: Series[] = [];
  for (const id of ids) {
    const kind = kindOf(id);
    if (kind === undefined) continue;
    const series = await readSeries(lake, id, timeframe);
    if (series.length === 0) continue;
    add(id, staleRepeats(series));
    add(id, gapDefects(series, kind));
    if (kind === 'equity' || kind === 'fx') add(id, offSession(series));
    if (kind === 'spot' || kind === 'perp') crypto.push(series);
    if (kind !== 'prediction') jumps.set(id, jumpsOf(series));
    lastTimes.set(id, series.time[series.length - 1]!);
  }
  const swapped = new Set<Jump>();
  for (const { subjects, jumps: pair } of swaps(jumps)) {
    const back = swaps(new Map(subjects.map((id) => [id, jumps.get(id)!]))).find(
      (other) => other.jumps[0].time > pair[0].time,
    );
    if (swapped.has(pair[0])) continue;
    for (const jump of [...pair, ...(back?.jumps ?? [])]) swapped.add(jump);
    for (const [index, id] of subjects.entries()) {
      add(id, [
        {
          kind: 'instrument_swapped',
          severity: 'alarm',
          from: pair[index]!.time,
          to: back?.jumps[0].time ?? lastTimes.get(id)!,
          count: 1,
          message: `trades at the price of ${subjects[1 - index]}`,
        },
      ]);
    }
  }
  for (const [id, list] of jumps) {
    add(
      id,
      jumpDefects(
        list.filter((jump) => !swapped.has(jump)),
        lastTimes.get(id)!,
      ),
    );
  }
  for (const [id, shifts] of timeShifts(crypto, timeframe)) add(id, shifts);
  return findings;
}

function kindOf(id: string): ReturnType<typeof parseInstrument>['kind'] | undefined {
  try {
    return parseInstrument(id).kind;
  } catch {
    return undefined;
  }
}

function gapDefects(series: Series, kind: NonNullable<ReturnType<typeof kindOf>>): SeriesDefect[] {
  const length = TIMEFRAME_MS[series.timeframe];
  const hours = kind === 'prediction' ? Number.POSITIVE_INFINITY : GAP_ALARM_HOURS[kind];
  return coverageOfTimes(series.instrument, series.timeframe, series.time).gaps.map(
    ({ from, to, missing }) => ({
      kind: 'gap',
      severity: missing * length >= hours * 3_600_000 ? 'alarm' : 'notice',
      from,
      to,
      count: missing,
      message: `${missing} bars are missing`,
    }),
  );
}

/** Bars where the calendar knows of no session: shifted hours within a day, or a day that has none. */
function offSession(series: Series): SeriesDefect[] {
  const calendar = calendarOf(parseInstrument(series.instrument));
  const times = Array.from(series.time).filter((time) => !calendar.expectsBar(time, series.timeframe));
  if (times.length === 0) return [];
  const isDaily = series.timeframe === '1d';
  return [
    {
      kind: isDaily ? 'off_session' : 'time_zone_shift',
      severity: 'alarm',
      from: times[0]!,
      to: times[times.length - 1]!,
      count: times.length,
      message: `${times.length} bars lie outside every session`,
    },
  ];
}

/** Stretches of funding whose usual size only percent would have. */
async function fundingDefects(lake: Lake, subject: string): Promise<Finding[]> {
  const { ts, columns } = await lake.columns('funding_rates', {
    subject,
    columns: ['funding_rate'],
    onCorrupt: 'skip',
  });
  const sizes = columns.funding_rate!.map(Math.abs);
  const isHigh = (from: number): boolean =>
    sizes.slice(from, from + FUNDING_WINDOW).sort()[FUNDING_WINDOW >> 1]! > FUNDING_LIMIT;
  const found: Finding[] = [];
  for (let first = 0; first + FUNDING_WINDOW <= ts.length; first += 1) {
    if (!isHigh(first)) continue;
    let last = first + FUNDING_WINDOW - 1;
    while (last + 1 < ts.length && isHigh(last + 2 - FUNDING_WINDOW)) last += 1;
    found.push({
      kind: 'funding_in_percent',
      severity: 'alarm',
      dataset: 'funding_rates',
      subject,
      from: ts[first]!,
      to: ts[last]!,
      count: last - first + 1,
      message: `the median of ${FUNDING_WINDOW} rates in a row is above ${FUNDING_LIMIT}: percent, not fractions?`,
    });
    first = last;
  }
  return found;
}
