/**
 * The checks of a start that belong to no part (operations spec §2, steps 0 to 6): configuration and clock, store, secrets,
 * freshness of prices, history of the watched series. The drivers' are in driver-steps.ts, those of listings, streams and
 * money in files of their own; parts of the product add others.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXCHANGES } from '../../data/venues/open-venues.js';
import { parseInstrument } from '../../market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { PREFIX } from '../../platform/environment.js';
import type { JobKind } from '../../platform/jobs/job.js';
import { checkSchema } from '../../platform/store/schema-check.js';
import type { DataInput } from '../jobs/data-job.js';
import type { Services } from '../services.js';
import { askSoon } from './ask-soon.js';
import type { BootstrapStep, StepResult } from './bootstrap.js';
import { driverSteps } from './driver-steps.js';
import { listingsStep } from './listings-step.js';
import type { Role } from './role.js';
import { tradingSteps } from './trading-steps.js';

export interface BaseStepOptions {
  readonly role: Role;
  readonly mode: 'paper' | 'live';
  /** False: history that is missing is told, not fetched. */
  readonly backfill: boolean;
}

/** Tables without which nothing is built upon. */
const REQUIRED_TABLES = [
  'positions',
  'position_features',
  'decisions',
  'fills',
  'trades',
  'strands',
  'wallet_balances',
  'execution_journal',
  'job_runs',
];

const MINUTE = 60_000;
const SKEW_OK_MS = 1_000;
const SKEW_FAIL_MS = 5_000;
const TARGET_BARS = 666;
const LEAST_BARS = 350;
const TIMEFRAMES: readonly Timeframe[] = ['1m', '15m', '1h', '4h'];

/** Keys whose lack switches something off. */
const OPTIONAL_KEYS = {
  COINGLASS_API_KEY: 'open interest, liquidations and funding by CoinGlass',
  COINGECKO_API_KEY: 'market caps beyond the public allowance of CoinGecko',
  TELEGRAM_BOT_TOKEN: 'notices by Telegram',
} as const;

export function baseSteps(services: Services, options: BaseStepOptions): readonly BootstrapStep[] {
  const collects = options.role === 'all' || options.role === 'data';
  /** Venues that did not answer: not asked again in this start. */
  const silent = new Set<string>();
  const steps: BootstrapStep[] = [
    {
      number: 0,
      name: 'config',
      fatal: true,
      limitMs: 15_000,
      run: (signal) => configStep(services, collects ? silent : undefined, signal),
    },
    { number: 1, name: 'store', fatal: true, limitMs: 10_000, run: () => storeStep(services) },
    {
      number: 2,
      name: 'secrets',
      fatal: true,
      limitMs: 5_000,
      run: async () => secretsStep(services, options),
    },
  ];
  const trading = tradingSteps(services, options.mode);
  if (!collects) return [...steps, ...trading];
  return [
    ...steps,
    ...trading,
    listingsStep(services, { backfill: options.backfill, silent }),
    {
      number: 6,
      name: 'backfill',
      limitMs: 600_000,
      whenLate: 'warn',
      run: (signal) => backfillStep(services, options.backfill, silent, signal),
    },
    { number: 4, order: 6.5, name: 'prices', limitMs: 60_000, run: () => pricesStep(services, options) },
    ...driverSteps(services, { backfill: options.backfill, silent }),
  ];
}

/** @param silent takes the venues that do not answer; undefined: none is asked */
async function configStep(
  services: Services,
  silent: Set<string> | undefined,
  signal: AbortSignal,
): Promise<StepResult> {
  const { operations, loaded } = services;
  // together: neither waits for the other, which may be slow
  const [{ head, pending, missing }, skew] = await Promise.all([
    operations.open().then(({ here }) => checkSchema(here!.store.sql)),
    silent === undefined ? undefined : clockSkew(services, silent, signal),
  ]);
  const details = { file: loaded.file ?? null, migration: head, pending, missing };
  if (pending.length + missing.length > 0)
    return { status: 'fail', message: `the database lacks ${[...pending, ...missing].join(', ')}`, details };
  if (silent === undefined)
    return { status: 'ok', message: `configuration valid, migration ${head}`, details };
  const told = { ...details, clock_skew_ms: skew?.ms ?? null, venue: skew?.venue ?? null };
  if (skew === undefined)
    return {
      status: 'warn',
      message: 'no venue could be asked for the time · the clock is not checked',
      details: told,
    };
  const off = Math.abs(skew.ms);
  const message = `the clock is ${off} ms off that of ${skew.venue}`;
  if (off > SKEW_FAIL_MS)
    return { status: 'fail', message: `${message} · set the clock of this machine`, details: told };
  return { status: off >= SKEW_OK_MS ? 'warn' : 'ok', message, details: told };
}

/** Of the first venue of the watched series that answers in time. */
async function clockSkew(
  { venues, loaded, clock }: Services,
  silent: Set<string>,
  signal: AbortSignal,
): Promise<{ readonly venue: string; readonly ms: number } | undefined> {
  for (const name of watchedVenues(loaded.config.lake.watched).slice(0, 2)) {
    const asked = clock.now();
    const theirs = await askSoon((soon) => venues.of(name).serverTime(soon), signal);
    if (theirs !== undefined) return { venue: name, ms: Math.round(theirs - (asked + clock.now()) / 2) };
    silent.add(name);
  }
  return undefined;
}

