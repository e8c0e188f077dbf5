/** `lake import`: files into the lake as one unit, all or nothing. */
import { parseColumnMap } from '../../data/lake/import/column-map.js';
import { importFiles } from '../../data/lake/import/import-files.js';
import { importTarget } from '../../data/lake/import/target.js';
import { EXIT } from '../../errors.js';
import { parseTimeframe } from '../../market/timeframe.js';
import { HomeLake } from '../home-lake.js';
import type { CommandContext } from './command-context.js';
import { count, plural } from './output.js';
import type { CommandResult } from './run-command.js';

export interface ImportFlags {
  readonly as: string;
  readonly symbol?: string;
  readonly tf?: string;
  readonly map?: string;
  readonly delimiter?: string;
  readonly assumeUtc?: boolean;
  readonly tolerant?: boolean;
  readonly mergePartials?: boolean;
}

export async function runLakeImport(
  context: CommandContext,
  files: readonly string[],
  flags: ImportFlags,
): Promise<CommandResult> {
  const { dataset } = importTarget(flags.as);
  const timeframe = flags.tf === undefined ? undefined : parseTimeframe(flags.tf);
  const map = flags.map === undefined ? undefined : parseColumnMap(flags.map);
  const data = await HomeLake.open(context.home, context.config, context.clock);
  const progress = context.progress('import', 'rows');
  try {
    const report = await data.write(() =>
      importFiles(
        {
          lake: data.lake,
          now: context.clock.now(),
          onProgress: ({ rows, phase }) => {
            progress.update(rows, undefined, phase);
            if (phase === 'read') context.signal.throwIfAborted();
          },
        },
        {
          dataset,
          sources: files.map((path) => ({
            path,
            ...(flags.symbol === undefined ? {} : { subject: flags.symbol }),
            ...(map === undefined ? {} : { map }),
            ...(flags.delimiter === undefined ? {} : { delimiter: flags.delimiter }),
            ...(flags.assumeUtc ? { assumeUtc: true } : {}),
          })),
          ...(timeframe === undefined ? {} : { timeframe }),
          ...(flags.tolerant ? { tolerant: true } : {}),
          ...(flags.mergePartials ? { mergePartials: true } : {}),
        },
      ),
    );
    context.keep(`${count(report.rowsWritten)} rows of ${report.dataset}`);
    const refused = Object.entries(report.refused).map(([code, rows]) => `${count(rows)} ${code}`);
    return {
      data: {
        dataset: report.dataset,
        timeframe: report.timeframe ?? null,
        subjects: report.subjects,
        files: report.files,
        recognised: report.recognised,
        rows_read: report.rowsRead,
        rows_written: report.rowsWritten,
        rows_merged: report.rowsMerged,
        rows_refused: report.rowsRefused,
        rows_reordered: report.rowsReordered,
        refused: report.refused,
        examples: report.examples,
        parts: report.parts.map(({ path }) => path),
      },
      text: [
        ...recognisedLines(report.files, report.recognised),
        `${count(report.rowsWritten)} of ${count(report.rowsRead)} rows written to ${report.dataset}${
          report.timeframe ? ` ${report.timeframe}` : ''
        }: ${report.subjects.join(', ')}`,
        ...(report.rowsMerged > 0
          ? [`${count(report.rowsMerged)} rows merged into another of their key`]
          : []),
        ...(report.rowsReordered > 0 ? [`${count(report.rowsReordered)} rows sorted in`] : []),
        ...(refused.length > 0 ? [`Left out: ${refused.join(', ')}`] : []),
        ...report.examples
          .slice(0, 5)
          .map(({ file, row, column, code }) => `  ${file} row ${row} column ${column}: ${code}`),
      ].join('\n'),
      exit: report.rowsRefused > 0 ? EXIT.findings : EXIT.ok,
    };
  } finally {
    progress.stop();
    await data.close();
  }
}

/** What the files were taken for: files of one kind in one line. */
function recognisedLines(files: readonly string[], sentences: readonly string[]): string[] {
  const kinds = new Map<string, string[]>();
  for (const [at, sentence] of sentences.entries()) {
    kinds.set(sentence, [...(kinds.get(sentence) ?? []), files[at]!]);
  }
  return [...kinds].map(
    ([sentence, [first, ...others]]) =>
      `${first}${others.length > 0 ? ` and ${plural(others.length, 'other file')}` : ''}: ${sentence}`,
  );
}
