/** The lake: all market data, as immutable Parquet that one writer publishes and anybody reads. */
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import type { Series } from '../../market/series.js';
import type { Timeframe } from '../../market/timeframe.js';
import type { DatasetName, RowOf } from './datasets.js';
import type { Partition, PartName } from './part-name.js';

export interface LakeOptions {
  readonly clock: Clock;
  /** Threads of the query engine. Default 2. */
  readonly threads?: number;
  /** Memory limit of the query engine, for example `1GB` (the default). */
  readonly memoryLimit?: string;
  /** Bytes of columns kept in memory. Default 256 MiB; 0 keeps none. */
  readonly cacheBytes?: number;
}

/** One immutable file of the lake. */
export interface LakeFile extends PartName, Partition {
  readonly dataset: DatasetName;
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
}

export interface FileFilter {
  readonly venue?: string;
  readonly timeframe?: string;
  /** Half-open range of ts, UTC ms. */
  readonly from?: number;
  readonly to?: number;
}

/** What to do with a file that does not match its checksum: refuse the answer, or leave the file out and say so. */
export type OnCorrupt = 'fail' | 'skip';

export interface ColumnsRequest {
  /** Instrument id, or driver name for the regime datasets. */
  readonly subject: string;
  /** Needed by datasets with a timeframe. */
  readonly timeframe?: string;
  readonly from?: number;
  readonly to?: number;
  /** Numeric columns wanted besides ts; NULL reads as NaN, booleans as 0 and 1. */
  readonly columns: readonly string[];
  readonly onCorrupt?: OnCorrupt;
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

export interface SeriesRequest {
  readonly from?: number;
  readonly to?: number;
  readonly onCorrupt?: OnCorrupt;
  /** UTC ms up to which data are known to be whole; default: the close of the newest stored fine bar. */
  readonly horizon?: number;
}

export interface StoredSeries {
  readonly series: Series;
  /** `native`: stored at this timeframe; `derived`: made from `base` bars. Never a mixture. */
  readonly kind: 'native' | 'derived';
  /** Timeframe of the stored bars that were read. */
  readonly base: Timeframe;
  /** 1 where every fine bar was there and none was partial. */
  readonly complete: Uint8Array;
  /** Fine bars inside each bar (1 when native). */
  readonly bars: Uint32Array;
  readonly skipped: readonly string[];
}

export interface DatasetStatus {
  readonly dataset: DatasetName;
  readonly subject: string;
  readonly venue: string;
  /** `none` where the dataset has no timeframe. */
  readonly timeframe: string;
  /** Rows in the view: one per key. */
  readonly rows: number;
  readonly firstTs: number;
  readonly lastTs: number;
  readonly files: number;
  /** Bytes of those files, shared out by rows. */
  readonly bytes: number;
  readonly lastIngestedAt: number;
  /** Milliseconds from the newest ts to now. */
  readonly ageMs: number;
}

export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** JSON-ready values: numbers, strings, booleans, null, arrays, objects. */
  readonly rows: readonly (readonly unknown[])[];
  /** True when more rows exist than `maxRows`. */
  readonly truncated: boolean;
  readonly skipped: readonly string[];
}

export interface CompactionReport {
  /** Covering files published. */
  readonly merged: readonly LakeFile[];
  /** Paths of replaced files deleted after their 15 minutes. */
  readonly deleted: readonly string[];
}

/** Columns of equal length by name (snake_case as stored), or rows. */
export type Batch<D extends DatasetName> =
  | readonly RowOf<D>[]
  | { readonly columns: Readonly<Record<string, ArrayLike<unknown>>>; readonly length: number };

export interface AppendOptions {
  /** ws, rest, archive, backfill, rollup, points … : decides which row of a key wins. */
  readonly source: string;
}

/** The one writer of a home's lake. */
export interface LakeWriter {
  /**
   * Publishes a batch: one part per folder it touches, each holding each key once. Resolves when every part is
   * durable; rejects with nothing published when a row is invalid or the disk is full.
   */
  append<D extends DatasetName>(
    dataset: D,
    batch: Batch<D>,
    options: AppendOptions,
  ): Promise<readonly LakeFile[]>;
  /**
   * Publishes the result of a SELECT in one go, partitioned by venue (first part of instrument_id), timeframe and
   * month. Its columns are matched by name; `timeframe` is needed where the dataset has one; missing optional
   * columns become NULL or their default; `source` and `ingested_at` are filled in when missing.
   */
  publishQuery(dataset: DatasetName, selectSql: string, options: AppendOptions): Promise<readonly LakeFile[]>;
}

const later = (): never => {
  throw new TidewatchError('internal', 'the lake is not wired yet');
};

export class Lake {
  private constructor(readonly root: string) {}

  /** Opens the folder for reading; it need not exist yet. */
  static async open(root: string, _options: LakeOptions): Promise<Lake> {
    return new Lake(root);
  }

  async close(): Promise<void> {}

  /** Becomes the writer: deletes what a killed writer left under dot-names. */
  async writer(): Promise<LakeWriter> {
    return later();
  }

  /** @throws TidewatchError `no_data`, `corrupt_file` */
  async series(
    _instrument: string,
    _timeframe: Timeframe,
    _request: SeriesRequest = {},
  ): Promise<StoredSeries> {
    return later();
  }

  /** @throws TidewatchError `corrupt_file` */
  async columns(_dataset: DatasetName, _request: ColumnsRequest): Promise<ColumnsAnswer> {
    return later();
  }

  /**
   * One read-only query over the datasets as views, one row per key.
   * @throws TidewatchError `query_refused`
   */
  async sql(
    _query: string,
    _options: { readonly maxRows?: number; readonly onCorrupt?: OnCorrupt } = {},
  ): Promise<SqlAnswer> {
    return later();
  }

  async status(_dataset?: DatasetName): Promise<readonly DatasetStatus[]> {
    return later();
  }

  /** Merges what the policy says and deletes replaced files whose 15 minutes are over. Needs `writer()` first. */
  async compact(_dataset?: DatasetName): Promise<CompactionReport> {
    return later();
  }

  /** Files that readers open now, by folder and sequence. */
  async activeFiles(_dataset: DatasetName, _filter: FileFilter = {}): Promise<readonly LakeFile[]> {
    return later();
  }

  /** Checks one file against the CRC in its name, whatever was remembered. */
  async verifyChecksum(_file: LakeFile): Promise<boolean> {
    return later();
  }

  /**
   * SQL text of a relation with one row per key over the dataset (venue, timeframe and period as columns) for use in
   * `rows`. Undefined when no file fits the filter.
   */
  async relation(_dataset: DatasetName, _filter: FileFilter = {}): Promise<string | undefined> {
    return later();
  }

  /** Runs any SQL of ours (imports, exports, checks) and returns its rows. Never pass text of a user: see `sql`. */
  async rows(_sql: string): Promise<readonly Record<string, unknown>[]> {
    return later();
  }
}
