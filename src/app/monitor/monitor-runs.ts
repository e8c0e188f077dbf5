/**
 * Majors-vs-alts runs in <home>/runs: a folder each with its files and a manifest, and one row each in a catalog. The
 * id follows from lake, range and configuration, so the same run is never there twice.
 */
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ResearchLake } from '../../data/research-lake/read-research-lake.js';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import { asWriteError, writeFileAtomic } from '../../platform/atomic-file.js';
import { type MonitorConfig, monitorSchema } from '../../platform/monitor-config.js';
import { VERSION } from '../../platform/package.js';
import type { RunManifest, RunStore } from '../regime/run-store.js';
import type { MajorsReportFacts } from '../report/majors/majors-report.js';
import type { MonitorRun } from './compute-run.js';
import { type MonitorBook, monitorBookSchema } from './monitor-book.js';
import { BOOK_FILE, writeRunFiles } from './run-files.js';

const DAY_MS = 86_400_000;

/** What the manifest of such a run holds beside what every run holds. */
const runConfigSchema = z.object({
  name: z.string(),
  title: z.string().nullable(),
  category: z.string().nullable(),
  lake: z.string(),
  /** As asked, inclusive; null = the first or last day with a price. */
  start_day: z.int().nullable(),
  end_day: z.int().nullable(),
  /** SHA-256 of each file of the lake that was read. */
  files: z.record(z.string(), z.string()),
  monitor: monitorSchema,
});
export type MonitorRunConfig = z.infer<typeof runConfigSchema>;

/** What names a run and makes it equal to another. */
export interface RunIdentity {
  readonly name: string;
  readonly title: string | null;
  readonly category: string | null;
  /** Absolute folder of the lake. */
  readonly lake: string;
  /** Days since 1970, both included. */
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly config: MonitorConfig;
}

/** Manifest without what is known only after the files are written. */
function describe(lake: ResearchLake, identity: RunIdentity, runs: RunStore) {
  const data: RunManifest['data'] = {
    instrument_id: `lake:majors-alts:${identity.name}`,
    timeframe: '1d',
    source: 'native',
    rows: lake.panel.close.reduce((count, value) => count + Number(!Number.isNaN(value)), 0),
    first_ts: lake.start * DAY_MS,
    last_ts: lake.end * DAY_MS,
    hash: createHash('sha256').update(JSON.stringify(lake.files)).digest('hex'),
  };
  const config: MonitorRunConfig = {
    name: identity.name,
    title: identity.title,
    category: identity.category,
    lake: identity.lake,
    start_day: identity.start ?? null,
    end_day: identity.end ?? null,
    files: { ...lake.files },
    // where files go is no part of what was computed
    monitor: { ...identity.config, outputs: { reports_dir: null, artifacts_dir: null, cache_dir: null } },
  };
  const { lake: _, files: __, ...computed } = config;
  return {
    data,
    config,
    id: runs.id('majors_alts', data, JSON.stringify([VERSION, data.first_ts, data.last_ts, computed])),
  };
}

/** Facts that the report of a run names. */
function factsOf(
  id: string,
  { config, data }: { config: MonitorRunConfig; data: RunManifest['data'] },
): MajorsReportFacts {
  return {
    runId: id,
    version: VERSION,
    dataHash: data.hash,
    reproduce: `tidewatch audit replay ${id}`,
    monitor: config.monitor,
  };
}

/**
 * Writes a run: its folder, the same files into the report folder where one is given, a row of the catalog.
 * @throws TidewatchError `disk_full`, `write_failed`
 */
export async function recordMonitorRun(
  {
    runs,
    clock,
    reports,
  }: { readonly runs: RunStore; readonly clock: Clock; readonly reports: string | null },
  lake: ResearchLake,
  identity: RunIdentity,
  run: MonitorRun,
): Promise<{ manifest: RunManifest; files: string[] }> {
  const described = describe(lake, identity, runs);
  const folder = runs.folderOf(described.id);
  const outputs = await writeRunFiles(folder, run, factsOf(described.id, described));
  const manifest = runs.write({
    run_id: described.id,
    kind: 'majors_alts',
    created_at: clock.now(),
    version: VERSION,
    seed: 42,
    config: described.config,
    data: described.data,
    model_id: null,
    outputs,
  });
  const files = reports === null ? [] : publish(folder, reports);
  addToCatalog(join(folder, '..', 'majors-alts-catalog.csv'), manifest, run.book);
  return { manifest, files };
}

