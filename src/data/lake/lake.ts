/**
 * The lake: all market data, as immutable Parquet that one writer publishes and anybody reads, in any number of
 * processes (operational schema §4.0). Readers take no lock and never block a writer; a process that is killed at any
 * point leaves a correct lake. Names carry all bookkeeping (part-name.ts).
 *
 * One `Lake` per process and folder: it owns the query engine, the memory of checked files and the column cache.
 * Known limit: nothing here keeps a second writer out; the owner of the home does (its lock comes before `writer()`).
 */
import { resolve } from 'node:path';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import { Resampler } from '../../market/resample.js';
import { lowerBound } from '../../market/series.js';
import { bucketOpen, TIMEFRAMES, type Timeframe } from '../../market/timeframe.js';
import { BucketQuery } from './bucket-query.js';
import { ChecksumMemory, fileChecksum } from './checksum.js';
import { type Block, ColumnCache } from './column-cache.js';
import { ColumnReader, numericSql } from './column-reader.js';
import { needsCompaction } from './compaction.js';
import { DATASET_NAMES, type DatasetName, keyOf, shapeOf } from './datasets.js';
import { isMissing, type LakeFileSystem, nodeFileSystem } from './file-system.js';
import { FreshBars } from './fresh-bars.js';
import { type FileFilter, type LakeFile, type LakeFolder, listActive, listFolders } from './lake-file.js';
import { type CompactionReport, LakeWriter } from './lake-writer.js';
import { concatenate, INGESTED_AT, inRange, mergeOverlapping, RANK } from './merge-blocks.js';
import { intersects, NO_PARTITION, overlapGroups } from './part-name.js';
import { datasetsNamed, GuardedEngine, type SqlAnswer } from './query.js';
import { askListed, checkFiles, type OnCorrupt, readFiles } from './reading.js';
import { emptyRelation, viewSql } from './relation.js';
import { quote, readColumns, Session } from './session.js';
import { type DatasetStatus, StatusMemory, withFreshRows } from './status.js';
import {
  chooseBase,
  closeBuckets,
  nativeSeries,
  noBars,
  OHLCV,
  type SeriesRequest,
  type Span,
  type StoredSeries,
  streamInto,
  widen,
} from './stored-series.js';
import { writeWholeFile } from './whole-file.js';

export interface LakeOptions {
  readonly clock: Clock;
  /** Threads of the query engine. Default 2. */
  readonly threads?: number;
  /** Memory limit of the query engine, for example `1GB` (the default). */
  readonly memoryLimit?: string;
  /** Bytes of columns kept in memory. Default 256 MiB; 0 keeps none. */
  readonly cacheBytes?: number;
  /** File calls of the writer; tests let them fail. */
  readonly fileSystem?: LakeFileSystem;
}

export interface ColumnsRequest {
  /** Instrument id, or driver name for dominance_samples and regime_bars. */
  readonly subject: string;
  /** Needed by datasets with a timeframe. */
  readonly timeframe?: string;
  /** Half-open range of ts, UTC ms. */
  readonly from?: number;
  readonly to?: number;
  /** Numeric columns wanted besides ts; NULL reads as NaN, booleans as 0 and 1. */
  readonly columns: readonly string[];
  /** Values of the other key columns (book_id; model_id, kind), so that one row per ts is left. */
  readonly where?: Readonly<Record<string, string>>;
  readonly onCorrupt?: OnCorrupt;
  /** Only what parts hold: no bars that a feed of this process has in memory. For who decides what to write. */
  readonly storedOnly?: boolean;
}

export interface ColumnsAnswer {
  readonly length: number;
  /** UTC ms, ascending. */
  readonly ts: Float64Array;
  /** One array per column asked for, each `length` long. Shared with the cache: do not write to them. */
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** Damaged files left out (only with onCorrupt `skip`). */
  readonly skipped: readonly string[];
}

const CACHE_BYTES = 256 * 1024 * 1024;

