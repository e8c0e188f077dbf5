import type { DuckDBConnection } from '@duckdb/node-api';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import { type Batch, INCOMING, loadBatch } from './batch.js';
import type { ChecksumMemory } from './checksum.js';
import { deleteReplaced, mergedPart, planMerges, withoutRows } from './compaction.js';
import { DATASET_NAMES, type DatasetName } from './datasets.js';
import type { LakeFileSystem } from './file-system.js';
import { type FileFilter, type LakeFile, type LakeFolder, listFolder, listFolders } from './lake-file.js';
import { splitActive } from './part-name.js';
import { deleteLeftovers, type PendingPart, Publisher } from './publish.js';
import { scan } from './relation.js';
import type { Session } from './session.js';
import { type Slice, STAGED, slicePart, stage } from './staging.js';

/** What is said of all rows of a batch. */
export interface AppendOptions {
  /** ws, rest, archive, backfill, rollup, points …: decides which row of a key wins. Rows may carry their own. */
  readonly source: string;
}

/** What a compaction merged, deleted and could not read; paths are below the lake's folder. */
export interface CompactionReport {
  /** Covering files published. */
  readonly merged: readonly LakeFile[];
  /** Paths of replaced files deleted after their 15 minutes. */
  readonly deleted: readonly string[];
  /** Damaged files; their runs were left as they are. */
  readonly damaged: readonly string[];
}

interface WriterParts {
  readonly root: string;
  readonly clock: Clock;
  readonly session: Session;
  readonly checksums: ChecksumMemory;
  /** Told which files nobody lists any more: others hold their rows, or they are deleted. */
  readonly forget: (paths: readonly string[]) => void;
  readonly fileSystem: LakeFileSystem;
  /** Whether to delete what a killed writer left under dot-names. */
  readonly deletesLeftovers: boolean;
}

/** The one writer of a lake: every call publishes whole parts or nothing. */
export class LakeWriter {
  private readonly publisher: Publisher;
  private compacting: Promise<unknown> = Promise.resolve();
  /** Publications under way, and the rewrite that they wait for. */
  private readonly running = new Set<Promise<unknown>>();
  private rewriting: Promise<void> | undefined;

  constructor(private readonly parts: WriterParts) {
    if (parts.deletesLeftovers) deleteLeftovers(parts.root, parts.fileSystem);
    this.publisher = new Publisher(parts.root, parts.fileSystem);
  }

  /**
   * Publishes a batch: one part per folder it touches, each holding each key once. Resolves when every part is
   * durable; rejects with nothing of the batch stored when a row is invalid or the disk is full.
   * @throws TidewatchError the rule a row breaks, `missing_column`, `bad_parameter`, `disk_full`,
   *   `home_not_writable`, `write_failed`
   */
  async append<D extends DatasetName>(
    dataset: D,
    batch: Batch<D>,
    options: AppendOptions,
  ): Promise<readonly LakeFile[]> {
    if (batch.length === 0) return [];
    return this.besideOthers((connection) =>
      loadBatch(connection, dataset, batch)
        .then((rows) => stage(connection, dataset, rows, this.origin(options)))
        .then((parts) => this.publish(connection, parts)),
    );
  }

  /**
   * Publishes the result of a SELECT in one go, split by venue (first part of instrument_id), timeframe and month.
   * Columns are matched by name; `timeframe` is needed where the dataset has one; missing optional columns become
   * NULL or their default; `source` and `ingested_at` are filled in when missing. Rows that come sorted by
   * (subject, ts) are written without sorting them again.
   * @throws TidewatchError as `append`
   */
  async publishQuery(
    dataset: DatasetName,
    selectSql: string,
    options: AppendOptions,
  ): Promise<readonly LakeFile[]> {
    return this.besideOthers(async (connection) =>
      this.publish(connection, await stage(connection, dataset, selectSql, this.origin(options))),
    );
  }

  /**
   * Publishes rows that the caller has checked by every rule of the dataset and cut by folder: nothing is checked,
   * sorted or copied again, and two parts are written at a time. All or none, as `append`.
   * @throws TidewatchError `disk_full`, `home_not_writable`, `write_failed`
   */
  async publishSlices(
    dataset: DatasetName,
    slices: readonly Slice[],
    options: AppendOptions,
  ): Promise<readonly LakeFile[]> {
    const origin = this.origin(options);
    const parts = slices.map((slice) => slicePart(dataset, slice, origin));
    return this.shared(async () => {
      const files = await this.publisher.publish((sql) => this.parts.session.run(sql), parts, 2);
      for (const file of files) this.parts.checksums.trust(file);
      return files;
    });
  }

  /** Merges what the policy says and deletes replaced files whose 15 minutes are over. One at a time. */
  compact(dataset?: DatasetName): Promise<CompactionReport> {
    const names = dataset === undefined ? DATASET_NAMES : [dataset];
    return this.compactFolders(names.flatMap((name) => listFolders(this.parts.root, name)));
  }

  /** The same for some folders. */
  compactFolders(folders: readonly LakeFolder[]): Promise<CompactionReport> {
    const next = this.compacting.then(() => this.shared(() => this.compactNow(folders)));
    this.compacting = next.catch(() => undefined);
    return next;
  }

