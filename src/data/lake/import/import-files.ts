/**
 * Files into the lake: parse everything, check everything, then publish in one go. So a file that is refused leaves
 * nothing behind, and a killed import leaves whole parts only, which the next run repeats without harm.
 *
 * Strict (default): the first row that cannot be stored ends the import with its row and column. Tolerant: such rows
 * are left out and counted by reason, rows out of order are sorted, repeated keys keep the first row.
 * Always: rows read = rows written + rows merged + rows refused.
 *
 * Memory: staged columns live in the query engine, 8 bytes a cell, and go to its temporary folder above its limit.
 */
import { TidewatchError } from '../../../errors.js';
import type { Lake } from '../lake.js';
import type { LakeFile } from '../lake-file.js';
import type { LakeWriter } from '../lake-writer.js';
import { quote, rowsOf, type Session } from '../session.js';
import { checkRows, type Plan } from './check-rows.js';
import { type InputFile, InputFiles } from './input-file.js';
import { type Recognised, recognise } from './recognise.js';
import type { ImportReport, ImportRequest, ImportSource } from './request.js';
import { meaningOf, stageFile } from './stage.js';
import type { StagedFile } from './staged-file.js';
import { importTarget } from './target.js';
import { type TradeBars, tradesToBars } from './trades-to-bars.js';

export interface ImportProgress {
  readonly phase: 'read' | 'write';
  /** Rows that have been read or written so far. */
  readonly rows: number;
}

/** Where an import writes, and what counts as now. */
export interface ImportContext {
  readonly lake: Lake;
  /** UTC ms: rows stamped later are refused, the bar that holds it is partial. */
  readonly now: number;
  readonly onProgress?: (progress: ImportProgress) => void;
}

/** Archives of trades have hundreds of millions of rows. */
const LONGEST = 12 * 3_600_000;

let imports = 0;

/**
 * Imports files or folders as one unit.
 * @throws TidewatchError with file, row and column in its details; nothing has been published then
 */
export async function importFiles(context: ImportContext, request: ImportRequest): Promise<ImportReport> {
  const target = importTarget(request.dataset);
  if (request.mergePartials && target.dataset !== 'bars') {
    throw new TidewatchError('bad_parameter', `rows of ${target.dataset} cannot be merged`, {
      hint: 'leave --merge-partials out: it is for candles',
    });
  }
  imports += 1;
  const prefix = `import_${process.pid}_${imports}`;
  const inputs = new InputFiles();
  let current: InputFile | undefined;
  try {
    const opened: { source: ImportSource; file: InputFile }[] = [];
    for (const source of request.sources) {
      for (const file of await inputs.open(source.path)) opened.push({ source, file });
    }
    const recognised: Recognised[] = [];
    for (const { source, file } of opened) recognised.push(await recognise(file, source, target));
    const ofTrades = recognised.filter(({ isTrades }) => isTrades).length;
    if (ofTrades > 0 && ofTrades < opened.length) throw mixedContent(opened, recognised);
    const plan = await context.lake.session.use(async (connection) => {
      const staged: StagedFile[] = [];
      let rows = 0;
      for (const [index, { source, file }] of opened.entries()) {
        current = file;
        const meaning = meaningOf(source, target, recognised[index]!);
        const next = await stageFile(connection, file, meaning, `${prefix}_${index}`);
        staged.push(next);
        rows += next.rows + next.rejected.length;
        context.onProgress?.({ phase: 'read', rows });
      }
      current = undefined;
      return ofTrades > 0
        ? tradesToBars(connection, staged, request, context.now)
        : checkRows(connection, target, staged, request, context.now, prefix);
    }, LONGEST);
    const parts = await publish(await context.lake.writer(), plan, request);
    context.onProgress?.({ phase: 'write', rows: plan.report.rowsWritten });
    return { ...plan.report, recognised: recognised.map(({ sentence }) => sentence), parts };
  } catch (error) {
    throw asImportError(error, current);
  } finally {
    await inputs.close();
    await dropTables(context.lake.session, prefix);
  }
}

async function publish(
  writer: LakeWriter,
  plan: Plan | TradeBars,
  request: ImportRequest,
): Promise<readonly LakeFile[]> {
  const { dataset } = plan.report;
  const options = { source: request.origin ?? 'archive' };
  if ('batches' in plan) {
    const parts: LakeFile[] = [];
    for (const batch of plan.batches) parts.push(...(await writer.append('bars', batch, options)));
    return parts;
  }
  return plan.slices
    ? writer.publishSlices(dataset, plan.slices, options)
    : writer.publishQuery(dataset, plan.select, options);
}

function mixedContent(
  opened: readonly { readonly file: InputFile }[],
  recognised: readonly Recognised[],
): TidewatchError {
  const nameOf = (isTrades: boolean): string =>
    opened[recognised.findIndex((each) => each.isTrades === isTrades)]!.file.name;
  return new TidewatchError('bad_parameter', `${nameOf(true)} holds trades and ${nameOf(false)} does not`, {
    hint: 'import trades and candles one after the other',
    details: { files: opened.map(({ file }) => file.name) },
  });
}

/** What the query engine says about a file it cannot read, in our words. */
function asImportError(error: unknown, file: InputFile | undefined): unknown {
  if (error instanceof TidewatchError && error.code === 'missing_column' && file) {
    const { hint, details } = error;
    const named = error.message.replace(/^the file /, `${file.name} `);
    return new TidewatchError('missing_column', named, {
      ...(hint === undefined ? {} : { hint }),
      details,
      cause: error,
    });
  }
  if (error instanceof TidewatchError || !(error instanceof Error)) return error;
  const message = error.message.split('\n')[0]!.slice(0, 300);
  if (/No space left|ENOSPC/i.test(message)) {
    return new TidewatchError('disk_full', `the import ran out of disk space · ${message}`, {
      hint: 'free space and run it again; nothing was published',
      cause: error,
    });
  }
  if (!file) return error;
  return new TidewatchError(
    'unreadable_file',
    `${file.name} cannot be read as ${file.format} · ${message.replaceAll(file.path, file.name)}`,
    {
      hint: 'is the file whole, and of the stated format?',
      details: { file: file.name, format: file.format },
      cause: error,
    },
  );
}

async function dropTables(session: Session, prefix: string): Promise<void> {
  await session.use(async (connection) => {
    const tables = await rowsOf(
      connection,
      `SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, ${quote(`${prefix}_`)})`,
    );
    for (const { table_name: table } of tables) await connection.run(`DROP TABLE IF EXISTS ${table}`);
  });
}
