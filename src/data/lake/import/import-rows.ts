/**
 * The rows of the staged files under the names and units of their dataset: whose they are, when they are, what is
 * wrong with them. Everything here is SQL text over staged tables plus the few questions that decide it.
 */
import { basename } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { TidewatchError } from '../../../errors.js';
import { parseInstrument } from '../../../market/instrument.js';
import { TIMEFRAME_MS, TIMEFRAMES, type Timeframe } from '../../../market/timeframe.js';
import { quote, rowsOf } from '../session.js';
import { anyBrokenSql, firstBrokenSql, type RowRule } from './row-rules.js';
import { dataRow, type StagedFile } from './staged-file.js';
import type { ImportTarget } from './target.js';
import {
  chooseTimeUnit,
  fitsUnitSql,
  isNaiveSql,
  isoMillisecondsSql,
  millisecondsSql,
  TIME_UNITS,
  type TimeUnit,
} from './time-unit.js';

const DAY = 86_400_000;
const MOST_SUBJECTS = 5_000;

/** One file, ready to be checked and published. */
export interface FileRows {
  readonly staged: StagedFile;
  /** SELECT row (0-based), t, ts, subject, every column of the target, bad. */
  readonly select: string;
  /** Stored column of `select` that grows with ts: `t`, or `ts` where that is stored. */
  readonly clock: 't' | 'ts';
  /** What can be wrong with the time and the subject of a row in this file. */
  readonly rules: readonly RowRule[];
  /** Set when all rows are of one subject. */
  readonly subject: string | undefined;
}

/**
 * @throws TidewatchError `ambiguous_time_unit`, `naive_time`, `bad_parameter`, `invalid_instrument`
 */
export async function fileRows(
  connection: DuckDBConnection,
  staged: StagedFile,
  target: ImportTarget,
): Promise<FileRows> {
  const time = await timeOf(connection, staged);
  const subject = await subjectOf(connection, staged, target);
  const constants = staged.source.constants ?? {};
  const columns = target.columns.map(({ name, otherwise }) => {
    if (staged.columns.includes(name)) {
      return otherwise === undefined ? name : `coalesce(${name}, ${otherwise}) AS ${name}`;
    }
    const value = constants[name] ?? otherwise;
    return `${value === undefined ? 'NULL' : Number(value)}::DOUBLE AS ${name}`;
  });
  const ts = {
    as_is: time.sql,
    start_of_day: startOfDay(time.sql),
    end_of_day: `${startOfDay(time.sql)} + ${DAY - 1}`,
  }[staged.source.timeRule ?? 'as_is'];
  const select = `SELECT rowid AS row, t, ${ts} AS ts, ${subject.sql} AS subject, ${columns.join(', ')}${staged.marksCells ? ', bad' : ''} FROM ${staged.table}`;
  return {
    staged,
    select,
    clock: time.sql === 'ms' ? 'ts' : 't',
    rules: [...time.rules, ...subject.rules],
    subject: subject.only,
  };
}

const startOfDay = (sql: string): string => `(${sql}) - (${sql}) % ${DAY}`;

const NO_TIME: RowRule = { code: 'non_finite_value', column: 'ts', broken: 't IS NULL' };

async function timeOf(
  connection: DuckDBConnection,
  staged: StagedFile,
): Promise<{ sql: string; rules: readonly RowRule[] }> {
  const { table, timeKind, timeColumn, source, file } = staged;
  if (staged.rows === 0) return { sql: 'NULL::BIGINT', rules: [NO_TIME] };
  if (timeKind === 'number') return numberTime(connection, staged);
  if (timeKind === 'text') {
    const [mixed] = await rowsOf(
      connection,
      `SELECT count(try_cast(t AS DOUBLE)) AS numbers, any_value(t) FILTER (try_cast(t AS DOUBLE) IS NOT NULL) AS number,
         count(t) AS texts, any_value(t) FILTER (try_cast(t AS DOUBLE) IS NULL) AS text FROM ${table}`,
    );
    const numbers = Number(mixed!.numbers);
    if (numbers > 0 && numbers === Number(mixed!.texts)) {
      await connection.run(`ALTER TABLE ${table} ALTER t TYPE DOUBLE`);
      return numberTime(connection, staged);
    }
    if (numbers > 0) {
      throw new TidewatchError(
        'ambiguous_time_unit',
        `column "${timeColumn}" of ${file.name} mixes numbers ("${mixed!.number}") and texts ("${String(mixed!.text).slice(0, 60)}")`,
        {
          hint: 'give the column one form, or map ts to another column',
          details: { column: timeColumn, file: file.name },
        },
      );
    }
    // Text is worked through once: the regular expressions cost more than everything else.
    await connection.run(`ALTER TABLE ${table} ADD COLUMN ms BIGINT`);
    await connection.run(`UPDATE ${table} SET ms = ${isoMillisecondsSql('t', source.assumeUtc ?? false)}`);
    return {
      sql: 'ms',
      rules: [
        NO_TIME,
        { code: 'naive_time', column: 'ts', broken: `ts IS NULL AND ${isNaiveSql('t')}` },
        { code: 'unreadable_value', column: 'ts', broken: 'ts IS NULL' },
      ],
    };
  }
  if (timeKind === 'naive' && !source.assumeUtc) {
    const [clock] = await rowsOf(connection, `SELECT count(*) AS n FROM ${table} WHERE t % ${DAY} <> 0`);
    if (Number(clock!.n) > 0) {
      throw new TidewatchError(
        'naive_time',
        `the times in column "${timeColumn}" of ${file.name} carry no zone`,
        {
          hint: 'say --assume-utc when they are UTC',
          details: { column: timeColumn, file: file.name },
        },
      );
    }
  }
  return { sql: 't::BIGINT', rules: [NO_TIME] };
}

