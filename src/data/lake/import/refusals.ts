/** Rows that cannot be stored: counted by reason in tolerant mode, an error with row and column in strict mode. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type ErrorCode, TidewatchError } from '../../../errors.js';
import { rowsOf } from '../session.js';
import { brokenRowsSql, type FileRows } from './import-rows.js';
import type { Refusal } from './request.js';
import { dataRow } from './staged-file.js';
import type { ImportTarget } from './target.js';

const EXAMPLES = 20;

/** Refused rows by reason. */
export class Tally {
  readonly byReason: Record<string, number> = {};
  readonly examples: Refusal[] = [];
  total = 0;

  add(code: ErrorCode, count: number): void {
    this.byReason[code] = (this.byReason[code] ?? 0) + count;
    this.total += count;
  }

  show(refusal: Refusal): void {
    if (this.examples.length < EXAMPLES) this.examples.push(refusal);
  }

  nothingLeft(names: string): TidewatchError {
    const [code] = Object.entries(this.byReason).sort((a, b) => b[1] - a[1])[0]!;
    const reasons = Object.entries(this.byReason).map(([reason, count]) => `${count} ${reason}`);
    return new TidewatchError(
      code as ErrorCode,
      `every row of ${names} was refused (${reasons.join(', ')})`,
      {
        hint: 'import without --tolerant to see the first one',
        details: { refused: this.byReason, examples: this.examples },
      },
    );
  }
}

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  ambiguous_time_unit: 'is no time in the unit of the others',
  future_time: 'lies in the future',
  implausible_value: 'cannot be right',
  inconsistent_bar: 'does not enclose the other prices of its bar',
  invalid_instrument: 'is no instrument id',
  misaligned_time: 'lies off the grid of the timeframe',
  naive_time: 'carries no zone',
  negative_volume: 'is below zero',
  non_finite_value: 'is missing or not finite',
  non_positive_price: 'is not above zero',
  unreadable_value: 'is not a number or time',
};

const HINTS: Partial<Record<ErrorCode, string>> = {
  naive_time: 'say --assume-utc when the times are UTC, or write the zone; --tolerant leaves such rows out',
  misaligned_time: 'is --tf right, and are these open times? --tolerant leaves such rows out',
};

function refusalError(refusal: Refusal, code: ErrorCode, sentence: string): TidewatchError {
  return new TidewatchError(code, sentence, {
    hint:
      HINTS[code] ?? 'mend the file, or import with --tolerant, which leaves such rows out and counts them',
    details: { ...refusal },
  });
}

/** The first row of a file that cannot be stored, as an error. */
export async function firstRefusal(
  connection: DuckDBConnection,
  target: ImportTarget,
  file: FileRows,
): Promise<TidewatchError> {
  const { staged } = file;
  const [first] = await rowsOf(connection, `${brokenRowsSql(file, target)} ORDER BY row LIMIT 1`);
  const refusal = first && refusalOf(file, first);
  const rejected = staged.rejected[0];
  if (rejected && (!refusal || rejected.row < refusal.row)) {
    const { row, column, code, detail } = rejected;
    const where = column === '' ? `row ${row}` : `${column} of row ${row}`;
    return refusalError(
      { file: staged.file.name, row, column, code },
      code,
      `${staged.file.name}: ${where} · ${detail}`,
    );
  }
  const { row, column, code, value } = refusal!;
  const shown = value === undefined ? '' : ` (${value})`;
  return refusalError(
    refusal!,
    code as ErrorCode,
    `${staged.file.name}: ${column} of row ${row}${shown} ${SENTENCES[code as ErrorCode] ?? 'is invalid'}`,
  );
}

function refusalOf(file: FileRows, row: Record<string, unknown>): Refusal {
  const [code, column] = String(row.problem).split('|') as [string, string];
  const value = column === 'ts' ? row.t : column in row ? row[column] : row.subject;
  return {
    file: file.staged.file.name,
    row: dataRow(file.staged, Number(row.row)),
    column,
    code,
    ...(value === null || value === undefined ? {} : { value: String(value).slice(0, 60) }),
  };
}

/** Adds every refused row of a file to the tally, with its number, column and the code of the rule. */
export async function countRefusals(
  connection: DuckDBConnection,
  target: ImportTarget,
  file: FileRows,
  tally: Tally,
): Promise<void> {
  for (const { row, column, code } of file.staged.rejected) {
    tally.add(code, 1);
    tally.show({ file: file.staged.file.name, row, column, code });
  }
  const broken = brokenRowsSql(file, target);
  const counts = await rowsOf(
    connection,
    `SELECT problem, count(*) AS n FROM (${broken}) GROUP BY problem ORDER BY problem`,
  );
  for (const { problem, n } of counts) tally.add(String(problem).split('|')[0] as ErrorCode, Number(n));
  for (const row of await rowsOf(connection, `${broken} ORDER BY row LIMIT ${EXAMPLES}`)) {
    tally.show(refusalOf(file, row));
  }
}
