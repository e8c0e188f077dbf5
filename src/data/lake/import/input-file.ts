/**
 * Files as they come: found, told apart by their first bytes (a name may lie), unpacked.
 *
 * Gzip and zip are unpacked into temporary files before anything is parsed: DuckDB reads a gzip stream that ends early
 * as if it were whole, and zlib checks the length and the checksum. Everything is piped, so memory does not grow with
 * the files. A name that DuckDB would take for a pattern is
 * reached through a link with a plain name.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { TidewatchError } from '../../../errors.js';
import { matchesChecksumFile } from './checksum-file.js';
import { arrayToLines } from './json-lines.js';
import { memberStreams, zipMembers } from './zip-archive.js';

/** `json`: records one per line; an array of records has been rewritten to that. */
export type InputFormat = 'csv' | 'json' | 'parquet' | 'arrow';

export interface InputFile {
  /** As the user named it. */
  readonly name: string;
  /** Where the unpacked bytes are; safe inside a quoted SQL string and free of patterns. */
  readonly path: string;
  readonly format: InputFormat;
  /** Unpacked. */
  readonly bytes: number;
  /** What it was packed in. */
  readonly packing: 'gzip' | 'zip' | undefined;
  /** True when it matched the checksum file beside it. */
  readonly matchesChecksum: boolean;
}

const HEAD_BYTES = 65_536;
const IMPORTABLE = /\.((csv|tsv|txt|json|ndjson|jsonl|parquet|pq|feather|arrow)(\.gz)?|zip)$/i;
const DEEPEST = 12;

/** Holds the temporary copies of one import; `close` removes them. */
export class InputFiles {
  private folder: string | undefined;
  private count = 0;

  /**
   * One file, or every importable file of a folder and the folders in it, by name. A zip archive is a folder too.
   * @throws TidewatchError `file_not_found`, `empty_series`, `unreadable_file`, `checksum_mismatch`
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
    if (!found.isDirectory()) return this.openFile(name, path);
    const names = await importableBelow(path).catch((cause: unknown) => {
      throw unreadable(name, cause);
    });
    if (names.length === 0) {
      throw new TidewatchError('empty_series', `${name} holds no file that can be imported`, {
        hint: 'name a file, or a folder that holds CSV, JSON, Parquet, feather or zip files',
        details: { file: name },
      });
    }
    const files: InputFile[] = [];
    for (const entry of names) files.push(...(await this.openFile(join(name, entry), join(path, entry))));
    return files;
  }

  async close(): Promise<void> {
    if (this.folder !== undefined) await rm(this.folder, { recursive: true, force: true });
    this.folder = undefined;
  }

  private async openFile(name: string, path: string): Promise<InputFile[]> {
    try {
      const matchesChecksum = await matchesChecksumFile(name, path);
      const head = await readHead(path);
      if (isZip(head)) return await this.openArchive(name, path, matchesChecksum);
      if (head[0] === 0x1f && head[1] === 0x8b) {
        const plain = await this.unpack(name, 'gzip', () => [createReadStream(path), createGunzip()]);
        return [await this.openPlain(name, plain, 'gzip', matchesChecksum)];
      }
      let plain = path;
      if (/[*?[\]{}\\'"]/.test(path)) {
        plain = await this.temporaryPath();
        await symlink(path, plain);
      }
      return [await this.openPlain(name, plain, undefined, matchesChecksum)];
    } catch (error) {
      throw error instanceof TidewatchError ? error : unreadable(name, error);
    }
  }

  private async openPlain(
    name: string,
    path: string,
    packing: InputFile['packing'],
    matchesChecksum: boolean,
  ): Promise<InputFile> {
    const head = await readHead(path);
    if (head.length === 0) throw empty(name);
    const format = formatOf(name, head);
    const isArray = format === 'json_array';
    const plain = isArray
      ? await this.unpack(name, 'JSON', () => [createReadStream(path), arrayToLines()])
      : path;
    const { size } = await stat(plain);
    return { name, path: plain, format: isArray ? 'json' : format, bytes: size, packing, matchesChecksum };
  }

  /** Every importable file of an archive, by name; the only file of one, whatever its name. */
  private async openArchive(name: string, path: string, matchesChecksum: boolean): Promise<InputFile[]> {
    const members = (await zipMembers(path)).filter(
      (member) => !member.name.endsWith('/') && !/(^|\/)(\.|__MACOSX\/)/.test(member.name),
    );
    const wanted = members.length === 1 ? members : members.filter((member) => IMPORTABLE.test(member.name));
    if (wanted.length === 0) {
      throw new TidewatchError('empty_series', `${name} holds no file that can be imported`, {
        hint: 'an archive holds CSV, JSON, Parquet or feather files',
        details: { file: name },
      });
    }
    wanted.sort((a, b) => (a.name < b.name ? -1 : 1));
    const files: InputFile[] = [];
    for (const member of wanted) {
      const inside = `${name}/${member.name}`;
      const plain = await this.unpack(inside, 'zip', () => memberStreams(path, member));
      files.push(await this.openPlain(inside, plain, 'zip', matchesChecksum));
    }
    return files;
  }

  private async temporaryPath(): Promise<string> {
    this.folder ??= await mkdtemp(join(tmpdir(), 'tidewatch-import-'));
    this.count += 1;
    return join(this.folder, String(this.count));
  }

  private async unpack(
    name: string,
    kind: 'gzip' | 'zip' | 'JSON',
    streams: () => Promise<[Readable, ...Duplex[]]> | [Readable, ...Duplex[]],
  ): Promise<string> {
    const target = await this.temporaryPath();
    try {
      // made here: a stream that fails before anybody listens ends the process
      await pipeline([...(await streams()), createWriteStream(target)]);
    } catch (cause) {
      if (cause instanceof TidewatchError) throw cause;
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'ENOSPC') {
        throw new TidewatchError('disk_full', `${name} cannot be unpacked · no space in ${tmpdir()}`, {
          hint: 'free space, or unpack it elsewhere and import the plain file',
          details: { file: name },
          cause,
        });
      }
      throw new TidewatchError('unreadable_file', `${name} is no whole ${kind} file · ${message}`, {
        hint: 'fetch the file again',
        details: { file: name },
        cause,
      });
    }
    return target;
  }
}

/** Paths relative to the folder, by name; hidden ones are left out. */
async function importableBelow(folder: string, depth = 0): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    if (!entry.isDirectory()) {
      if (IMPORTABLE.test(entry.name)) found.push(entry.name);
    } else if (depth < DEEPEST) {
      const inside = await importableBelow(join(folder, entry.name), depth + 1);
      found.push(...inside.map((name) => join(entry.name, name)));
    }
  }
  return found;
}

const isZip = (head: Buffer): boolean =>
  head.length > 3 && [0x04034b50, 0x06054b50].includes(head.readUInt32LE(0));

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
  if (head.subarray(0, 6).toString('latin1') === 'ARROW1') return 'arrow';
  if (head.subarray(0, 4).toString('latin1') === 'FEA1') {
    throw new TidewatchError('unreadable_file', `${name} is a feather file of version 1`, {
      hint: 'write it again with a newer pandas or pyarrow (version 2)',
      details: { file: name },
    });
  }
  if (head.includes(0)) {
    throw new TidewatchError('unreadable_file', `${name} is neither UTF-8 text nor Parquet nor feather`, {
      hint: 'CSV, JSON, Parquet and feather can be imported, plain, gzipped or zipped; text must be UTF-8',
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