  /**
   * Takes rows out for good: every folder that holds one is published again without them, under an interval that
   * covers its files; a folder that would be empty loses its files at once. Readers see the old rows or none.
   * @param condition SQL over the columns of the files, from values that were checked
   * @returns rows taken out
   * @throws TidewatchError `corrupt_file` when a file of such a folder is damaged, `disk_full`, `write_failed`
   */
  deleteRows(dataset: DatasetName, filter: FileFilter, condition: string): Promise<number> {
    // its interval ends at the newest number: a part published meanwhile would be covered unread
    return this.alone(() => this.rewriteWithout(dataset, filter, condition));
  }

  private async rewriteWithout(dataset: DatasetName, filter: FileFilter, condition: string): Promise<number> {
    let deleted = 0;
    for (const folder of listFolders(this.parts.root, dataset, filter)) {
      const { active, covered } = splitActive(listFolder(folder));
      if (active.length === 0) continue;
      const count = async (where: string): Promise<number> => {
        const rows = await this.parts.session.rows(
          `SELECT count(*)::DOUBLE AS n FROM ${scan(active)} WHERE ${where}`,
        );
        return Number(rows[0]!.n);
      };
      const matching = await count(condition);
      if (matching === 0) continue;
      const [damaged] = await this.damagedIn(active);
      if (damaged !== undefined) {
        throw new TidewatchError('corrupt_file', `${damaged} is damaged · its rows cannot be rewritten`, {
          hint: 'run: tidewatch lake verify',
          details: { file: damaged },
        });
      }
      if ((await count(`NOT (${condition})`)) > 0) {
        const part = withoutRows(mergedPart(dataset, active), condition);
        await this.parts.session.use((connection) => this.publish(connection, [part]));
      } else {
        // replaced files first: without their cover they would come back
        for (const { path } of [...covered, ...active]) this.parts.fileSystem.remove(path);
        await this.parts.fileSystem.syncFolder(folder.path);
      }
      this.parts.forget(active.map(({ path }) => path));
      deleted += matching;
    }
    return deleted;
  }

  /** A publication with its own connection; its temporary tables go with it. */
  private besideOthers(
    work: (connection: DuckDBConnection) => Promise<readonly LakeFile[]>,
  ): Promise<readonly LakeFile[]> {
    return this.shared(() =>
      this.parts.session.use((connection) => work(connection).finally(() => dropTables(connection))),
    );
  }

  /** Runs beside other publications and merges, never beside a rewrite. */
  private async shared<T>(work: () => Promise<T>): Promise<T> {
    while (this.rewriting) await this.rewriting;
    const run = work();
    this.running.add(run);
    try {
      return await run;
    } finally {
      this.running.delete(run);
    }
  }

  /** Runs when nothing else does, and holds up the rest. */
  private async alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.rewriting) await this.rewriting;
    let done = (): void => {};
    this.rewriting = new Promise((resolve) => {
      done = resolve;
    });
    try {
      await Promise.allSettled(this.running);
      return await work();
    } finally {
      this.rewriting = undefined;
      done();
    }
  }

  private origin({ source }: AppendOptions): { source: string; ingestedAt: number } {
    return { source, ingestedAt: this.parts.clock.now() };
  }

  private async publish(connection: DuckDBConnection, parts: readonly PendingPart[]): Promise<LakeFile[]> {
    const files = await this.publisher.publish((sql) => connection.run(sql), parts);
    for (const file of files) this.parts.checksums.trust(file);
    return files;
  }

  private async compactNow(folders: readonly LakeFolder[]): Promise<CompactionReport> {
    const merged: LakeFile[] = [];
    const deleted: string[] = [];
    const damaged: string[] = [];
    for (const folder of folders) {
      for (const run of planMerges(splitActive(listFolder(folder)).active, folder.period, this.now())) {
        const bad = await this.damagedIn(run);
        if (bad.length > 0) damaged.push(...bad);
        else merged.push(...(await this.merge(folder.dataset, run)));
      }
      deleted.push(...this.clear(folder));
    }
    return { merged, deleted, damaged };
  }

  /** A merge would give damaged rows a valid checksum, so every input is checked first. */
  private async damagedIn(run: readonly LakeFile[]): Promise<string[]> {
    const bad: string[] = [];
    for (const file of run) if (!(await this.parts.checksums.isIntact(file))) bad.push(file.path);
    return bad;
  }

  private async merge(dataset: DatasetName, run: readonly LakeFile[]): Promise<LakeFile[]> {
    const part = mergedPart(dataset, run);
    const merged = await this.parts.session.use((connection) => this.publish(connection, [part]));
    this.parts.forget(run.map(({ path }) => path));
    return merged;
  }

  private clear(folder: LakeFolder): string[] {
    const deleted = deleteReplaced(folder, this.now(), this.parts.fileSystem);
    for (const path of deleted) this.parts.checksums.forget(path);
    return deleted;
  }

  private now(): number {
    return this.parts.clock.now();
  }
}

async function dropTables(connection: DuckDBConnection): Promise<void> {
  await connection.run([STAGED, INCOMING].map((name) => `DROP TABLE IF EXISTS temp.${name}`).join('; '));
}
