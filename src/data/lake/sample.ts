/**
 * The sample data as the lake holds them. `data/sample/manifest.json` says of every file which dataset, instruments,
 * timeframe, columns and time convention it has, or why it is not imported.
 *
 * Conventions worth knowing: a daily equity bar is stamped midnight of its session date; a prediction market's price
 * of about 00:00 becomes the bar of that day with O = H = L = C and volume 0, so it counts as known a day later, never
 * early; a dominance value is an end-of-day value, stored at the last millisecond of its day; open interest of day D is
 * its closing value, known from D + 1; funding is stamped with its settlement.
 *
 * Files of one dataset and timeframe go in together: one part per month and venue, not one per file.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { TIMEFRAMES } from '../../market/timeframe.js';
import { DATASET_NAMES } from './datasets.js';
import { type ImportContext, importFiles } from './import/import-files.js';
import type { ImportReport, ImportSource } from './import/request.js';

const sourceSchema = z.strictObject({
  file: z.string().regex(/^[\w./-]+$/),
  rows: z.int().positive(),
  subject: z.string().min(1),
  map: z.record(z.string(), z.string()).optional(),
  constants: z.record(z.string(), z.number()).optional(),
  time_rule: z.enum(['as_is', 'start_of_day', 'end_of_day']).optional(),
});

const manifestSchema = z.strictObject({
  version: z.literal(1),
  groups: z.array(
    z.strictObject({
      dataset: z.enum(DATASET_NAMES),
      timeframe: z.enum(TIMEFRAMES).optional(),
      sources: z.array(sourceSchema).min(1),
    }),
  ),
  not_imported: z.array(z.strictObject({ file: z.string(), reason: z.string().min(1) })),
});

export type SampleManifest = z.infer<typeof manifestSchema>;

/** What of the sample was imported, and why the rest was not. */
export interface SampleReport {
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly files: number;
  readonly parts: number;
  readonly imports: readonly ImportReport[];
  readonly notImported: readonly { readonly file: string; readonly reason: string }[];
}

/** @throws TidewatchError `file_not_found`, `unreadable_file`, `unsupported_schema_version` */
export async function readSampleManifest(folder: string): Promise<SampleManifest> {
  const path = join(folder, 'manifest.json');
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new TidewatchError(
      isMissing ? 'file_not_found' : 'unreadable_file',
      `${path} ${isMissing ? 'does not exist' : 'cannot be read'}`,
      { hint: 'the sample data come with the package; install it again', details: { file: path }, cause },
    );
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const code = issue.path[0] === 'version' ? 'unsupported_schema_version' : 'unreadable_file';
  throw new TidewatchError(code, `${path} does not fit · ${issue.path.join('.')}: ${issue.message}`, {
    hint: 'the sample data come with the package; install it again',
    details: { file: path },
  });
}

/**
 * Imports every file of the sample.
 * @param folder `data/sample`
 * @param onProgress rows done (half for reading, half for writing) and rows in all
 * @throws TidewatchError
 */
export async function importSample(
  context: ImportContext,
  folder: string,
  onProgress?: (done: number, total: number) => void,
): Promise<SampleReport> {
  const manifest = await readSampleManifest(folder);
  const rowsOf = (sources: readonly { readonly rows: number }[]): number =>
    sources.reduce((sum, { rows }) => sum + rows, 0);
  const total = rowsOf(manifest.groups.flatMap(({ sources }) => sources));
  const imports: ImportReport[] = [];
  let before = 0;
  for (const { dataset, timeframe, sources } of manifest.groups) {
    const size = rowsOf(sources);
    const report = await importFiles(
      {
        ...context,
        onProgress: ({ phase, rows }) => {
          onProgress?.(before + (phase === 'read' ? Math.round(rows / 2) : size), total);
        },
      },
      {
        dataset,
        ...(timeframe && { timeframe }),
        sources: sources.map((source) => sourceOf(folder, source)),
      },
    );
    if (report.rowsRead !== size) {
      throw new TidewatchError(
        'unreadable_file',
        `the sample files ${report.files.join(', ')} hold ${report.rowsRead} rows, the manifest says ${size}`,
        { hint: 'the sample data come with the package; install it again' },
      );
    }
    imports.push(report);
    before += size;
  }
  const sum = (pick: (report: ImportReport) => number): number =>
    imports.reduce((all, report) => all + pick(report), 0);
  return {
    rowsRead: sum(({ rowsRead }) => rowsRead),
    rowsWritten: sum(({ rowsWritten }) => rowsWritten),
    files: new Set(imports.flatMap(({ files }) => files)).size,
    parts: sum(({ parts }) => parts.length),
    imports,
    notImported: manifest.not_imported,
  };
}

function sourceOf(folder: string, source: z.infer<typeof sourceSchema>): ImportSource {
  const { file, subject, map, constants, time_rule: timeRule } = source;
  return {
    path: join(folder, file),
    subject,
    ...(map && { map }),
    ...(constants && { constants }),
    ...(timeRule && { timeRule }),
  };
}