export class Lake {
  /** The query engine, for imports and checks inside this folder; everybody else asks the lake. */
  readonly session: Session;
  /** Bars of the feeds of this process that no part holds yet; part of every answer about bars but SQL. */
  readonly fresh = new FreshBars();
  private readonly guarded: GuardedEngine;
  private readonly checksums = new ChecksumMemory();
  private readonly cache: ColumnCache;
  private readonly reader: ColumnReader;
  private readonly buckets: BucketQuery;
  private readonly statuses: StatusMemory;
  private theWriter: LakeWriter | undefined;
  private leftoversDeleted = false;

  private constructor(
    /** Absolute path of the lake's folder. */
    readonly root: string,
    private readonly options: LakeOptions,
  ) {
    this.session = new Session(options);
    this.guarded = new GuardedEngine(root, options);
    this.cache = new ColumnCache(options.cacheBytes ?? CACHE_BYTES);
    this.reader = new ColumnReader(this.session, this.cache);
    this.buckets = new BucketQuery(this.session);
    this.statuses = new StatusMemory(this.session);
  }

  /** Opens the folder for reading; it need not exist yet. Engines start with the first question. */
  static async open(root: string, options: LakeOptions): Promise<Lake> {
    return new Lake(resolve(root), options);
  }

  async close(): Promise<void> {
    this.cache.clear();
    await Promise.all([this.session.close(), this.guarded.close()]);
  }

  /**
   * Becomes the writer; the first time, deletes what a killed writer left under dot-names. The caller owns the home; a
   * second writer of one folder would draw the same sequence numbers.
   * @throws TidewatchError `home_not_writable`, `disk_full`
   */
  async writer(): Promise<LakeWriter> {
    this.theWriter ??= new LakeWriter({
      root: this.root,
      clock: this.options.clock,
      session: this.session,
      checksums: this.checksums,
      fileSystem: this.options.fileSystem ?? nodeFileSystem,
      // looking through all folders at each of many small writes would cost more than the writes
      deletesLeftovers: !this.leftoversDeleted,
    });
    this.leftoversDeleted = true;
    return this.theWriter;
  }

  /** Stops being the writer, so that another process may become it: the next `writer()` reads the names anew. */
  releaseWriter(): void {
    this.theWriter = undefined;
  }

  /** Merges what the policy says and deletes replaced files whose 15 minutes are over. */
  async compact(dataset?: DatasetName): Promise<CompactionReport> {
    return (await this.writer()).compact(dataset);
  }

  /** Folders in which there is something to merge or to delete. Reads names only, so it can be asked beside a writer. */
  uncompacted(dataset?: DatasetName): readonly LakeFolder[] {
    const names = dataset === undefined ? DATASET_NAMES : [dataset];
    const now = this.options.clock.now();
    return names
      .flatMap((name) => listFolders(this.root, name))
      .filter((folder) => needsCompaction(folder, now));
  }

  /** Files that readers open now, by folder and sequence. */
  async activeFiles(dataset: DatasetName, filter: FileFilter = {}): Promise<readonly LakeFile[]> {
    return listActive(this.root, dataset, filter);
  }

  /**
   * Numeric columns of one instrument or driver, one row per key, ascending ts.
   * @throws TidewatchError `corrupt_file`, `bad_parameter`
   */
  async columns(dataset: DatasetName, request: ColumnsRequest): Promise<ColumnsAnswer> {
    const { from = 0, to = Number.POSITIVE_INFINITY } = request;
    for (const name of request.columns) numericSql(dataset, name);
    const fresh =
      dataset === 'bars' && !request.storedOnly
        ? this.freshBlock(request.subject, request.timeframe as Timeframe, request.columns, from, to)
        : undefined;
    return this.read(dataset, this.filterOf(dataset, request), request.onCorrupt, async (files, skipped) => {
      const answer =
        shapeOf(dataset).extraKey.length > 0
          ? await this.columnsBySql(dataset, files, request)
          : await this.columnsByBlocks(dataset, files, request.subject, request.columns, from, to, fresh);
      return { ...answer, skipped };
    });
  }

