/** What the cache counts and lets go: a feed makes a file each minute, for weeks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Block, ColumnCache, WHOLE_FILE } from './column-cache.js';
import { Lake } from './lake.js';

const MINUTE = 60_000;
const START = Date.UTC(2025, 8, 1);

const partOf = (subjects: number): Block => ({
  ts: new Float64Array(subjects),
  columns: { open: new Float64Array(subjects), close: new Float64Array(subjects) },
  subjects: new Map(Array.from({ length: subjects }, (_, at) => [`market ${at}`, [at, at + 1] as const])),
});

it('counts the names beside the numbers, so that many small parts stay within the budget', () => {
  const cache = new ColumnCache(1_000_000);
  for (let minute = 0; minute < 1000; minute += 1) cache.put(`part ${minute}`, WHOLE_FILE, partOf(300));
  const held = Array.from({ length: 1000 }, (_, minute) => cache.get(`part ${minute}`, WHOLE_FILE, ['open']));
  // 300 rows of three columns are 7 kB, their names 39 kB
  expect(held.filter((block) => block !== undefined).length).toBeLessThan(25);
  expect(held.at(-1)).toBeDefined();
  expect(cache.bytes).toBeLessThanOrEqual(1_000_000);
});

it('lets go what was read of files that a merge has taken up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'column-cache-'));
  const clock = { now: () => START + 7 * 60 * MINUTE };
  const lake = await Lake.open(folder, { clock, threads: 1 });
  const writer = await lake.writer();
  const range = { subject: 'binance:spot:BTCUSDT', timeframe: '1m', columns: ['close'] } as const;
  const held: number[] = [];
  for (let hour = 0; hour < 3; hour += 1) {
    for (let minute = hour * 60; minute < hour * 60 + 60; minute += 5) {
      const one = Float64Array.of(1);
      const columns = { open: one, high: one, low: one, close: one, volume: one };
      await writer.append(
        'bars',
        {
          length: 1,
          constants: { instrument_id: range.subject, timeframe: '1m' },
          columns: { ...columns, ts: Float64Array.of(START + minute * MINUTE) },
        },
        { source: 'ws' },
      );
      await lake.columns('bars', range);
    }
    await writer.compact();
    await lake.columns('bars', range);
    // biome-ignore lint/complexity/useLiteralKeys: what it holds is nobody else's business
    held.push(lake['cache'].bytes);
  }
  await lake.close();
  rmSync(folder, { recursive: true });
  // a file for each hour at 4 kB, and no dozen of parts for each
  expect(held[2]! - held[0]!).toBeLessThan(12_000);
});
