/**
 * The checks of a start that are about the drivers (operations spec §2, steps 7 to 10): their records, their bars, their
 * states, A and E. What is lacking is made where it can be: records are created, bars fetched, composites composed.
 *
 * A home in which no driver has a bar is new, not broken: it warns and A and E are neutral. Where some have bars and BTC
 * has no hours or days, the posture would be built on sand: that fails.
 */
import { DEFAULT_BOOK, DRIVER_DEFINITIONS, DRIVERS, type Driver } from '../../analysis/drivers/driver.js';
import { MATURE_BARS } from '../../analysis/drivers/driver-ta.js';
import type { StepError } from '../../data/drivers/step-result.js';
import { EXCHANGES } from '../../data/venues/open-venues.js';
import { parseInstrument } from '../../market/instrument.js';
import { newestGaps } from '../drivers/newest-gaps.js';
import type { Services } from '../services.js';
import { askSoon } from './ask-soon.js';
import type { BootstrapStep, StepResult } from './bootstrap.js';
import { posturePanel } from './posture-panel.js';

export interface DriverStepOptions {
  /** False: nothing is fetched. */
  readonly backfill: boolean;
  /** Venues that are known not to answer; takes those that are found so. */
  readonly silent: Set<string>;
}

type Parts = Pick<Services, 'operations' | 'data' | 'venues' | 'loaded'>;

const CELLS = DRIVERS.length * 3;

export function driverSteps(services: Parts, options: DriverStepOptions): readonly BootstrapStep[] {
  return [
    { number: 7, name: 'drivers', limitMs: 10_000, run: () => recordsStep(services) },
    {
      number: 8,
      name: 'driver bars',
      limitMs: 600_000,
      whenLate: 'warn',
      run: (signal) => barsStep(services, options, signal),
    },
    { number: 9, name: 'driver ta', limitMs: 60_000, run: (signal) => technicalStep(services, signal) },
    { number: 10, name: 'posture', limitMs: 60_000, run: () => postureStep(services) },
  ];
}

async function recordsStep(services: Parts): Promise<StepResult> {
  const { store } = await opened(services);
  const made = await store.driverRecords.create(DEFAULT_BOOK, DRIVERS);
  const records = await store.driverRecords.list(DEFAULT_BOOK);
  const of = (driver: Driver): number => records.filter((record) => record.driver === driver).length;
  const lacking = DRIVERS.filter((driver) => of(driver) < 3);
  const details = { book: DEFAULT_BOOK, records: records.length, made, lacking };
  if (lacking.length === 0) {
    const how = made === 0 ? '' : `, ${made} of them made now`;
    return { status: 'ok', message: `${records.length} driver records${how}`, details };
  }
  return {
    status: lacking.some((driver) => DRIVER_DEFINITIONS[driver].required) ? 'fail' : 'warn',
    message: `${records.length} of ${CELLS} driver records · without ${lacking.join(', ')}`,
    details,
  };
}

async function barsStep(
  services: Parts,
  { backfill, silent }: DriverStepOptions,
  signal: AbortSignal,
): Promise<StepResult> {
  const { drivers } = await opened(services);
  const problems: string[] = [];
  const answers = backfill && (await someVenueAnswers(services, silent, signal));
  if (answers) {
    const { fetched } = await drivers.backfill({ signal });
    problems.push(...fetched.failures.map(lineOf));
  } else {
    if (backfill) problems.push('no venue of the drivers answers');
    // what was imported or rolled up meanwhile still makes bars
    const runs = await drivers.run('all', { prices: false, ta: false, signal });
    problems.push(...runs.flatMap(({ steps }) => steps.flatMap(({ errors }) => errors.map(lineOf))));
  }
  const [{ cells }, gaps] = [await drivers.summary(), await newestGaps(services.data.lake, DEFAULT_BOOK)];
  const series = cells.map(({ driver, timeframe, bars }) => ({
    driver,
    timeframe,
    bars,
    gaps: gaps.get(`${driver} ${timeframe}`) ?? 0,
  }));
  const empty = series.filter(({ bars }) => bars === 0).length;
  const immature = series.filter(({ bars }) => bars < MATURE_BARS).length;
  const holed = series.filter((cell) => cell.gaps > 0).length;
  const details = { series, problems, fetched: answers };
  const why = problems[0] === undefined ? '' : ` · ${problems[0]}`;
  if (empty === CELLS) {
    const message = `no driver has bars · fetch them with: tidewatch drivers backfill${why}`;
    return { status: 'warn', message, details };
  }
  const missing = series.filter(
    ({ driver, timeframe, bars }) => driver === 'BTC' && timeframe !== '1m' && bars === 0,
  );
  if (missing.length > 0) {
    const message = `BTC has no bars of ${missing.map(({ timeframe }) => timeframe).join(' and ')}${why}`;
    return { status: 'fail', message, details };
  }
  if (immature + holed === 0) {
    return { status: 'ok', message: `${CELLS} series are mature and without holes`, details };
  }
  return {
    status: 'warn',
    message: `${immature} of ${CELLS} series have less than ${MATURE_BARS} bars, ${holed} have holes${why}`,
    details,
  };
}