/**
 * Copies the files of a run; those of an earlier run that this one lacks are removed. Each file is there whole or not at
 * all; what a power cut may take from the copies is still in the run, so they are not waited for one by one.
 * @throws TidewatchError `disk_full`, `write_failed`
 */
function publish(folder: string, reports: string): string[] {
  mkdirSync(reports, { recursive: true, mode: 0o700 });
  const names = readdirSync(folder).filter((name) => !name.startsWith('.') && name !== BOOK_FILE);
  for (const name of names) {
    const partial = join(reports, `.${name}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      copyFileSync(join(folder, name), partial);
      renameSync(partial, join(reports, name));
    } catch (error) {
      rmSync(partial, { force: true });
      throw asWriteError(join(reports, name), error);
    }
  }
  if (!names.includes('dashboard.html')) rmSync(join(reports, 'dashboard.html'), { force: true });
  return names.map((name) => join(reports, name)).sort();
}

const CATALOG_COLUMNS = [
  'run_id',
  'name',
  'title',
  'category',
  'profile',
  'from',
  'to',
  'n_days',
  'total_return',
  'cagr',
  'sharpe',
  'sortino',
  'max_drawdown',
  'version',
];

function addToCatalog(path: string, { run_id, config, version }: RunManifest, book: MonitorBook): void {
  const held = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').slice(1) : [];
  const day = (ts: number): string => new Date(ts).toISOString().slice(0, 10);
  const cells = [
    run_id,
    book.name,
    book.title ?? '',
    String(config.category ?? ''),
    book.profile,
    day(book.data.from),
    day(book.data.to),
    String(book.daily.ts.length),
    ...['total_return', 'cagr', 'sharpe', 'sortino', 'max_drawdown'].map((name) =>
      String(book.kpis[name] ?? ''),
    ),
    version,
  ];
  const row = cells
    .map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""').replaceAll('\n', ' ')}"` : cell))
    .join(',');
  const others = held.filter((line) => !line.startsWith(`${run_id},`));
  writeFileAtomic(path, `${[CATALOG_COLUMNS.join(','), ...others, row].join('\n')}\n`);
}

/** @throws TidewatchError `bad_parameter` when the run is of another kind, `unreadable_file` */
export function monitorRunConfig(manifest: RunManifest): MonitorRunConfig {
  if (manifest.kind !== 'majors_alts') {
    throw new TidewatchError('bad_parameter', `${manifest.run_id} is not a majors-vs-alts run`, {
      hint: 'see: tidewatch monitor compare --what run',
      details: { run_id: manifest.run_id, kind: manifest.kind },
    });
  }
  const parsed = runConfigSchema.safeParse(manifest.config);
  if (parsed.success) return parsed.data;
  throw new TidewatchError(
    'unreadable_file',
    `the manifest of ${manifest.run_id} is not of a majors-vs-alts run`,
    {
      hint: 'run it again: tidewatch monitor run',
      details: { run_id: manifest.run_id },
    },
  );
}

/** @throws TidewatchError `unreadable_file` when the book is missing or not the one that the run wrote */
export function readMonitorBook(runs: RunStore, manifest: RunManifest): MonitorBook {
  monitorRunConfig(manifest);
  const path = join(runs.folderOf(manifest.run_id), BOOK_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw refused(manifest, 'it is not there', cause);
  }
  if (createHash('sha256').update(text).digest('hex') !== manifest.outputs?.[BOOK_FILE]) {
    throw refused(manifest, 'it is not what the run wrote');
  }
  const parsed = monitorBookSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw refused(manifest, 'another version wrote it');
}

function refused({ run_id }: RunManifest, why: string, cause?: unknown): TidewatchError {
  return new TidewatchError('unreadable_file', `cannot read the book of ${run_id} · ${why}`, {
    hint: 'run it again: tidewatch monitor run',
    details: { run_id },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Writes the files of a run again, elsewhere. @returns hashes by name */
export function rewriteRunFiles(
  folder: string,
  manifest: RunManifest,
  run: MonitorRun,
): Promise<Readonly<Record<string, string>>> {
  const config = monitorRunConfig(manifest);
  return writeRunFiles(folder, run, factsOf(manifest.run_id, { config, data: manifest.data }));
}