function watchedVenues(watched: readonly string[]): readonly string[] {
  const named = watched.map((id) => parseInstrument(id).venue);
  return [...new Set(named)].filter((name) => (EXCHANGES as readonly string[]).includes(name));
}

async function storeStep({ operations, home }: Services): Promise<StepResult> {
  const { here } = await operations.open();
  if (here === undefined)
    return { status: 'fail', message: 'another process owns the home', details: { home: home.path } };
  const { rows } = await here.store.sql.query<{ name: string; ok: boolean }>(
    `SELECT name, coalesce(has_table_privilege(to_regclass('public.' || name), 'SELECT')
                       AND has_table_privilege(to_regclass('public.' || name), 'INSERT'), false) AS ok
       FROM unnest($1::text[]) AS name`,
    [REQUIRED_TABLES],
  );
  const unusable = rows.filter(({ ok }) => !ok).map(({ name }) => name);
  if (unusable.length > 0)
    return {
      status: 'fail',
      message: `cannot read and write ${unusable.join(', ')}`,
      details: { tables: unusable },
    };
  const each = REQUIRED_TABLES.map((table) => `(SELECT 1 FROM ${table} LIMIT 1)`);
  await here.store.sql.query(each.join(' UNION ALL '));
  mkdirSync(home.lake, { recursive: true, mode: 0o700 });
  const probe = join(home.lake, `.probe-${randomUUID()}`);
  writeFileSync(probe, '');
  rmSync(probe);
  return { status: 'ok', message: 'tables and lake can be read and written', details: {} };
}

function secretsStep({ loaded }: Services, { mode }: BaseStepOptions): StepResult {
  if (mode === 'live')
    return { status: 'fail', message: 'this version trades on paper only · start it with --mode paper' };
  const missing = Object.entries(OPTIONAL_KEYS).filter(([name]) => !loaded.environment[PREFIX + name]);
  if (missing.length === 0) return { status: 'ok', message: 'every optional key is set' };
  return {
    status: 'warn',
    message: `without keys there is no ${missing.map(([, what]) => what).join(', no ')}`,
    details: { missing: missing.map(([name]) => PREFIX + name) },
  };
}

async function backfillStep(
  services: Services,
  fetches: boolean,
  silent: Set<string>,
  signal: AbortSignal,
): Promise<StepResult> {
  const { data, loaded, clock } = services;
  const { watched } = loaded.config.lake;
  const problems: string[] = [];
  if (fetches) await fetchMissing(services, silent, problems, signal);
  const counts = new Map(
    (await data.lake.status('bars')).map((row) => [`${row.subject} ${row.timeframe}`, row.rows]),
  );
  const series = watched.flatMap((id) =>
    TIMEFRAMES.map((timeframe) => ({
      instrument_id: id,
      timeframe,
      bars: counts.get(`${id} ${timeframe}`) ?? 0,
    })),
  );
  const short = series.filter(({ bars }) => bars < LEAST_BARS);
  const details = { series, problems, fetched: fetches, as_of: clock.now() };
  if (short.length === 0)
    return { status: 'ok', message: `${series.length} series are long enough`, details };
  const why = problems[0] === undefined ? '' : ` · ${problems[0]}`;
  return {
    status: 'warn',
    message: `${short.length} of ${series.length} series have less than ${LEAST_BARS} bars${why}`,
    details,
  };
}

/** Each series up to now; a venue that does not answer is not asked again. */
async function fetchMissing(
  services: Services,
  silent: Set<string>,
  problems: string[],
  signal: AbortSignal,
): Promise<void> {
  const { loaded, clock, fetching } = services;
  for (const name of silent) problems.push(`${name} does not answer`);
  for (const id of loaded.config.lake.watched) {
    const { venue } = parseInstrument(id);
    if (!(EXCHANGES as readonly string[]).includes(venue)) continue;
    for (const timeframe of TIMEFRAMES) {
      if (silent.has(venue) || signal.aborted) break;
      try {
        const time = await askSoon((soon) => services.venues.of(venue).serverTime(soon), signal);
        if (time === undefined) throw new Error(`${venue} does not answer`);
        await fetchOne(fetching, id, timeframe, clock.now(), signal);
      } catch (error) {
        silent.add(venue);
        problems.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
}

async function fetchOne(
  fetching: JobKind<DataInput>,
  instrument_id: string,
  timeframe: Timeframe,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const from = now - TARGET_BARS * TIMEFRAME_MS[timeframe];
  const id = `bootstrap ${instrument_id} ${timeframe}`;
  await fetching.run(
    { instrument_id, timeframe, from, to: null, full_history: false },
    { id, key: id, attempt: 1, signal, report: () => undefined },
  );
}

async function pricesStep({ data, loaded, clock }: Services, { mode }: BaseStepOptions): Promise<StepResult> {
  const { watched } = loaded.config.lake;
  const minutes = (await data.lake.status('bars')).filter(
    ({ subject, timeframe }) => timeframe === '1m' && watched.includes(subject),
  );
  if (minutes.length === 0) return { status: 'warn', message: 'no minutes of a watched series are stored' };
  const age = clock.now() - (Math.max(...minutes.map(({ lastTs }) => lastTs)) + MINUTE);
  const details = { age_ms: age };
  const message = `the newest minute is ${Math.round(age / MINUTE)} min old`;
  if (age < 5 * MINUTE) return { status: 'ok', message, details };
  return { status: mode === 'live' && age > 30 * MINUTE ? 'fail' : 'warn', message, details };
}
