/** `lake sql`: one read-only query as a table, CSV or Parquet. */
import { TidewatchError } from '../../errors.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { HomeLake } from '../home-lake.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseWhole } from './flags.js';
import { number, renderTable, text } from './output.js';
import type { CommandResult } from './run-command.js';

const NUMERIC =
  /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|FLOAT|DOUBLE|DECIMAL)/;

export async function runLakeSql(
  context: CommandContext,
  query: string,
  options: { format: string; out?: string; limit: string },
): Promise<CommandResult> {
  const format = parseChoice(options.format, 'format', ['table', 'csv', 'parquet']);
  const limit = parseWhole(options.limit, '--limit', 1, 10_000_000);
  if (format === 'parquet') {
    throw new TidewatchError('bad_parameter', 'a query cannot be written as Parquet yet', {
      hint: 'use --format csv, or: tidewatch lake export for whole series',
    });
  }
  const data = await HomeLake.open(context.home, context.config, context.clock);
  const { lake } = data;
  try {
    const answer = await lake.sql(query, { maxRows: format === 'csv' ? 10_000_000 : limit });
    const names = answer.columns.map(({ name }) => name);
    if (answer.truncated) {
      context.warn({ code: 'truncated', message: `only the first ${answer.rows.length} rows are shown` });
    }
    const data = { columns: answer.columns, rows: answer.rows, truncated: answer.truncated };
    if (format === 'csv') {
      const lines = [names, ...answer.rows.map((row) => row.map(cell))].map((row) =>
        row.map(csvField).join(','),
      );
      if (options.out === undefined) return { data, text: lines.join('\n') };
      writeFileAtomic(options.out, `${lines.join('\n')}\n`);
      return {
        data: { file: options.out, rows: answer.rows.length },
        text: `${answer.rows.length} rows in ${options.out}`,
      };
    }
    return {
      data,
      text: renderTable(
        answer.columns.map(({ name, type }) => (NUMERIC.test(type) ? number(name) : text(name))),
        answer.rows.map((row) => row.map(cell)),
        context.style,
      ),
    };
  } finally {
    await data.close();
  }
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** RFC 4180. */
function csvField(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