/** One that answers is enough: the sources stand in for each other. */
async function someVenueAnswers(
  { venues, loaded }: Parts,
  silent: Set<string>,
  signal: AbortSignal,
): Promise<boolean> {
  const named = Object.values(loaded.config.drivers.sources)
    .flat()
    .map((id) => parseInstrument(id).venue);
  const asked = [...new Set(named)].filter(
    (name) => (EXCHANGES as readonly string[]).includes(name) && !silent.has(name),
  );
  const times = await Promise.all(
    asked.map((name) => askSoon((soon) => venues.of(name).serverTime(soon), signal)),
  );
  asked.forEach((name, at) => {
    if (times[at] === undefined) silent.add(name);
  });
  return times.some((time) => time !== undefined);
}

async function technicalStep(services: Parts, signal: AbortSignal): Promise<StepResult> {
  const { drivers } = await opened(services);
  const runs = await drivers.run('all', { prices: false, signal });
  const errors = runs.flatMap(({ timeframe, steps }) =>
    steps.flatMap(({ step, errors: own }) => own.map((error) => ({ timeframe, step, ...error }))),
  );
  const skipped = runs.filter((run) => run.skipped).map(({ timeframe }) => timeframe);
  const details = { errors, skipped };
  if (errors.length > 0) {
    const isRequired = errors.some(({ step, subject }) => subject === step || isRequiredDriver(subject));
    return {
      status: isRequired ? 'fail' : 'warn',
      message: `${errors.length} parts failed · ${errors[0]!.step} ${lineOf(errors[0]!)}`,
      details,
    };
  }
  if (skipped.length > 0) {
    return { status: 'warn', message: `${skipped.join(', ')} are being worked on already`, details };
  }
  const { evaluated_cells } = await drivers.summary();
  return { status: 'ok', message: `${evaluated_cells} of ${CELLS} series carry a state`, details };
}

function isRequiredDriver(subject: string): boolean {
  const driver = subject.split(' ', 1)[0]!;
  return DRIVER_DEFINITIONS[driver as Driver]?.required === true;
}

async function postureStep(services: Parts): Promise<StepResult> {
  const { drivers } = await opened(services);
  const summary = await drivers.summary();
  const details = { book: summary.book, panel: posturePanel(summary) };
  const neutral = summary.posture.filter(({ coverage }) => coverage === 0).map(({ bucket }) => bucket);
  if (neutral.length > 0) {
    const message = `A and E are neutral (0.5) for ${neutral.join(', ')} · no live state`;
    return { status: 'warn', message, details };
  }
  const told = summary.posture.map(({ bucket, a, e }) => `${bucket} ${a.toFixed(2)}/${e.toFixed(2)}`);
  return { status: 'ok', message: `A/E ${told.join(', ')}`, details };
}

/** The check of the store ends a start in which there is none. */
async function opened({ operations }: Parts) {
  return (await operations.open()).here!;
}

function lineOf({ subject, message }: StepError): string {
  return `${subject}: ${message}`;
}
