/**
 * From files to columns in memory. Small files (live parts of all symbols) are read whole, many in one query, and
 * split by subject; large ones by subject, those that follow each other in one query into one buffer.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { TidewatchError } from '../../errors.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { type Block, type ColumnCache, WHOLE_FILE } from './column-cache.js';
import { type DatasetName, shapeOf } from './datasets.js';
import type { LakeFile } from './lake-file.js';
import { INGESTED_AT, RANK } from './merge-blocks.js';
import { overlapGroups } from './part-name.js';
import { scan } from './relation.js';
import { rankSql } from './row-rank.js';
import { quote, readColumns, rowsOf, type Session } from './session.js';

/** Files up to this many bytes are read whole. */
const SMALL_FILE = 1 << 17;
/** Of a small part of bars all that readers want is read at once: a second reading costs more than the columns. */
const BAR_COLUMNS = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'quote_volume',
  'trades',
  'partial',
  'coverage_pct',
  INGESTED_AT,
  RANK,
];
/** From here on a count first is cheaper than arrays that grow. */
const COUNT_FIRST = 1 << 20;

/** SQL of a column as a DOUBLE that is never NULL. */
export function numericSql(dataset: DatasetName, name: string, present?: ReadonlySet<string>): string {
  if (name === RANK) return `${rankSql(dataset)}::DOUBLE`;
  const column = shapeOf(dataset).columns[name];
  if (!column || column.type === 'text' || column.type === 'doubles') {
    throw new TidewatchError('bad_parameter', `${dataset} has no numeric column "${name}"`, {
      hint: 'ask for a numeric column of the dataset, or use SQL for text',
      details: { dataset, column: name },
    });
  }
  if (present && !present.has(name)) return "'NaN'::DOUBLE";
  if (name === 'ts') return 'ts::DOUBLE';
  return column.type === 'double' && !column.nullable ? name : `coalesce(${name}::DOUBLE, 'NaN'::DOUBLE)`;
}

/** Runs `work` with the plain column list; when old files lack a column, again with NaN in its place. */
export async function withPresentColumns<T>(
  connection: DuckDBConnection,
  files: readonly LakeFile[],
  work: (present?: ReadonlySet<string>) => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !/^Binder Error.*(column|Column)/.test(error.message)) throw error;
    const described = await rowsOf(connection, `DESCRIBE SELECT * FROM ${scan(files)}`);
    return work(new Set(described.map((row) => String(row.column_name))));
  }
}

export class ColumnReader {
  /** Small files that are being read, so that many who ask for a new part at once wait for one reading of it. */
  private readonly reading = new Map<string, { names: ReadonlySet<string>; done: Promise<unknown> }>();

  constructor(
    private readonly session: Session,
    private readonly cache: ColumnCache,
  ) {}

  /** True when a question about these files would be answered from memory. */
  has(files: readonly LakeFile[], subject: string, names: readonly string[]): boolean {
    return files.every((file) => this.fromCache(file, subject, names) !== undefined);
  }

  /** One block per file, in the order given; empty where a file lacks the subject. */
  async blocks(
    dataset: DatasetName,
    files: readonly LakeFile[],
    subject: string,
    names: readonly string[],
  ): Promise<Block[]> {
    const found = files.map((file) => this.fromCache(file, subject, names));
    const missing = files.filter((_, index) => found[index] === undefined);
    if (missing.length > 0) {
      const loaded = new Map<LakeFile, Block>();
      const small = missing.filter((file) => file.bytes <= SMALL_FILE);
      const large = missing.filter((file) => file.bytes > SMALL_FILE);
      if (small.length > 0) await this.loadSmall(dataset, small, subject, names, loaded);
      if (large.length > 0) {
        await this.session.use(async (connection) => {
          for (const chain of chainsOf(large)) {
            await this.loadChain(connection, dataset, chain, subject, names, loaded);
          }
        });
      }
      for (const [index, file] of files.entries()) found[index] ??= loaded.get(file)!;
    }
    return found as Block[];
  }

  /** Waits for readings of these files that are under way, and reads the rest with every column that bars are asked for. */
  private async loadSmall(
    dataset: DatasetName,
    files: readonly LakeFile[],
    subject: string,
    names: readonly string[],
    loaded: Map<LakeFile, Block>,
  ): Promise<void> {
    const others = new Set<Promise<unknown>>();
    const own: LakeFile[] = [];
    for (const file of files) {
      const other = this.reading.get(file.path);
      if (other && names.every((name) => other.names.has(name))) others.add(other.done);
      else own.push(file);
    }
    if (own.length > 0) {
      const wide = [...new Set([...names, ...(dataset === 'bars' ? BAR_COLUMNS : [])])];
      const done = this.session.use((connection) =>
        this.loadWhole(connection, dataset, own, subject, wide, loaded),
      );
      const entry = { names: new Set(wide), done };
      for (const file of own) this.reading.set(file.path, entry);
      try {
        await done;
      } finally {
        for (const file of own) if (this.reading.get(file.path) === entry) this.reading.delete(file.path);
      }
    }
    // who began a reading is told of its failure; who waited for it reads by itself
    await Promise.allSettled(others);
    const left: LakeFile[] = [];
    for (const file of files) {
      if (loaded.has(file)) continue;
      const block = this.fromCache(file, subject, names);
      if (block) loaded.set(file, block);
      else left.push(file);
    }
    if (left.length > 0) {
      await this.session.use((connection) =>
        this.loadWhole(connection, dataset, left, subject, names, loaded),
      );
    }
  }

  private fromCache(file: LakeFile, subject: string, names: readonly string[]): Block | undefined {
    if (file.bytes > SMALL_FILE) return this.cache.get(file.path, subject, names);
    const whole = this.cache.get(file.path, WHOLE_FILE, names);
    return whole && subjectOf(whole, subject, names);
  }

