/**
 * Columns that hold one value (or NULL) in every row, added to a Parquet file that DuckDB has written without them.
 *
 * Every part has every column of its dataset, and an import fills a third of them: DuckDB needed as long for the 20
 * others, a cell at a time, as for the six with numbers in them. One run of levels and one of dictionary indices say
 * the same in some tens of bytes. The pages go where the footer was, a new footer after them; the file is not
 * durable nor under its name yet, so that a kill in between leaves a dot-name as any other.
 *
 * Source: Apache Parquet format, "Data Pages", "Encodings" (PLAIN, RLE, RLE_DICTIONARY), parquet.thrift.
 * Form: data pages v2, bit-packing by run. These chunks say UNCOMPRESSED: there is nothing to compress.
 * Limits: flat columns only; a row group has at most 2^31 - 1 rows.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import {
  binary,
  flag,
  i32,
  i64,
  list,
  putVarint,
  readStruct,
  struct,
  structOf,
  THRIFT,
  type ThriftField,
  type ThriftList,
  type ThriftStruct,
  writeStruct,
} from './thrift.js';

export interface ConstantColumn {
  readonly name: string;
  /** SQL type as the other columns of its kind are written. */
  readonly type: 'DOUBLE' | 'INTEGER' | 'BIGINT' | 'VARCHAR' | 'BOOLEAN';
  readonly value: null | number | string;
}

const MAGIC = 'PAR1';
const TAIL = 8;
const OPTIONAL = 1;
const [PLAIN, RLE, RLE_DICTIONARY] = [0, 3, 8];
const [DICTIONARY_PAGE, DATA_PAGE_V2] = [2, 3];
const UNCOMPRESSED = 0;

/** Physical type and, where it needs one, converted type of parquet.thrift. */
const TYPES: Readonly<Record<ConstantColumn['type'], { physical: number; converted?: number }>> = {
  BOOLEAN: { physical: 0 },
  INTEGER: { physical: 1, converted: 17 },
  BIGINT: { physical: 2, converted: 18 },
  DOUBLE: { physical: 5 },
  VARCHAR: { physical: 6, converted: 0 },
};

/**
 * Adds columns to a file, in place.
 * @param order names of all columns of the file to be, in their order
 * @throws RangeError where the file is no Parquet file of flat columns with these names
 */
export function addConstantColumns(
  path: string,
  order: readonly string[],
  constants: readonly ConstantColumn[],
): void {
  if (constants.length === 0) return;
  const descriptor = openSync(path, 'r+');
  try {
    const { footer, start } = readFooter(descriptor, fstatSync(descriptor).size);
    const bytes = withColumns(footer, start, order, constants);
    ftruncateSync(descriptor, start);
    for (let at = 0; at < bytes.length; )
      at += writeSync(descriptor, bytes, at, bytes.length - at, start + at);
  } finally {
    closeSync(descriptor);
  }
}

function readFooter(descriptor: number, size: number): { footer: ThriftStruct; start: number } {
  const tail = readAt(descriptor, size - TAIL, TAIL);
  if (tail.toString('latin1', 4) !== MAGIC) throw new RangeError('the file does not end as a Parquet file');
  const length = tail.readUInt32LE(0);
  const start = size - TAIL - length;
  return { footer: readStruct(readAt(descriptor, start, length)), start };
}

function readAt(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (position < 0 || readSync(descriptor, bytes, 0, length, position) !== length) {
    throw new RangeError('the file is shorter than its footer says');
  }
  return bytes;
}

/** The new pages and the new footer, to be written from `start` on. */
function withColumns(
  footer: ThriftStruct,
  start: number,
  order: readonly string[],
  constants: readonly ConstantColumn[],
): Buffer {
  const byName = new Map(constants.map((column) => [column.name, column]));
  const schema = itemsOf(footer, 2);
  const [root, ...elements] = schema;
  const place = new Map(elements.map((element, index) => [String(element.get(4)!.value), index]));
  const stored = order.filter((name) => !byName.has(name));
  if (stored.length !== elements.length || stored.some((name) => !place.has(name))) {
    throw new RangeError(
      `the file has the columns ${[...place.keys()].join(', ')}, not ${stored.join(', ')}`,
    );
  }
  /** DuckDB's entry of a column, or ours. */
  const ordered = <T>(have: readonly T[], make: (column: ConstantColumn) => T): T[] =>
    order.map((name) => {
      const column = byName.get(name);
      return column ? make(column) : have[place.get(name)!]!;
    });
  const pages: Buffer[] = [];
  let position = start;
  for (const group of itemsOf(footer, 4)) {
    const rows = Number(group.get(3)!.value);
    let added = 0;
    const chunks = ordered(itemsOf(group, 1), (column) => {
      const chunk = chunkOf(column, rows, position);
      pages.push(chunk.bytes);
      position += chunk.bytes.length;
      added += chunk.bytes.length;
      return chunk.entry;
    });
    group.set(1, list(THRIFT.struct, chunks));
    for (const size of [2, 6]) {
      const before = group.get(size);
      if (before) group.set(size, i64(Number(before.value) + added));
    }
  }
  root!.set(5, i32(order.length));
  footer.set(2, list(THRIFT.struct, [root!, ...ordered(elements, elementOf)]));
  if (footer.has(7)) {
    const typeOrder = (): ThriftStruct => structOf({ 1: struct({}) });
    footer.set(7, list(THRIFT.struct, ordered(itemsOf(footer, 7), typeOrder)));
  }
  const written = writeStruct(footer);
  const tail = Buffer.alloc(TAIL);
  tail.writeUInt32LE(written.length, 0);
  tail.write(MAGIC, 4, 'latin1');
  return Buffer.concat([...pages, written, tail]);
}

