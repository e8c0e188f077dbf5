/** `lake sql`: one read-only query as a table, CSV (our time columns as ISO-8601 with `Z`) or Parquet. */

import { isTimeColumn } from '../../data/lake/csv-time.js';
import { TidewatchError } from '../../errors.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { HomeLake } from '../home-lake.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseWhole } from './flags.js';
import { count, number, renderTable, text } from './output.js';
import type { CommandResult } from './run-command.js';

const NUMERIC =
  /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|FLOAT|DOUBLE|DECIMAL)/;

const FORMATS = ['table', 'csv', 'parquet'] as const;
type Format = (typeof FORMATS)[number];

export interface SqlFlags {
  readonly format?: string;
  readonly out?: string;
  readonly limit: string;
}

export async function runLakeSql(
  context: CommandContext,
  query: string,
  flags: SqlFlags,
): Promise<CommandResult> {
  const format = formatOf(flags);
  const limit = parseWhole(flags.limit, '--limit', 1, 10_000_000);
  const { out } = flags;
  const opened = await HomeLake.open(context.home, context.config, context.clock);
  const { lake } = opened;
  try {
    if (out !== undefined && format === 'parquet') {
      return written(out, await lake.sqlToParquet(query, out));
    }
    const answer = await lake.sql(query, { maxRows: format === 'csv' ? 10_000_000 : limit });
    if (answer.truncated) {
      context.warn({
        code: 'truncated',
        message: `only the first ${count(answer.rows.length)} rows are given`,
      });
    }
    const data = { columns: answer.columns, rows: answer.rows, truncated: answer.truncated };
    if (format === 'csv') {
      const times = answer.columns.map(({ name, type }) => type === 'BIGINT' && isTimeColumn(name));
      const rows = answer.rows.map((row) =>
        row.map((value, at) => (times[at] ? isoText(value) : cell(value))),
      );
      const lines = [answer.columns.map(({ name }) => name), ...rows]
        .map((row) => row.map(csvField).join(','))
        .join('\n');
      if (out !== undefined) {
        writeFileAtomic(out, `${lines}\n`);
        return written(out, rows.length);
      }
      return { data, text: lines };
    }
    const rows = answer.rows.map((row) => row.map(cell));
    return {
      data,
      text: renderTable(
        answer.columns.map(({ name, type }) => (NUMERIC.test(type) ? number(name) : text(name))),
        rows,
        context.style,
      ),
    };
  } finally {
    await opened.close();
  }
}

function written(file: string, rows: number): CommandResult {
  return { data: { file, rows }, text: `${count(rows)} ${rows === 1 ? 'row' : 'rows'} in ${file}` };
}

/** What was asked for, else by the ending of the file, else a table. */
function formatOf({ format, out }: SqlFlags): Format {
  const ending = FORMATS.find((name) => out?.toLowerCase().endsWith(`.${name}`));
  const chosen = format === undefined ? (ending ?? 'table') : parseChoice(format, 'format', FORMATS);
  if (out !== undefined && chosen === 'table') {
    throw new TidewatchError('bad_parameter', 'a table is for the terminal and cannot be written to a file', {
      hint: 'use --format csv or --format parquet',
    });
  }
  if (out === undefined && chosen === 'parquet') {
    throw new TidewatchError('bad_parameter', 'Parquet goes into a file', { hint: 'add --out FILE' });
  }
  return chosen;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Our time columns hold epoch ms; a query may have put something else under their name. */
function isoText(value: unknown): string {
  const time = typeof value === 'number' ? new Date(value) : undefined;
  return time === undefined || Number.isNaN(time.getTime()) ? cell(value) : time.toISOString();
}

/** RFC 4180. */
function csvField(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
