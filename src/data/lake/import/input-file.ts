/**
 * Files as they come: found, told apart by their first bytes (a name may lie), unpacked.
 *
 * Gzip is unpacked by zlib into a temporary file before anything is parsed: DuckDB reads a gzip stream that ends early
 * as if it were whole, and zlib checks the length and the checksum. A name that DuckDB would take for a pattern is
 * reached through a link with a plain name.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { TidewatchError } from '../../../errors.js';

/** `json`: records one per line; an array of records has been rewritten to that. */
export type InputFormat = 'csv' | 'json' | 'parquet';

export interface InputFile {
  /** As the user named it. */
  readonly name: string;
  /** Where the unpacked bytes are; safe inside a quoted SQL string and free of patterns. */
  readonly path: string;
  readonly format: InputFormat;
  readonly bytes: number;
}

const HEAD_BYTES = 65_536;
const LARGEST_ARRAY = 256 * 1024 * 1024;
const IMPORTABLE = /\.(csv|tsv|txt|json|ndjson|jsonl|parquet|pq)(\.gz)?$/i;

/** Holds the temporary copies of one import; `close` removes them. */
export class InputFiles {
  private folder: string | undefined;
  private count = 0;

  /**
   * One file, or every importable file of a folder by name (not of the folders inside it).
   * @throws TidewatchError `file_not_found`, `empty_series`, `unreadable_file`
   */
  async open(name: string): Promise<InputFile[]> {
    const path = resolve(name);
    const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') {
        throw new TidewatchError('file_not_found', `${name} does not exist`, {
          hint: 'check the path',
          details: { file: name },
        });
      }
      throw unreadable(name, cause);
    });
    if (!found.isDirectory()) return [await this.openFile(name, path)];
    const entries = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
      throw unreadable(name, cause);
    });
    const names = entries
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && IMPORTABLE.test(entry.name))
      .map((entry) => entry.name)
      .sort();
    if (names.length === 0) {
      throw new TidewatchError('empty_series', `${name} holds no CSV, JSON or Parquet file`, {
        hint: 'name a file, or a folder that holds some',
        details: { file: name },
      });
    }
    const files: InputFile[] = [];
    for (const entry of names) files.push(await this.openFile(join(name, entry), join(path, entry)));
    return files;
  }

  async close(): Promise<void> {
    if (this.folder !== undefined) await rm(this.folder, { recursive: true, force: true });
    this.folder = undefined;
  }

  private async openFile(name: string, path: string): Promise<InputFile> {
    try {
      let plain = path;
      let head = await readHead(path);
      if (head[0] === 0x1f && head[1] === 0x8b) {
        plain = await this.unpack(name, path);
        head = await readHead(plain);
      } else if (/[*?[\]{}\\'"]/.test(path)) {
        plain = await this.temporaryPath();
        await symlink(path, plain);
      }
      if (head.length === 0) throw empty(name);
      const format = formatOf(name, head);
      if (format === 'json_array') plain = await this.unrollArray(name, plain);
      const { size } = await stat(plain);
      return { name, path: plain, format: format === 'json_array' ? 'json' : format, bytes: size };
    } catch (error) {
      throw error instanceof TidewatchError ? error : unreadable(name, error);
    }
  }

  private async temporaryPath(): Promise<string> {
    this.folder ??= await mkdtemp(join(tmpdir(), 'tidewatch-import-'));
    this.count += 1;
    return join(this.folder, String(this.count));
  }

  /** One record per line, in order. */
  private async unrollArray(name: string, path: string): Promise<string> {
    const { size } = await stat(path);
    if (size > LARGEST_ARRAY) {
      throw new TidewatchError('unreadable_file', `${name} is one JSON array of ${size} bytes`, {
        hint: `an array may have ${LARGEST_ARRAY} bytes; write one record per line, which has no limit`,
        details: { file: name, bytes: size },
      });
    }
    let records: unknown;
    try {
      records = JSON.parse((await readFile(path, 'utf8')).replace(/^\uFEFF/, ''));
    } catch (cause) {
      throw new TidewatchError('unreadable_file', `${name} is no whole JSON · ${(cause as Error).message}`, {
        hint: 'fetch the file again',
        details: { file: name },
        cause,
      });
    }
    const lines = await this.temporaryPath();
    await writeFile(lines, (records as unknown[]).map((record) => `${JSON.stringify(record)}\n`).join(''));
    return lines;
  }

  private async unpack(name: string, path: string): Promise<string> {
    const target = await this.temporaryPath();
    try {
      await pipeline(createReadStream(path), createGunzip(), createWriteStream(target));
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'ENOSPC') {
        throw new TidewatchError('disk_full', `${name} cannot be unpacked · no space in ${tmpdir()}`, {
          hint: 'free space, or unpack it elsewhere and import the plain file',
          details: { file: name },
          cause,
        });
      }
      throw new TidewatchError('unreadable_file', `${name} is no whole gzip file · ${message}`, {
        hint: 'fetch the file again',
        details: { file: name },
        cause,
      });
    }
    return target;
  }
}

/** The first bytes of a file, at most 64 KiB. */
export async function readHead(path: string): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function formatOf(name: string, head: Buffer): InputFormat | 'json_array' {
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet';
  if (/\.(parquet|pq)$/i.test(name)) {
    throw new TidewatchError('unreadable_file', `${name} is no Parquet file`, {
      hint: 'fetch the file again',
      details: { file: name },
    });
  }
  if (head.includes(0)) {
    throw new TidewatchError('unreadable_file', `${name} is neither UTF-8 text nor Parquet`, {
      hint: 'CSV, JSON and Parquet can be imported, plain or gzipped; text must be UTF-8',
      details: { file: name },
    });
  }
  const text = head.toString('utf8').replace(/^\uFEFF/, '');
  const start = text.trimStart();
  if (start === '') throw empty(name);
  if (start.startsWith('{')) return 'json';
  if (start.startsWith('[')) return /^\[\s*[[{\]]/.test(start) ? 'json_array' : 'json';
  return 'csv';
}

function empty(name: string): TidewatchError {
  return new TidewatchError('empty_series', `${name} is empty`, {
    hint: 'check how the file was made',
    details: { file: name },
  });
}

function unreadable(name: string, cause: unknown): TidewatchError {
  return new TidewatchError('unreadable_file', `${name} cannot be read · ${(cause as Error).message}`, {
    hint: 'check its owner and mode',
    details: { file: name },
    cause,
  });
}
