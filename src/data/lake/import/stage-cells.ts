/** Cells of Parquet and JSON into the columns of a staged table; text that is no number is marked in `bad`. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { quote } from '../session.js';
import type { ImportSource } from './request.js';
import { NULL_TEXTS, symbolFilter } from './staged-file.js';

/** A cell of the source as SQL: a number already, or text that has to become one. */
interface Cell {
  readonly name: string;
  readonly sql: string;
  readonly isText: boolean;
}

/**
 * Text is taken from the source once, then cast, then compared with what the cast made of it. Rows keep their order:
 * a list of eight in an IN becomes a join inside the engine, and a join on two threads shuffles row groups.
 */
export async function createFromCells(
  connection: DuckDBConnection,
  table: string,
  from: string,
  source: ImportSource,
  time: string,
  subject: string | undefined,
  cells: readonly Cell[],
): Promise<boolean> {
  const nulls = NULL_TEXTS.map(quote).join(', ');
  const own = subject === undefined ? [] : [`${subject} AS subject`];
  const kept = subject === undefined ? ['t'] : ['t', 'subject'];
  const texts = cells.filter(({ isText }) => isText).map(({ name }) => name);
  const taken = [`${time} AS t`, ...own, ...cells.map(({ name, sql }) => `${sql} AS x_${name}`)];
  const cast = cells.map(({ name, isText }) =>
    isText ? `try_cast(x_${name} AS DOUBLE) AS v_${name}` : `x_${name}::DOUBLE AS v_${name}`,
  );
  const marks = texts.map(
    (name) =>
      `WHEN v_${name} IS NULL AND x_${name} IS NOT NULL AND NOT list_contains([${nulls}], x_${name}) THEN '${name}'`,
  );
  const picked = [
    ...kept,
    ...cells.map(({ name }) => `CASE WHEN isnan(v_${name}) THEN NULL ELSE v_${name} END AS ${name}`),
    ...(marks.length === 0 ? [] : [`CASE ${marks.join(' ')} END AS bad`]),
  ];
  await connection.run(
    `CREATE TABLE ${table} AS SELECT ${picked.join(', ')} FROM (SELECT ${[...kept, ...texts.map((name) => `x_${name}`), ...cast].join(', ')}
     FROM (SELECT ${taken.join(', ')} FROM ${from}${symbolFilter(source, subject)}))`,
  );
  return marks.length > 0;
}
