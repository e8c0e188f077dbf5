/**
 * The lake: all market data, as immutable Parquet that one writer publishes and anybody reads, in any number of
 * processes (operational schema §4.0). Readers take no lock and never block a writer; a process that is killed at any
 * point leaves a correct lake. Names carry all bookkeeping (part-name.ts).
 *
 * One `Lake` per process and folder: it owns the query engine, the memory of checked files and the column cache.
 * Known limit: nothing here keeps a second writer out; the owner of the home does (its lock comes before `writer()`).
 */
import { resolve } from 'node:path';
import type { Clock } from '../../market/clock.js';
import type { Timeframe } from '../../market/timeframe.js';
import { ChecksumMemory, fileChecksum } from './checksum.js';
import { ColumnCache } from './column-cache.js';
import { ColumnReader } from './column-reader.js';
import { needsCompaction } from './compaction.js';
import { DATASET_NAMES, type DatasetName } from './datasets.js';
import { isMissing, type LakeFileSystem, nodeFileSystem } from './file-system.js';
import { FreshBars } from './fresh-bars.js';
import { InstrumentBars } from './instrument-bars.js';
import { type FileFilter, type LakeFile, type LakeFolder, listActive, listFolders } from './lake-file.js';
import { type CompactionReport, LakeWriter } from './lake-writer.js';
import { datasetsNamed, GuardedEngine, type SqlAnswer } from './query.js';
import { type OnCorrupt, readFiles } from './reading.js';
import { emptyRelation, viewSql } from './relation.js';
import { Session } from './session.js';
import { type DatasetStatus, StatusMemory, withFreshRows } from './status.js';
import type { SeriesRequest, Span, StoredSeries } from './stored-series.js';
import { type ColumnsAnswer, type ColumnsRequest, SubjectColumns } from './subject-columns.js';
import { writeWholeFile } from './whole-file.js';

/** Clock and limits of one lake. */
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

const CACHE_BYTES = 256 * 1024 * 1024;

/** All market data of one folder: questions are answered here, writing is done by its `LakeWriter`. */
export class Lake {
  /** The query engine, for imports and checks inside this folder; everybody else asks the lake. */
  readonly session: Session;
  /** Bars of the feeds of this process that no part holds yet; part of every answer about bars but SQL. */
  readonly fresh = new FreshBars();
  private readonly guarded: GuardedEngine;
  private readonly checksums = new ChecksumMemory();
  private readonly cache: ColumnCache;
  private readonly subjects: SubjectColumns;
  private readonly bars: InstrumentBars;
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
    const parts = {
      root,
      session: this.session,
      checksums: this.checksums,
      reader: new ColumnReader(this.session, this.cache),
      fresh: this.fresh,
    };
    this.subjects = new SubjectColumns(parts);
    this.bars = new InstrumentBars(parts, this.subjects);
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
      forget: (paths) => {
        this.cache.forget(paths);
        this.bars.forget(paths);
      },
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
  columns(dataset: DatasetName, request: ColumnsRequest): Promise<ColumnsAnswer> {
    return this.subjects.read(dataset, request);
  }

  /**
   * Bars of an instrument, stored or derived, never a mixture.
   * @throws TidewatchError `no_data` when nothing is stored, `corrupt_file`
   */
  series(instrument: string, timeframe: Timeframe, request: SeriesRequest = {}): Promise<StoredSeries> {
    return this.bars.series(instrument, timeframe, request);
  }

  /** First and last stored ts; undefined when there is none. Reads files from the edges inward only. */
  span(instrument: string, timeframe: string, onCorrupt: OnCorrupt = 'fail'): Promise<Span | undefined> {
    return this.bars.span(instrument, timeframe, onCorrupt);
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
        found.push(
          ...(await this.subjects.files(name, place, 'skip', (files) => this.statuses.of(name, files, now))),
        );
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
    return this.subjects.files(dataset, filter, filter.onCorrupt, (files) => {
      const relation = files.length === 0 ? emptyRelation(dataset, true) : `(${viewSql(dataset, files)})`;
      return work(relation, (sql) => this.session.rows(sql), files);
    });
  }

  /** Runs one statement of ours that needs no lake file, such as sniffing a CSV. */
  rows(sql: string): Promise<readonly Record<string, unknown>[]> {
    return this.session.rows(sql);
  }
}
