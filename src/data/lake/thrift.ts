/**
 * Thrift's compact protocol, as far as a Parquet footer needs it: any struct is read into a tree of numbered fields,
 * changed there and written again, so that fields this code does not know stay as they were.
 *
 * Source: Apache Thrift, "Thrift compact protocol encoding". Integers are held as numbers: exact below 2^52, far above
 * any size or offset in a file.
 */

/** Wire types. A boolean field has its value in its type. */
export const THRIFT = {
  yes: 1,
  no: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  struct: 12,
} as const;

export interface ThriftList {
  readonly type: number;
  readonly items: ThriftValue[];
}

export type ThriftStruct = Map<number, ThriftField>;
export type ThriftValue = number | boolean | Buffer | ThriftList | ThriftStruct;

export interface ThriftField {
  readonly type: number;
  readonly value: ThriftValue;
}

export const i32 = (value: number): ThriftField => ({ type: THRIFT.i32, value });
export const i64 = (value: number): ThriftField => ({ type: THRIFT.i64, value });
export const binary = (value: Buffer | string): ThriftField => ({
  type: THRIFT.binary,
  value: Buffer.from(value),
});
export const flag = (value: boolean): ThriftField => ({ type: value ? THRIFT.yes : THRIFT.no, value });
export const list = (type: number, items: ThriftValue[]): ThriftField => ({
  type: THRIFT.list,
  value: { type, items },
});
export const struct = (fields: Readonly<Record<number, ThriftField>>): ThriftField => ({
  type: THRIFT.struct,
  value: structOf(fields),
});
export const structOf = (fields: Readonly<Record<number, ThriftField>>): ThriftStruct =>
  new Map(Object.entries(fields).map(([id, field]) => [Number(id), field]));

/** @throws RangeError where the bytes end early or hold a type that Parquet does not use */
export function readStruct(bytes: Buffer): ThriftStruct {
  return new Reader(bytes).struct();
}

/** A struct in Thrift's compact protocol, as Parquet footers have it. */
export function writeStruct(value: ThriftStruct): Buffer {
  const bytes: number[] = [];
  putStruct(bytes, value);
  return Buffer.from(bytes);
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  struct(): ThriftStruct {
    const fields: ThriftStruct = new Map();
    let id = 0;
    for (;;) {
      const head = this.byte();
      if (head === 0) return fields;
      const type = head & 15;
      id = head >> 4 === 0 ? this.integer() : id + (head >> 4);
      fields.set(id, { type, value: this.fieldValue(type) });
    }
  }

  private fieldValue(type: number): ThriftValue {
    return type === THRIFT.yes || type === THRIFT.no ? type === THRIFT.yes : this.value(type);
  }

  private value(type: number): ThriftValue {
    switch (type) {
      case THRIFT.yes:
      case THRIFT.no:
        return this.byte() === THRIFT.yes;
      case THRIFT.byte:
        return this.byte();
      case THRIFT.i16:
      case THRIFT.i32:
      case THRIFT.i64:
        return this.integer();
      case THRIFT.double:
        return this.slice(8);
      case THRIFT.binary:
        return this.slice(this.varint());
      case THRIFT.list:
        return this.list();
      case THRIFT.struct:
        return this.struct();
      default:
        throw new RangeError(`thrift type ${type} at byte ${this.at} is not expected`);
    }
  }

  private list(): ThriftList {
    const head = this.byte();
    const type = head & 15;
    const length = head >> 4 === 15 ? this.varint() : head >> 4;
    return { type, items: Array.from({ length }, () => this.value(type)) };
  }

  private integer(): number {
    const zigzag = this.varint();
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  private varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    if (!Number.isSafeInteger(value))
      throw new RangeError(`thrift integer before byte ${this.at} is too large`);
    return value;
  }

  private byte(): number {
    return this.bytes.readUInt8(this.at++);
  }

  private slice(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new RangeError('thrift bytes end early');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** Unsigned LEB128, which Parquet uses for run lengths too. */
export function putVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
}

function putInteger(bytes: number[], value: number): void {
  putVarint(bytes, value < 0 ? -2 * value - 1 : 2 * value);
}

function putStruct(bytes: number[], fields: ThriftStruct): void {
  let before = 0;
  for (const [id, { type, value }] of [...fields].sort(([a], [b]) => a - b)) {
    const step = id - before;
    if (step < 16) bytes.push((step << 4) | type);
    else {
      bytes.push(type);
      putInteger(bytes, id);
    }
    before = id;
    if (type !== THRIFT.yes && type !== THRIFT.no) putValue(bytes, type, value);
  }
  bytes.push(0);
}

function putValue(bytes: number[], type: number, value: ThriftValue): void {
  if (typeof value === 'boolean') bytes.push(value ? THRIFT.yes : THRIFT.no);
  else if (typeof value === 'number') {
    if (type === THRIFT.byte) bytes.push(value);
    else putInteger(bytes, value);
  } else if (Buffer.isBuffer(value)) {
    if (type === THRIFT.binary) putVarint(bytes, value.length);
    for (const byte of value) bytes.push(byte);
  } else if (value instanceof Map) putStruct(bytes, value);
  else {
    const { length } = value.items;
    bytes.push((Math.min(length, 15) << 4) | value.type);
    if (length >= 15) putVarint(bytes, length);
    for (const item of value.items) putValue(bytes, value.type, item);
  }
}
