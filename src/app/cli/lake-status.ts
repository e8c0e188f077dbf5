import { parseDataset } from '../../data/lake/datasets.js';
import { HomeLake } from '../home-lake.js';
import { resolveSymbol } from '../resolve-symbol.js';
import { statusRow } from '../status-row.js';
import type { CommandContext } from './command-context.js';
import { bytes, count, minute, number, renderTable, shortName, text } from './output.js';
import type { CommandResult } from './run-command.js';

export async function runLakeStatus(
  context: CommandContext,
  options: { dataset?: string; symbol?: string },
): Promise<CommandResult> {
  const dataset = options.dataset === undefined ? undefined : parseDataset(options.dataset);
  const data = await HomeLake.open(context.home, context.config, context.clock);
  const { lake } = data;
  try {
    const subject =
      options.symbol === undefined
        ? undefined
        : (await resolveSymbol(options.symbol, context.config.lake.watched, lake)).id;
    const rows = (await lake.status(dataset)).filter(
      (row) => subject === undefined || row.subject === subject,
    );
    const newest = Math.max(...rows.map(({ lastTs }) => lastTs));
    return {
      data: {
        datasets: rows.map(statusRow),
      },
      text:
        rows.length === 0
          ? 'The lake is empty. Import with: tidewatch lake import FILE, or run: tidewatch start'
          : renderTable(
              [
                text('Dataset'),
                text('Subject'),
                text('TF'),
                number('Rows'),
                text('From (UTC)'),
                text('To'),
                number('Files'),
                number('Size'),
                number('Age'),
              ],
              rows.map((row) => [
                row.dataset,
                shortName(row.subject),
                row.timeframe === 'none' ? '' : row.timeframe,
                count(row.rows),
                minute(row.firstTs),
                minute(row.lastTs),
                count(row.files),
                bytes(row.bytes),
                age(row.ageMs),
              ]),
              context.style,
            ),
      ...(Number.isFinite(newest) ? { asOf: newest } : {}),
    };
  } finally {
    await data.close();
  }
}

function age(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h`;
  return `${count(Math.round(minutes / 1440))} d`;
}
