/**
 * Members of a zip archive as streams, by its central directory (PKWARE APPNOTE 6.3.10, with zip64). Members are
 * unpacked by zlib piece by piece and compared with the CRC-32 and the length that the directory states, so memory
 * does not grow with the archive and a damaged member is an error. Names of members are shown, never used as paths.
 *
 * Not read: encrypted members, methods other than stored and deflated, archives in several volumes.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Duplex, Readable, Transform } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { TidewatchError } from '../../../errors.js';

/** An entry of the archive's directory. */
export interface ZipMember {
  readonly name: string;
  readonly bytes: number;
  readonly compressedBytes: number;
  readonly crc32: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly isEncrypted: boolean;
  /** Where the local header begins. */
  readonly offset: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const MEMBER = 0x02014b50;
const LOCAL = 0x04034b50;
/** End record and the longest comment behind it. */
const LONGEST_END = 22 + 65_535;
const LARGEST_DIRECTORY = 64 * 1024 * 1024;
const FULL_32 = 0xffffffff;

const damaged = (what: string): Error => new Error(`it is no whole zip archive: ${what}`);

/** @throws Error when the archive is cut off or none */
export async function zipMembers(path: string): Promise<readonly ZipMember[]> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const tail = await read(handle, Math.max(0, size - LONGEST_END), Math.min(size, LONGEST_END));
    let at = tail.length - 22;
    while (at >= 0 && tail.readUInt32LE(at) !== END) at -= 1;
    if (at < 0) throw damaged('its directory is missing');
    let length = tail.readUInt32LE(at + 12);
    let offset = tail.readUInt32LE(at + 16);
    let count = tail.readUInt16LE(at + 10);
    if ((offset === FULL_32 || length === FULL_32 || count === 0xffff) && at >= 20) {
      if (tail.readUInt32LE(at - 20) === LOCATOR_64) {
        const end = await read(handle, Number(tail.readBigUInt64LE(at - 12)), 56);
        if (end.readUInt32LE(0) !== END_64) throw damaged('its directory is missing');
        count = Number(end.readBigUInt64LE(32));
        length = Number(end.readBigUInt64LE(40));
        offset = Number(end.readBigUInt64LE(48));
      }
    }
    if (offset + length > size || length > LARGEST_DIRECTORY) throw damaged('its directory is cut off');
    return membersOf(await read(handle, offset, length), count);
  } finally {
    await handle.close();
  }
}

function membersOf(directory: Buffer, count: number): ZipMember[] {
  const members: ZipMember[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== MEMBER) {
      throw damaged('its directory does not fit');
    }
    const nameLength = directory.readUInt16LE(at + 28);
    const extraLength = directory.readUInt16LE(at + 30);
    const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    const sizes = [24, 20, 42].map((field) => directory.readUInt32LE(at + field));
    const [bytes, compressedBytes, offset] = wideSizes(sizes, extra);
    members.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
      bytes: bytes!,
      compressedBytes: compressedBytes!,
      crc32: directory.readUInt32LE(at + 16),
      method: directory.readUInt16LE(at + 10),
      isEncrypted: (directory.readUInt16LE(at + 8) & 1) === 1,
      offset: offset!,
    });
    at += 46 + nameLength + extraLength + directory.readUInt16LE(at + 32);
  }
  return members;
}

/** Sizes that do not fit 32 bits stand in the zip64 field, in this order. */
function wideSizes(sizes: readonly number[], extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let field = at + 4;
    return sizes.map((size) => {
      if (size !== FULL_32) return size;
      if (field + 8 > extra.length) throw damaged('a member has no size');
      field += 8;
      return Number(extra.readBigUInt64LE(field - 8));
    });
  }
  return [...sizes];
}

/**
 * The streams through which a member is unpacked, for a pipeline: the last gives its bytes, and fails when they do not
 * match the directory.
 * @throws TidewatchError `unreadable_file` when the member cannot be unpacked
 */
export async function memberStreams(path: string, member: ZipMember): Promise<[Readable, ...Duplex[]]> {
  if (member.isEncrypted || (member.method !== 0 && member.method !== 8)) {
    throw new TidewatchError(
      'unreadable_file',
      `${member.name} is ${member.isEncrypted ? 'encrypted' : `packed by method ${member.method}`}`,
      { hint: 'unpack it elsewhere and import the plain file', details: { file: member.name } },
    );
  }
  if (member.compressedBytes === 0) return [Readable.from([]), checkAgainst(member)];
  const handle = await open(path, 'r');
  let start: number;
  try {
    const local = await read(handle, member.offset, 30);
    if (local.readUInt32LE(0) !== LOCAL) throw damaged(`${member.name} is not where its directory says`);
    start = member.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  } finally {
    await handle.close();
  }
  const packed = createReadStream(path, { start, end: start + member.compressedBytes - 1 });
  return [packed, ...(member.method === 0 ? [] : [createInflateRaw()]), checkAgainst(member)];
}

function checkAgainst({ name, bytes, crc32: expected }: ZipMember): Transform {
  let length = 0;
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      sum = crc32(chunk, sum);
      // what is longer than stated is not unpacked further
      done(length > bytes ? damaged(`${name} is longer than stated`) : null, chunk);
    },
    flush(done) {
      done(length === bytes && sum === expected ? null : damaged(`${name} does not match its checksum`));
    },
  });
}

async function read(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) throw damaged('it is cut off');
    filled += bytesRead;
  }
  return buffer;
}