  private async loadWhole(
    connection: DuckDBConnection,
    dataset: DatasetName,
    files: readonly LakeFile[],
    subject: string,
    names: readonly string[],
    loaded: Map<LakeFile, Block>,
  ): Promise<void> {
    const { columns, fileIndex, subjects } = await withPresentColumns(connection, files, (present) =>
      readWithSubjects(
        connection,
        `SELECT ${shapeOf(dataset).subject}, file_index::DOUBLE, ${['ts', ...names]
          .map((name) => numericSql(dataset, name, present))
          .join(', ')} FROM ${scan(files)}`,
        names.length + 1,
      ),
    );
    let row = 0;
    for (const [index, file] of files.entries()) {
      const first = row;
      const ranges = new Map<string, [number, number]>();
      for (; row < fileIndex.length && fileIndex[row] === index; row += 1) {
        const range = ranges.get(subjects[row]!);
        if (range) range[1] = row + 1 - first;
        else ranges.set(subjects[row]!, [row - first, row + 1 - first]);
      }
      // copied out: a view would keep the other files' rows in memory for as long as this one is cached
      const [ts, ...values] = columns.map((column) => column.slice(first, row));
      const block: Block = {
        ts: ts!,
        columns: Object.fromEntries(names.map((name, at) => [name, values[at]!])),
        subjects: ranges,
      };
      this.cache.put(file.path, WHOLE_FILE, block);
      loaded.set(file, subjectOf(block, subject, names));
    }
  }

  private async loadChain(
    connection: DuckDBConnection,
    dataset: DatasetName,
    files: readonly LakeFile[],
    subject: string,
    names: readonly string[],
    loaded: Map<LakeFile, Block>,
  ): Promise<void> {
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const most = mostRows(files);
    const capacity =
      bytes < COUNT_FIRST ? Math.min(bytes >> 4, most) : Math.min(await countRows(connection, files), most);
    const { columns, length } = await withPresentColumns(connection, files, (present) =>
      readColumns(
        connection,
        `SELECT ${['ts', ...names].map((name) => numericSql(dataset, name, present)).join(', ')} ` +
          `FROM ${scan(files)} WHERE ${shapeOf(dataset).subject} = ${quote(subject)}`,
        names.length + 1,
        capacity,
      ),
    );
    const [ts, ...values] = columns;
    let row = 0;
    for (const file of files) {
      const first = row;
      while (row < length && ts![row]! <= file.tsMax) row = skipTo(ts!, row, length, file.tsMax);
      const block: Block = {
        ts: ts!.subarray(first, row),
        columns: Object.fromEntries(names.map((name, at) => [name, values[at]!.subarray(first, row)])),
      };
      this.cache.put(file.path, subject, block);
      loaded.set(file, block);
    }
  }
}

/** First row whose time is after `last`, by bisection in ascending times. */
function skipTo(ts: Float64Array, from: number, to: number, last: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ts[middle]! <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}

function subjectOf(whole: Block, subject: string, names: readonly string[]): Block {
  const [first, end] = whole.subjects?.get(subject) ?? [0, 0];
  return {
    ts: whole.ts.subarray(first, end),
    columns: Object.fromEntries(names.map((name) => [name, whole.columns[name]!.subarray(first, end)])),
  };
}

/** Splits files into chains whose ts ranges follow each other; overlapping ones are read one by one. */
function chainsOf(files: readonly LakeFile[]): LakeFile[][] {
  const chains: LakeFile[][] = [];
  const chain: LakeFile[] = [];
  for (const group of overlapGroups(files)) {
    if (group.length === 1) chain.push(group[0]!);
    else chains.push(...group.map((file) => [file]));
  }
  if (chain.length > 0) chains.push(chain);
  return chains;
}

/** A subject has at most a row a bar: the rows of three hundred that share a file say nothing of those of one. */
function mostRows(files: readonly LakeFile[]): number {
  let most = 0;
  for (const { tsMin, tsMax, timeframe } of files) {
    const step = TIMEFRAME_MS[timeframe as Timeframe] as number | undefined;
    if (step === undefined) return Number.POSITIVE_INFINITY;
    most += Math.ceil((tsMax - tsMin) / step) + 1;
  }
  return most;
}

async function countRows(connection: DuckDBConnection, files: readonly LakeFile[]): Promise<number> {
  const [row] = await rowsOf(connection, `SELECT count(*) AS n FROM ${scan(files)}`);
  return Number(row?.n ?? 0);
}

/** Like readColumns for queries whose first column is text and whose second is the file's position. */
async function readWithSubjects(
  connection: DuckDBConnection,
  sql: string,
  width: number,
): Promise<{ columns: Float64Array[]; fileIndex: Float64Array; subjects: string[] }> {
  const subjects: string[] = [];
  const pieces: Float64Array[][] = Array.from({ length: width + 1 }, () => []);
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    const length = chunk?.rowCount ?? 0;
    if (!chunk || length === 0) break;
    const text = chunk.getColumnVector(0);
    for (let row = 0; row < length; row += 1) subjects.push(text.getItem(row) as string);
    for (let column = 0; column <= width; column += 1) {
      const vector = chunk.getColumnVector(column + 1) as unknown as { items: Float64Array };
      pieces[column]!.push(vector.items.slice(0, length));
    }
  }
  const [fileIndex, ...columns] = pieces.map((parts) => {
    const joined = new Float64Array(subjects.length);
    let offset = 0;
    for (const part of parts) {
      joined.set(part, offset);
      offset += part.length;
    }
    return joined;
  });
  return { columns, fileIndex: fileIndex!, subjects };
}