function itemsOf(parent: ThriftStruct, id: number): ThriftStruct[] {
  return (parent.get(id)!.value as ThriftList).items as ThriftStruct[];
}

function elementOf({ name, type }: ConstantColumn): ThriftStruct {
  const { physical, converted } = TYPES[type];
  return structOf({
    1: i32(physical),
    3: i32(OPTIONAL),
    4: binary(name),
    ...(converted === undefined ? {} : { 6: i32(converted) }),
  });
}

/** A column chunk whose first page stands at `position`. */
function chunkOf(
  column: ConstantColumn,
  rows: number,
  position: number,
): { bytes: Buffer; entry: ThriftStruct } {
  const isNull = column.value === null;
  const levels = runOf(rows, isNull ? 0 : 1);
  const value = plainBytes(column);
  let dictionary: Buffer = Buffer.alloc(0);
  let body: Buffer = Buffer.alloc(0);
  let encoding: number = PLAIN;
  if (column.type === 'BOOLEAN' && !isNull) {
    const run = runOf(rows, Number(column.value));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(run.length);
    body = Buffer.concat([length, run]);
    encoding = RLE;
  } else if (!isNull) {
    const head = { 1: i32(1), 2: i32(PLAIN) };
    dictionary = page(DICTIONARY_PAGE, value.length, { 7: struct(head) }, value);
    // indices of one bit each
    body = Buffer.concat([Buffer.from([1]), runOf(rows, 0)]);
    encoding = RLE_DICTIONARY;
  }
  const head: Record<number, ThriftField> = {
    1: i32(rows),
    2: i32(isNull ? rows : 0),
    3: i32(rows),
    4: i32(encoding),
    5: i32(levels.length),
    6: i32(0),
    7: flag(false),
  };
  const content = Buffer.concat([levels, body]);
  const bytes = Buffer.concat([dictionary, page(DATA_PAGE_V2, content.length, { 8: struct(head) }, content)]);
  const encodings = [...new Set([RLE, encoding, ...(dictionary.length > 0 ? [PLAIN] : [])])];
  const meta: Record<number, ThriftField> = {
    1: i32(TYPES[column.type].physical),
    2: list(THRIFT.i32, encodings),
    3: list(THRIFT.binary, [Buffer.from(column.name)]),
    4: i32(UNCOMPRESSED),
    5: i64(rows),
    6: i64(bytes.length),
    7: i64(bytes.length),
    9: i64(position + dictionary.length),
    ...(dictionary.length > 0 ? { 11: i64(position) } : {}),
    12: struct(statistics(column, rows)),
  };
  return { bytes, entry: structOf({ 2: i64(0), 3: struct(meta) }) };
}

function page(type: number, size: number, head: Record<number, ThriftField>, content: Buffer): Buffer {
  return Buffer.concat([
    writeStruct(structOf({ 1: i32(type), 2: i32(size), 3: i32(size), ...head })),
    content,
  ]);
}

/** `count` times the same bit, as one run of the RLE hybrid. */
function runOf(count: number, bit: number): Buffer {
  const bytes: number[] = [];
  putVarint(bytes, 2 * count);
  bytes.push(bit);
  return Buffer.from(bytes);
}

/** The value by the PLAIN encoding of a dictionary page. */
function plainBytes({ type, value }: ConstantColumn): Buffer {
  if (type !== 'VARCHAR') return valueBytes(type, value);
  const text = valueBytes(type, value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text]);
}

function valueBytes(type: ConstantColumn['type'], value: ConstantColumn['value']): Buffer {
  if (type === 'VARCHAR') return Buffer.from(String(value));
  const bytes = Buffer.alloc({ BOOLEAN: 1, INTEGER: 4, BIGINT: 8, DOUBLE: 8 }[type]);
  const number = Number(value);
  if (type === 'BOOLEAN') bytes.writeUInt8(number);
  else if (type === 'INTEGER') bytes.writeInt32LE(number);
  else if (type === 'BIGINT') bytes.writeBigInt64LE(BigInt(number));
  else bytes.writeDoubleLE(number);
  return bytes;
}

function statistics({ type, value }: ConstantColumn, rows: number): Record<number, ThriftField> {
  if (value === null) return { 3: i64(rows) };
  const bound = binary(valueBytes(type, value));
  return { 3: i64(0), 5: bound, 6: bound };
}
