/**
 * The files of a run in one folder (majors-alts spec §11). Written from nothing but the lake, the configuration and the
 * version, so the same three give the same bytes; their hashes go into the manifest.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HAS_FUNDING_AFTER, NEUTRAL_FEATURES } from '../../analysis/neutral/feature-table.js';
import type { MajorsAltsResult } from '../../backtest/panel/majors-alts-result.js';
import { writeParquetTable } from '../../data/research-lake/write-table.js';
import { FileBatch } from '../../platform/file-batch.js';
import { buildMajorsReport, type MajorsReportFacts } from '../report/majors/majors-report.js';
import type { MonitorRun } from './compute-run.js';
import type { MonitorBook } from './monitor-book.js';
import { runTables } from './run-tables.js';

/** What a page needs and an audit compares; not one of the files the spec names. */
export const BOOK_FILE = 'book.json';
/** Intervals of the figures of kpis.json and regime_metrics.csv, whose columns are fixed. */
const INTERVALS_FILE = 'intervals.json';
const FEATURES_FILE = 'features_wide.parquet';

const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** @returns SHA-256 of each file by name @throws TidewatchError `disk_full`, `write_failed` */
export async function writeRunFiles(
  folder: string,
  { result, book, signals }: MonitorRun,
  facts: MajorsReportFacts,
): Promise<Readonly<Record<string, string>>> {
  const files = new FileBatch(folder);
  // the engine writes while the texts are made
  files.add(FEATURES_FILE, (path) => writeParquetTable(path, featureColumns(result)));
  const hashes: Record<string, string> = {};
  const add = (name: string, text: string): void => {
    files.add(name, text);
    hashes[name] = createHash('sha256').update(text).digest('hex');
  };
  const texts: Record<string, string> = {
    ...runTables(result, book.profile),
    'kpis.json': json(result.kpis),
    [INTERVALS_FILE]: json(intervalsOf(book)),
    'regime_eval.json': json(book.regime_eval),
    'signals_today.json': json(signals ?? {}),
    [BOOK_FILE]: `${JSON.stringify(book)}\n`,
  };
  for (const [name, text] of Object.entries(texts)) add(name, text);
  // nothing was traded: there is nothing to draw
  if (result.daily.day.length > 0) add('dashboard.html', buildMajorsReport(book, facts));
  await files.commit();
  hashes[FEATURES_FILE] = createHash('sha256')
    .update(readFileSync(join(folder, FEATURES_FILE)))
    .digest('hex');
  return Object.fromEntries(Object.entries(hashes).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function intervalsOf({ intervals, regime_metrics }: MonitorBook) {
  return {
    level: 0.95,
    kpis: intervals,
    regimes: Object.fromEntries(
      regime_metrics.map(({ regime, mean_interval, total_interval }) => [
        regime,
        { mean_return: mean_interval, total_return: total_interval },
      ]),
    ),
  };
}

function featureColumns({ features }: MajorsAltsResult): Parameters<typeof writeParquetTable>[1] {
  return {
    day: features.day,
    numbers: [
      ...NEUTRAL_FEATURES.map((name) => ({ name: `raw_${name}`, values: features.raw[name] })),
      ...NEUTRAL_FEATURES.map((name) => ({ name: `z_${name}`, values: features.z[name] })),
    ],
    flags: [
      { name: 'has_funding', values: features.hasFunding, after: `raw_${HAS_FUNDING_AFTER}` },
      { name: 'valid', values: features.valid },
    ],
  };
}