async function numberTime(
  connection: DuckDBConnection,
  staged: StagedFile,
): Promise<{ sql: string; rules: readonly RowRule[] }> {
  const unit = staged.source.timeUnit ?? (await unitOf(connection, staged));
  const sql = `CASE WHEN ${fitsUnitSql('t', unit)} THEN ${millisecondsSql('t', unit)} END`;
  return { sql, rules: [NO_TIME, { code: 'ambiguous_time_unit', column: 'ts', broken: 'ts IS NULL' }] };
}

async function unitOf(connection: DuckDBConnection, staged: StagedFile): Promise<TimeUnit> {
  const counts = TIME_UNITS.map((unit) => `count_if(${fitsUnitSql('t', unit)}) AS ${unit}`).join(', ');
  const [row] = await rowsOf(
    connection,
    `SELECT ${counts}, min(t) AS smallest, max(t) AS largest, count(t) AS present FROM ${staged.table}`,
  );
  if (Number(row!.present) === 0) return 'ms';
  const firstRows: Partial<Record<TimeUnit, number>> = {};
  const found = TIME_UNITS.filter((unit) => Number(row![unit]) > 0);
  for (const unit of found.length > 1 ? found : []) {
    const [first] = await rowsOf(
      connection,
      `SELECT min(rowid) AS at FROM ${staged.table} WHERE ${fitsUnitSql('t', unit)}`,
    );
    firstRows[unit] = dataRow(staged, Number(first!.at));
  }
  return chooseTimeUnit({
    firstRows,
    name: staged.timeColumn,
    file: staged.file.name,
    smallest: Number(row!.smallest),
    largest: Number(row!.largest),
    counts: { s: Number(row!.s), ms: Number(row!.ms), us: Number(row!.us), ns: Number(row!.ns) },
  });
}

interface Subject {
  readonly sql: string;
  readonly rules: readonly RowRule[];
  readonly only: string | undefined;
}

async function subjectOf(
  connection: DuckDBConnection,
  staged: StagedFile,
  target: ImportTarget,
): Promise<Subject> {
  const { source, file, table } = staged;
  const stem = basename(file.name).split('.')[0]!;
  const named = source.subject?.replaceAll('{file}', stem);
  const pattern =
    staged.hasSubject || staged.symbol === undefined ? named : named?.replaceAll('{symbol}', staged.symbol);
  if (pattern === undefined && !staged.hasSubject) {
    throw new TidewatchError('bad_parameter', `${file.name} does not say whose rows it holds`, {
      hint:
        target.subject === 'driver'
          ? 'name the driver with --symbol'
          : 'name the instrument with --symbol, for example --symbol binance:spot:BTCUSDT',
      details: { file: file.name },
    });
  }
  const isPattern = pattern?.includes('{symbol}') ?? false;
  if (isPattern && !staged.hasSubject) {
    throw new TidewatchError('missing_column', `${file.name} has no symbol column for "${pattern}"`, {
      hint: `map it with --map ${target.subject}=COLUMN, or give one id`,
      details: { file: file.name, column: target.subject },
    });
  }
  if (pattern !== undefined && !isPattern) {
    if (staged.hasSubject) await requireOneSymbol(connection, staged, target);
    const only = target.subject === 'driver' ? driverName(pattern) : parseInstrument(pattern).id;
    return { sql: quote(only), rules: [], only };
  }
  const raw = pattern === undefined ? 'subject' : `replace(${quote(pattern)}, '{symbol}', subject)`;
  const found = await rowsOf(
    connection,
    `SELECT DISTINCT ${raw} AS id FROM ${table} WHERE subject IS NOT NULL LIMIT ${MOST_SUBJECTS + 1}`,
  );
  if (found.length > MOST_SUBJECTS) {
    throw new TidewatchError('bad_parameter', `${file.name} names over ${MOST_SUBJECTS} symbols`, {
      hint: 'is the right column mapped? Split the file otherwise',
      details: { file: file.name },
    });
  }
  const ids = found.map(({ id }) => String(id));
  const bad = ids.filter((id) => !isSubject(id, target));
  if (bad.length === ids.length && ids.length > 0) {
    throw new TidewatchError('invalid_instrument', `"${bad[0]}" in ${file.name} is no ${target.subject}`, {
      hint: 'write --symbol with {symbol} for what the file says, for example --symbol binance:spot:{symbol}',
      details: { file: file.name, value: bad[0] },
    });
  }
  const lowered = ids.some(
    (id) => !bad.includes(id) && target.subject === 'instrument_id' && parseInstrument(id).id !== id,
  );
  const sql = lowered
    ? `CASE WHEN regexp_matches(${raw}, ':0x[0-9a-fA-F]{40}$') THEN regexp_replace(${raw}, ':0x.*$', '') || ':' || lower(regexp_extract(${raw}, '0x[0-9a-fA-F]{40}$')) ELSE ${raw} END`
    : raw;
  const outside = bad.length > 0 ? ` OR list_contains([${bad.map(quote).join(', ')}], subject)` : '';
  const rule: RowRule = {
    code: 'invalid_instrument',
    column: target.subject,
    broken: `subject IS NULL${outside}`,
  };
  return { sql, rules: [rule], only: undefined };
}

