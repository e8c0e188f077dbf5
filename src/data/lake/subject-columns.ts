/**
 * Numeric columns of one instrument or driver: what the parts hold, put together block by block through the column
 * cache, and the bars that a feed of this process has in memory. A key with more columns than subject and ts is asked
 * in SQL.
 */
import { TidewatchError } from '../../errors.js';
import { lowerBound } from '../../market/series.js';
import type { Timeframe } from '../../market/timeframe.js';
import type { ChecksumMemory } from './checksum.js';
import type { Block } from './column-cache.js';
import { type ColumnReader, numericSql } from './column-reader.js';
import { type DatasetName, keyOf, shapeOf } from './datasets.js';
import type { FreshBars } from './fresh-bars.js';
import { type FileFilter, type LakeFile, listActive } from './lake-file.js';
import { concatenate, INGESTED_AT, inRange, mergeOverlapping, RANK } from './merge-blocks.js';
import { NO_PARTITION, overlapGroups } from './part-name.js';
import { type OnCorrupt, readFiles } from './reading.js';
import { viewSql } from './relation.js';
import { quote, readColumns, type Session } from './session.js';

/** Which columns of one subject of a dataset. */
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

/** Columns of equal length, in the units of the dataset. */
export interface ColumnsAnswer {
  readonly length: number;
  /** UTC ms, ascending. */
  readonly ts: Float64Array;
  /** One array per column asked for, each `length` long. Shared with the cache: do not write to them. */
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** Damaged files left out (only with onCorrupt `skip`). */
  readonly skipped: readonly string[];
}

export interface SubjectColumnsParts {
  readonly root: string;
  readonly session: Session;
  readonly checksums: ChecksumMemory;
  readonly reader: ColumnReader;
  readonly fresh: FreshBars;
}

/** What of a request says which folders and files to open. */
type Place = Pick<ColumnsRequest, 'subject' | 'timeframe' | 'from' | 'to'>;

export class SubjectColumns {
  constructor(private readonly parts: SubjectColumnsParts) {}

  /**
   * Numeric columns of one instrument or driver, one row per key, ascending ts.
   * @throws TidewatchError `corrupt_file`, `bad_parameter`
   */
  async read(dataset: DatasetName, request: ColumnsRequest): Promise<ColumnsAnswer> {
    const { from = 0, to = Number.POSITIVE_INFINITY } = request;
    for (const name of request.columns) numericSql(dataset, name);
    const fresh =
      dataset === 'bars' && !request.storedOnly
        ? this.freshBlock(request.subject, request.timeframe as Timeframe, request.columns, from, to)
        : undefined;
    return this.files(dataset, filterOf(dataset, request), request.onCorrupt, async (files, skipped) => {
      const answer =
        shapeOf(dataset).extraKey.length > 0
          ? await this.bySql(dataset, files, request)
          : await this.byBlocks(dataset, files, request.subject, request.columns, from, to, fresh);
      return { ...answer, skipped };
    });
  }

  /** Asks over the intact files of a place, listed afresh; `reading.ts` says how. */
  files<T>(
    dataset: DatasetName,
    filter: FileFilter,
    onCorrupt: OnCorrupt | undefined,
    ask: (files: readonly LakeFile[], skipped: readonly string[]) => Promise<T>,
  ): Promise<T> {
    const { root, checksums } = this.parts;
    return readFiles(checksums, () => listActive(root, dataset, filter), onCorrupt ?? 'fail', ask);
  }

  /** Through the cache: blocks of files that follow each other are joined, overlapping ones merged. */
  async byBlocks(
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
    const single = await this.parts.reader.blocks(dataset, alone, subject, names);
    const blocks = [];
    const ranked = [...new Set([...names, RANK, INGESTED_AT])];
    let next = 0;
    for (const group of groups) {
      if (group.length === 1) {
        blocks.push(single[next]!);
        next += 1;
      } else {
        const written = [...group].sort((a, b) => a.seqLo - b.seqLo);
        const parts = await this.parts.reader.blocks(dataset, written, subject, ranked);
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
    const blocks = await this.parts.reader.blocks(dataset, late, subject, ranked);
    const tail = mergeOverlapping([...inRange(blocks, start, Number.POSITIVE_INFINITY), fresh], names);
    const head = lowerBound(stored.ts, start);
    const before = {
      ts: stored.ts.subarray(0, head),
      columns: Object.fromEntries(names.map((name) => [name, stored.columns[name]!.subarray(0, head)])),
    };
    return concatenate([before, tail], names);
  }

  /** The bars in memory with what decides between rows; undefined where there are none. */
  freshBlock(
    subject: string,
    timeframe: Timeframe,
    names: readonly string[],
    from: number,
    to: number,
  ): Block | undefined {
    return this.parts.fresh.block(subject, timeframe, [...new Set([...names, RANK, INGESTED_AT])], from, to);
  }

  /** Datasets whose key has more columns than subject and ts are asked in SQL. */
  private async bySql(
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
    const { columns, length } = await this.parts.session.use((connection) =>
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
}

/**
 * Where the rows of a subject lie.
 * @throws TidewatchError `bad_parameter` when the dataset is stored by timeframe and none is given
 */
export function filterOf(dataset: DatasetName, request: Place): FileFilter {
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

/** First part of an instrument id. */
export function venueOf(instrument: string): string {
  return instrument.split(':', 1)[0]!;
}