  /**
   * Bars of an instrument, stored or derived, never a mixture.
   * @throws TidewatchError `no_data` when nothing is stored, `corrupt_file`
   */
  async series(instrument: string, timeframe: Timeframe, request: SeriesRequest = {}): Promise<StoredSeries> {
    const onCorrupt = request.onCorrupt ?? 'fail';
    const stored = this.storedTimeframes(instrument);
    const usable = stored.filter((candidate) => candidate === timeframe || candidate === '1m');
    // with one candidate there is nothing to weigh; whether it holds the instrument shows when it is read
    const base =
      stored.length === 1 && usable.length === 1
        ? usable[0]
        : await chooseBase(timeframe, stored, (candidate) => this.span(instrument, candidate, onCorrupt));
    if (base === undefined) throw noBars(instrument, timeframe);
    const answer =
      base === timeframe
        ? await this.nativeBars(instrument, timeframe, request)
        : await this.derivedBars(instrument, base, timeframe, request);
    if (answer.series.length === 0 && !(await this.span(instrument, base, onCorrupt))) {
      throw noBars(instrument, timeframe);
    }
    return answer;
  }

  /** First and last stored ts; undefined when there is none. Reads files from the edges inward only. */
  async span(
    instrument: string,
    timeframe: string,
    onCorrupt: OnCorrupt = 'fail',
  ): Promise<Span | undefined> {
    const filter = this.filterOf('bars', { subject: instrument, timeframe, columns: [] });
    const list = (): readonly LakeFile[] => listActive(this.root, 'bars', filter);
    const fresh = this.fresh.span(instrument, timeframe);
    return askListed(list, async (files) => {
      const firstTs = await this.edge(files, instrument, 'first', onCorrupt);
      const lastTs =
        firstTs === undefined ? undefined : await this.edge(files, instrument, 'last', onCorrupt);
      if (firstTs === undefined || lastTs === undefined) return fresh;
      return fresh === undefined
        ? { firstTs, lastTs }
        : { firstTs: Math.min(firstTs, fresh.firstTs), lastTs: Math.max(lastTs, fresh.lastTs) };
    });
  }

  /**
   * One read-only query over the datasets as views of the same names, one row per key; venue, timeframe and period are
   * columns.
   * @throws TidewatchError `query_refused`, `query_timeout`, `corrupt_file`
   */
  async sql(
    query: string,
    options: { readonly maxRows?: number; readonly onCorrupt?: OnCorrupt } = {},
  ): Promise<SqlAnswer> {
    const { answer, skipped } = await this.overViews(query, options.onCorrupt ?? 'fail', (views) =>
      this.guarded.run(query, views, options.maxRows ?? 100_000),
    );
    return { ...answer, skipped };
  }

  /**
   * The rows of one read-only query as a Parquet file, which is there whole or not at all.
   * @returns how many rows
   * @throws TidewatchError as `sql`, and `disk_full`, `home_not_writable`, `write_failed`
   */
  async sqlToParquet(query: string, out: string): Promise<number> {
    const { answer } = await this.overViews(query, 'fail', (views) =>
      writeWholeFile(resolve(out), (path) => this.guarded.writeParquet(query, views, path)),
    );
    return answer;
  }

  /** Runs `ask` over the files of every dataset that the query names. */
  private overViews<T>(
    query: string,
    onCorrupt: OnCorrupt,
    ask: (views: ReadonlyMap<DatasetName, readonly LakeFile[]>) => Promise<T>,
  ): Promise<{ answer: T; skipped: readonly string[] }> {
    const datasets = datasetsNamed(query);
    const list = (): LakeFile[] => datasets.flatMap((dataset) => listActive(this.root, dataset));
    return readFiles(this.checksums, list, onCorrupt, async (files, skipped) => {
      const views = new Map(
        datasets.map((dataset) => [dataset, files.filter((file) => file.dataset === dataset)]),
      );
      return { answer: await ask(views), skipped };
    });
  }