function isSubject(id: string, target: ImportTarget): boolean {
  try {
    if (target.subject === 'driver') driverName(id);
    else parseInstrument(id);
    return true;
  } catch {
    return false;
  }
}

function driverName(text: string): string {
  if (/^[A-Za-z0-9._-]{1,40}$/.test(text)) return text;
  throw new TidewatchError('bad_parameter', `"${text.slice(0, 60)}" is no driver name`, {
    hint: 'drivers are named like BTC.d or USDT.d',
    details: { value: text.slice(0, 60) },
  });
}

async function requireOneSymbol(
  connection: DuckDBConnection,
  staged: StagedFile,
  target: ImportTarget,
): Promise<void> {
  const found = await rowsOf(
    connection,
    `SELECT DISTINCT subject FROM ${staged.table} WHERE subject IS NOT NULL LIMIT 3`,
  );
  if (found.length < 2) return;
  const names = found.map(({ subject }) => String(subject));
  throw new TidewatchError(
    'bad_parameter',
    `${staged.file.name} holds several symbols (${names.join(', ')}, …)`,
    {
      hint: `write --symbol with {symbol} for the file's own, or map ${target.subject} to another column`,
      details: { file: staged.file.name, symbols: names },
    },
  );
}

/**
 * The timeframe that most neighbouring times of the first file with rows lie apart.
 * @throws TidewatchError `bad_parameter`
 */
export async function detectTimeframe(
  connection: DuckDBConnection,
  files: readonly FileRows[],
): Promise<Timeframe> {
  for (const { select, staged } of files) {
    if (staged.rows === 0) continue;
    const [row] = await rowsOf(
      connection,
      `SELECT mode(step) AS step FROM (SELECT ts - lag(ts) OVER (PARTITION BY subject ORDER BY ts) AS step FROM (${select})) WHERE step > 0`,
    );
    const found = TIMEFRAMES.find((timeframe) => TIMEFRAME_MS[timeframe] === Number(row!.step));
    if (found) return found;
  }
  throw new TidewatchError('bad_parameter', 'the spacing of the times fits no timeframe', {
    hint: `say --tf, one of ${TIMEFRAMES.join(' ')}`,
    details: { parameter: 'tf' },
  });
}

/** SELECT file, row, ts, subject and the target's columns of every good row of all files. */
export function goodRowsSql(
  files: readonly FileRows[],
  target: ImportTarget,
  broken: ReadonlyMap<FileRows, number>,
): string {
  const columns = target.columns.map(({ name }) => name).join(', ');
  return files
    .map((file, index) => {
      const where = (broken.get(file) ?? 0) > 0 ? ` WHERE (${anyBrokenSql(file.rules)}) IS NOT TRUE` : '';
      return `SELECT ${index} AS file, row, ts, subject, ${columns} FROM (${file.select})${where}`;
    })
    .join(' UNION ALL ');
}

/** SELECT row, t, subject, the target's columns and problem (`code|column`) of every broken row of a file. */
export function brokenRowsSql(file: FileRows, target: ImportTarget): string {
  const columns = target.columns.map(({ name }) => name).join(', ');
  return `SELECT row, t, subject, ${columns}, ${firstBrokenSql(file.rules)} AS problem FROM (${file.select}) WHERE (${anyBrokenSql(file.rules)}) IS TRUE`;
}
