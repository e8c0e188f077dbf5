/** What reading one of many instruments costs: the parts of a running feed hold hundreds of them. */
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FixedClock } from '../../market/clock.js';
import { Lake } from './lake.js';

const MINUTE = 60_000;
const START = Date.UTC(2025, 8, 1);
const idOf = (at: number): string => `binanceusdm:-:C${String(at).padStart(3, '0')}USDT`;

let root: string;
let lake: Lake;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'column-reader-'));
  lake = await Lake.open(root, { clock: new FixedClock(START + 10 * 86_400_000), threads: 1 });
});
afterEach(async () => {
  await lake.close();
  rmSync(root, { recursive: true });
});

/** Minutes [first, end) of so many instruments as one part. */
async function store(instruments: number, first: number, end: number): Promise<string> {
  const each = end - first;
  const length = instruments * each;
  const at = (row: number): number => Math.floor(row / each);
  const column = (value: (row: number) => number): Float64Array =>
    Float64Array.from({ length }, (_, row) => value(row));
  const price = column((row) => 100 + at(row) + Math.sin(row * 12.9898));
  const writer = await lake.writer();
  const [file] = await writer.append(
    'bars',
    {
      length,
      constants: { timeframe: '1m' },
      columns: {
        instrument_id: Array.from({ length }, (_, row) => idOf(at(row))),
        ts: column((row) => START + (first + (row % each)) * MINUTE),
        open: price,
        high: price,
        low: price,
        close: price,
        volume: column((row) => row),
      },
    },
    { source: 'ws' },
  );
  return file!.path;
}

const closes = (instrument: number) =>
  lake.columns('bars', { subject: idOf(instrument), timeframe: '1m', columns: ['close'] });

describe('one instrument of many', () => {
  it('is kept without the room that all of them would need', async () => {
    await store(120, 0, 700);
    const { ts, columns, length } = await closes(60);
    expect(length).toBe(700);
    expect(ts.buffer.byteLength).toBeLessThanOrEqual(2 * 8 * length);
    expect(columns.close!.buffer.byteLength).toBeLessThanOrEqual(2 * 8 * length);
  });

  it('is read once for all that ask for a new part at the same time', async () => {
    await store(20, 0, 5);
    const asked = vi.spyOn(lake.session, 'use');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => closes(at)));
    expect(answers.map(({ length }) => length)).toEqual(new Array(20).fill(5));
    expect(answers[7]!.columns.close![0]).toBe(100 + 7 + Math.sin(7 * 5 * 12.9898));
    expect(asked).toHaveBeenCalledTimes(1);
    // and with every column that bars are asked for
    await lake.columns('bars', { subject: idOf(3), timeframe: '1m', columns: ['volume', 'trades'] });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('is seen in a part that comes to a folder that was still', async () => {
    const folder = dirname(await store(2, 0, 5));
    const old = new Date(Date.now() - 60_000);
    utimesSync(folder, old, old);
    expect((await closes(1)).length).toBe(5);
    expect((await closes(1)).length).toBe(5);
    await store(2, 5, 8);
    expect((await closes(1)).length).toBe(8);
  });
});
