import { parseDataset } from '../../data/lake/datasets.js';
import { EXPORT_FORMATS, exportRows } from '../../data/lake/export.js';
import { parseTimeframe } from '../../market/timeframe.js';
import { resolveSymbol } from '../resolve-symbol.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseRange } from './flags.js';
import { count } from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

export interface ExportFlags {
  readonly as: string;
  readonly symbol?: string;
  readonly tf?: string;
  readonly from?: string;
  readonly to?: string;
  readonly format?: string;
  readonly out: string;
}

/** `lake export`: rows of a dataset into one file. */
export async function runLakeExport(context: CommandContext, flags: ExportFlags): Promise<CommandResult> {
  const dataset = parseDataset(flags.as);
  const timeframe = flags.tf === undefined ? undefined : parseTimeframe(flags.tf);
  const format = flags.format === undefined ? undefined : parseChoice(flags.format, 'format', EXPORT_FORMATS);
  const { from, to } = parseRange(flags.from, flags.to);
  return withServices(context, async ({ data }) => {
    const { watched } = context.config.lake;
    const report = await exportRows(data.lake, {
      dataset,
      out: flags.out,
      ...(flags.symbol === undefined
        ? {}
        : {
            subjects: [
              await subjectOf(dataset, flags.symbol, () => resolveSymbol(flags.symbol, watched, data.lake)),
            ],
          }),
      ...(timeframe === undefined ? {} : { timeframe }),
      ...(format === undefined ? {} : { format }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
    context.keep(report.file);
    return {
      data: report,
      text: `${count(report.rows)} rows of ${dataset} in ${report.file}`,
    };
  });
}

/** Drivers are named as they are. */
async function subjectOf(
  dataset: string,
  typed: string,
  resolve: () => Promise<{ readonly id: string }>,
): Promise<string> {
  return dataset === 'dominance_samples' || dataset === 'regime_bars' ? typed : (await resolve()).id;
}