  /**
   * Rows, span, files, bytes and freshness per dataset, subject and timeframe, bars of a running feed included.
   * Damaged files are left out.
   */
  async status(dataset?: DatasetName): Promise<readonly DatasetStatus[]> {
    const stored = await this.storedStatus(dataset);
    if (dataset !== undefined && dataset !== 'bars') return stored;
    return withFreshRows(stored, this.fresh, this.options.clock.now());
  }

  /** The same of what parts hold. */
  async storedStatus(dataset?: DatasetName): Promise<readonly DatasetStatus[]> {
    const found: DatasetStatus[] = [];
    for (const name of dataset === undefined ? DATASET_NAMES : [dataset]) {
      const places = new Map(
        listFolders(this.root, name).map(({ venue, timeframe }) => [
          `${venue} ${timeframe}`,
          { venue, timeframe },
        ]),
      );
      for (const place of places.values()) {
        const now = this.options.clock.now();
        found.push(...(await this.read(name, place, 'skip', (files) => this.statuses.of(name, files, now))));
      }
    }
    return found;
  }

  /** Checks one file against the CRC in its name, whatever was remembered. A file that is gone is not intact. */
  async verifyChecksum(file: LakeFile): Promise<boolean> {
    this.checksums.forget(file.path);
    try {
      return (await fileChecksum(file.path, file.bytes)) === file.crc32;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /**
   * Runs SQL of ours (verification, export, import) over a relation with one row per key: `work` receives its SQL text
   * and a function that runs a statement and returns rows as objects. Never pass text of a user here: see `sql`.
   */
  async query<T>(
    dataset: DatasetName,
    filter: FileFilter & { readonly onCorrupt?: OnCorrupt },
    work: (
      relation: string,
      run: (sql: string) => Promise<readonly Record<string, unknown>[]>,
      files: readonly LakeFile[],
    ) => Promise<T>,
  ): Promise<T> {
    return this.read(dataset, filter, filter.onCorrupt, (files) => {
      const relation = files.length === 0 ? emptyRelation(dataset, true) : `(${viewSql(dataset, files)})`;
      return work(relation, (sql) => this.session.rows(sql), files);
    });
  }

  /** Runs one statement of ours that needs no lake file, such as sniffing a CSV. */
  rows(sql: string): Promise<readonly Record<string, unknown>[]> {
    return this.session.rows(sql);
  }

  private read<T>(
    dataset: DatasetName,
    filter: FileFilter,
    onCorrupt: OnCorrupt | undefined,
    ask: (files: readonly LakeFile[], skipped: readonly string[]) => Promise<T>,
  ): Promise<T> {
    return readFiles(this.checksums, () => listActive(this.root, dataset, filter), onCorrupt ?? 'fail', ask);
  }

  private filterOf(dataset: DatasetName, request: ColumnsRequest): FileFilter {
    const shape = shapeOf(dataset);
    if (shape.hasTimeframe && request.timeframe === undefined) {
      throw new TidewatchError('bad_parameter', `${dataset} is stored by timeframe, and none was given`, {
        hint: 'say which timeframe',
        details: { dataset },
      });
    }
    return {
      venue: shape.subject === 'instrument_id' ? venueOf(request.subject) : NO_PARTITION,
      timeframe: shape.hasTimeframe ? request.timeframe! : NO_PARTITION,
      ...(request.from === undefined ? {} : { from: request.from }),
      ...(request.to === undefined ? {} : { to: request.to }),
    };
  }

  /** Through the cache: blocks of files that follow each other are joined, overlapping ones merged. */
  private async columnsByBlocks(
    dataset: DatasetName,
    files: readonly LakeFile[],
    subject: string,
    names: readonly string[],
    from: number,
    to: number,
    fresh?: Block,
  ): Promise<Omit<ColumnsAnswer, 'skipped'>> {
    const groups = overlapGroups(files);
    const alone = groups.filter((group) => group.length === 1).flat();
    const single = await this.reader.blocks(dataset, alone, subject, names);
    const blocks = [];
    const ranked = [...new Set([...names, RANK, INGESTED_AT])];
    let next = 0;
    for (const group of groups) {
      if (group.length === 1) {
        blocks.push(single[next]!);
        next += 1;
      } else {
        const written = [...group].sort((a, b) => a.seqLo - b.seqLo);
        const parts = await this.reader.blocks(dataset, written, subject, ranked);
        blocks.push(mergeOverlapping(inRange(parts, from, to), names));
      }
    }
    const { ts, columns } = await this.withFresh(
      dataset,
      files,
      subject,
      names,
      concatenate(blocks, names),
      fresh,
    );
    const first = lowerBound(ts, from);
    const end = to === Number.POSITIVE_INFINITY ? ts.length : lowerBound(ts, to);
    return {
      length: end - first,
      ts: ts.subarray(first, end),
      columns: Object.fromEntries(names.map((name) => [name, columns[name]!.subarray(first, end)])),
    };
  }

  /** The fresh rows after or among the stored ones; among them the rule of the lake decides. */
  private async withFresh(
    dataset: DatasetName,
    files: readonly LakeFile[],
    subject: string,
    names: readonly string[],
    stored: Block,
    fresh: Block | undefined,
  ): Promise<Block> {
    if (fresh === undefined) return stored;
    const start = fresh.ts[0]!;
    if (!(stored.ts[stored.ts.length - 1]! >= start)) return concatenate([stored, fresh], names);
    const ranked = [...new Set([...names, RANK, INGESTED_AT])];
    const late = files.filter((file) => file.tsMax >= start).sort((a, b) => a.seqLo - b.seqLo);
    const blocks = await this.reader.blocks(dataset, late, subject, ranked);
    const tail = mergeOverlapping([...inRange(blocks, start, Number.POSITIVE_INFINITY), fresh], names);
    const head = lowerBound(stored.ts, start);
    const before = {
      ts: stored.ts.subarray(0, head),
      columns: Object.fromEntries(names.map((name) => [name, stored.columns[name]!.subarray(0, head)])),
    };
    return concatenate([before, tail], names);
  }

  private freshBlock(
    subject: string,
    timeframe: Timeframe,
    names: readonly string[],
    from: number,
    to: number,
  ): Block | undefined {
    return this.fresh.block(subject, timeframe, [...new Set([...names, RANK, INGESTED_AT])], from, to);
  }

  /** Datasets whose key has more columns than subject and ts are asked in SQL. */
  private async columnsBySql(
    dataset: DatasetName,
    files: readonly LakeFile[],
    request: ColumnsRequest,
  ): Promise<Omit<ColumnsAnswer, 'skipped'>> {
    const { from = 0, to = Number.POSITIVE_INFINITY, where = {}, columns: names } = request;
    const shape = shapeOf(dataset);
    const conditions = [`${shape.subject} = ${quote(request.subject)}`, `ts >= ${from}`];
    if (to !== Number.POSITIVE_INFINITY) conditions.push(`ts < ${to}`);
    for (const [name, value] of Object.entries(where)) {
      if (!shape.extraKey.includes(name)) {
        throw new TidewatchError('bad_parameter', `${name} is not a key column of ${dataset}`, {
          hint: `use ${shape.extraKey.join(', ')}`,
          details: { dataset, column: name },
        });
      }
      conditions.push(`${name} = ${quote(value)}`);
    }
    const list = ['ts', ...names].map((name) => numericSql(dataset, name)).join(', ');
    const { columns, length } = await this.session.use((connection) =>
      readColumns(
        connection,
        `SELECT ${list} FROM (${viewSql(dataset, files)}) WHERE ${conditions.join(' AND ')}
         ORDER BY ${['ts', ...keyOf(dataset).filter((name) => name !== 'ts')].join(', ')}`,
        names.length + 1,
        4096,
      ),
    );
    const [ts, ...values] = columns;
    return { length, ts: ts!, columns: Object.fromEntries(names.map((name, at) => [name, values[at]!])) };
  }

  /** Timeframes under which bars of the instrument's venue lie. */
  private storedTimeframes(instrument: string): Timeframe[] {
    const venue = venueOf(instrument);
    const found = new Set<string>(this.fresh.of(instrument).keys());
    for (const { timeframe } of listFolders(this.root, 'bars', { venue })) found.add(timeframe);
    return TIMEFRAMES.filter((timeframe) => found.has(timeframe));
  }

  /** Smallest or largest ts of the instrument: opens files from that edge until no other can hold a further one. */
  private async edge(
    files: readonly LakeFile[],
    instrument: string,
    side: 'first' | 'last',
    onCorrupt: OnCorrupt,
  ): Promise<number | undefined> {
    const sign = side === 'first' ? 1 : -1;
    const reach = (file: LakeFile): number => sign * (side === 'first' ? file.tsMin : file.tsMax);
    const sorted = [...files].sort((a, b) => reach(a) - reach(b));
    let best = Number.POSITIVE_INFINITY;
    for (let at = 0, batch = 1; at < sorted.length && reach(sorted[at]!) < best; at += batch, batch *= 8) {
      const { intact } = await checkFiles(this.checksums, sorted.slice(at, at + batch), onCorrupt);
      const blocks = await this.reader.blocks('bars', intact, instrument, []);
      for (const { ts } of blocks) {
        const time = side === 'first' ? ts[0] : ts[ts.length - 1];
        if (time !== undefined) best = Math.min(best, sign * time);
      }
    }
    return best === Number.POSITIVE_INFINITY ? undefined : sign * best;
  }

  private async nativeBars(
    instrument: string,
    timeframe: Timeframe,
    { from, to, onCorrupt }: SeriesRequest,
  ): Promise<StoredSeries> {
    const answer = await this.columns('bars', {
      subject: instrument,
      timeframe,
      columns: [...OHLCV, 'partial', 'coverage_pct'],
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(onCorrupt === undefined ? {} : { onCorrupt }),
    });
    return nativeSeries(instrument, timeframe, answer.ts, answer.columns, answer.skipped);
  }

  private async derivedBars(
    instrument: string,
    base: Timeframe,
    wanted: Timeframe,
    request: SeriesRequest,
  ): Promise<StoredSeries> {
    const range = widen(wanted, request);
    const filter = this.filterOf('bars', { subject: instrument, timeframe: base, columns: [], ...range });
    const onCorrupt = request.onCorrupt ?? 'fail';
    const fresh = this.freshBlock(instrument, base, OHLCV, range.from, range.to);
    // the bucket of the first fresh bar and what follows go through arrays, where fresh bars can be put in
    const edge = fresh === undefined ? range.to : Math.max(range.from, bucketOpen(fresh.ts[0]!, wanted));
    return this.read('bars', filter, onCorrupt, async (files, skipped) => {
      const old = { from: range.from, to: edge };
      const oldFiles = files.filter((file) => intersects(file, old.from, old.to));
      const plain = overlapGroups(oldFiles).every((group) => group.length === 1);
      const resampler = new Resampler(instrument, base, wanted);
      const push = async (within: typeof range, rows?: Block): Promise<void> => {
        const parts = files.filter((file) => intersects(file, within.from, within.to));
        const { ts, columns } = await this.columnsByBlocks(
          'bars',
          parts,
          instrument,
          OHLCV,
          within.from,
          within.to,
          rows,
        );
        const { open, high, low, close, volume } = columns;
        resampler.push(ts, open!, high!, low!, close!, volume!, ts.length);
      };
      if (oldFiles.length === 0 || !plain || this.reader.has(oldFiles, instrument, OHLCV)) await push(old);
      else if (!(await this.buckets.fill(resampler, oldFiles, instrument, wanted, old))) {
        await streamInto(resampler, this.session, oldFiles, instrument, old);
      }
      if (fresh !== undefined) await push({ from: edge, to: range.to }, fresh);
      const newest = async (): Promise<number | undefined> =>
        (await this.span(instrument, base, onCorrupt))?.lastTs;
      const { series, bars, complete } = await closeBuckets(resampler, request, base, wanted, newest);
      return { series, bars, complete, kind: 'derived', base, skipped };
    });
  }
}

function venueOf(instrument: string): string {
  return instrument.split(':', 1)[0]!;
}
