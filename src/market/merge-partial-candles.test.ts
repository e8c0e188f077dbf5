import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergePartialCandles } from './merge-partial-candles.js';
import type { BarColumns } from './series.js';

type Row = readonly [number, number, number, number, number, number];

function columnsOf(rows: readonly Row[]): BarColumns {
  const column = (at: number): Float64Array => Float64Array.from(rows, (row) => row[at]!);
  return {
    time: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  };
}

function rowsOf(columns: BarColumns): number[][] {
  return Array.from(columns.time, (time, row) => [
    time,
    columns.open[row]!,
    columns.high[row]!,
    columns.low[row]!,
    columns.close[row]!,
    columns.volume[row]!,
  ]);
}

function readCsv(name: string): number[][] {
  const [, ...lines] = readFileSync(`test/golden/data/hmm/${name}`, 'utf8').trim().split('\n');
  return lines.map((line) => line.split(',').map(Number));
}

describe('mergePartialCandles', () => {
  it('gives the candles of the recorded flash crash', () => {
    const input = readCsv('merge_partials_in.csv');
    const expected = readCsv('merge_partials_out.csv');
    const columns = columnsOf(input.map(([time, , ...rest]) => [time, ...rest] as unknown as Row));
    const merged = rowsOf(
      mergePartialCandles(
        columns,
        input.map((row) => row[1]!),
      ),
    );
    expect(merged.length).toBe(expected.length);
    for (const [index, row] of merged.entries()) {
      const want = expected[index]!;
      expect(row.slice(0, 5)).toEqual(want.slice(0, 5));
      expect(Math.abs(row[5]! - want[5]!)).toBeLessThanOrEqual(1e-9 * want[5]!);
    }
  });

  it('joins two parts of a minute', () => {
    const merged = mergePartialCandles(
      columnsOf([
        [0, 10, 12, 9, 11, 1],
        [0, 11, 13, 10, 10.5, 2],
      ]),
    );
    expect(rowsOf(merged)).toEqual([[0, 10, 13, 9, 10.5, 3]]);
  });

  it('counts a repeated row once', () => {
    const row: Row = [0, 10, 12, 9, 11, 1];
    expect(rowsOf(mergePartialCandles(columnsOf([row, row, row])))).toEqual([[...row]]);
  });

  it('keeps the whole candle when its parts are there too', () => {
    const whole: Row = [0, 10, 13, 9, 10.5, 3];
    const parts: Row[] = [
      [0, 10, 12, 9, 11, 1],
      [0, 11, 13, 10, 10.5, 2],
    ];
    expect(rowsOf(mergePartialCandles(columnsOf([...parts, whole])))).toEqual([[...whole]]);
    expect(rowsOf(mergePartialCandles(columnsOf([whole, ...parts])))).toEqual([[...whole]]);
  });

  it('follows the write order, not the order of the rows', () => {
    const rows: Row[] = [
      [0, 11, 13, 10, 10.5, 2],
      [0, 10, 12, 9, 11, 1],
    ];
    expect(rowsOf(mergePartialCandles(columnsOf(rows), [2, 1]))).toEqual([[0, 10, 13, 9, 10.5, 3]]);
  });

  it('leaves candles with times of their own as they are, sorted', () => {
    const candle = fc
      .tuple(fc.double({ min: 1, max: 1e5, noNaN: true }), fc.double({ min: 0, max: 1e4, noNaN: true }))
      .map(([price, volume]) => [price, price * 1.01, price * 0.99, price, volume] as const);
    fc.assert(
      fc.property(fc.array(candle, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (candles, keys) => {
        const rows = candles.map((values, index) => [index * 60_000, ...values] as Row);
        const shuffled = rows
          .map((row) => ({ row, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ row }) => row);
        expect(rowsOf(mergePartialCandles(columnsOf(shuffled)))).toEqual(rows.map((row) => [...row]));
      }),
    );
  });

  it('names what does not fit', () => {
    expect(() => mergePartialCandles(columnsOf([[Number.NaN, 1, 1, 1, 1, 1]]))).toThrow(/time of row 0/);
    expect(() => mergePartialCandles(columnsOf([[0, 1, 1, 1, 1, 1]]), [])).toThrow(/write order has 0 rows/);
  });
});
