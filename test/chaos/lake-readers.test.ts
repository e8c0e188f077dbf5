/** A reader in one process while a writer in another appends a thousand small parts and merges them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Lake } from '../../src/data/lake/lake.js';
import { periodOf, periodSpan } from '../../src/data/lake/part-name.js';
import { generator, MINUTE, NIGHTLY, WriterProcess } from './lake-process.js';

const PARTS = NIGHTLY ? 3000 : 300;
const SYMBOLS = 5;
const folder = mkdtempSync(join(tmpdir(), 'lake-readers-'));
const root = join(folder, 'lake');
// two months back: the month has closed, so every compaction merges whatever lies in the folder
const start = periodSpan(periodOf(Date.now() - 62 * 86_400_000))[0];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(`never fails while ${PARTS} parts appear and are merged`, { timeout: 300_000 }, async () => {
  const random = generator(2);
  const clock = { now: () => Date.now() };
  const lake = await Lake.open(root, { clock, threads: 1 });
  let questions = 0;
  const ask = async (writer: WriterProcess): Promise<void> => {
    const known = writer.acknowledged;
    const symbol = random.below(SYMBOLS);
    const subject = `binance:spot:S${symbol}USDT`;
    // half of the questions are for the newest minutes, as a live process asks
    const from = random.below(2) === 0 ? 0 : start + Math.max(0, known - 50) * MINUTE;
    const { length, ts, columns } = await lake.columns('bars', {
      subject,
      timeframe: '1m',
      columns: ['close'],
      from,
    });
    questions += 1;
    const first = from === 0 ? 0 : Math.round((from - start) / MINUTE);
    expect(length).toBeGreaterThanOrEqual(known + 1 - first);
    let wrong = 0;
    for (let row = 0; row < length; row += 1) {
      const right =
        ts[row] === start + (first + row) * MINUTE &&
        columns.close![row] === 100 + first + row + symbol / 100;
      if (!right) wrong += 1;
    }
    expect(wrong).toBe(0);
    if (questions % 40 === 0) {
      const { rows } = await lake.sql('SELECT count(*), count(DISTINCT (instrument_id, ts)) FROM bars');
      const [all, distinct] = rows[0] as [number, number];
      expect(all).toBe(distinct);
      expect(all).toBeGreaterThanOrEqual((known + 1) * SYMBOLS);
    }
  };
  const options = { root, symbols: SYMBOLS, start };

  const appending = new WriterProcess({ ...options, first: 0, batches: PARTS, compactEvery: 0 });
  await appending.until((state) => state.acknowledged >= 0);
  while (!appending.finished) await ask(appending);
  expect([await appending.ended(), appending.errors]).toEqual([0, '']);
  expect(await lake.activeFiles('bars')).toHaveLength(PARTS);

  const fresh = await Lake.open(root, { clock, threads: 1 });
  const request = { subject: 'binance:spot:S0USDT', timeframe: '1m', columns: ['close'] };
  const timed = async (): Promise<number> => {
    const begin = performance.now();
    expect((await fresh.columns('bars', request)).length).toBe(PARTS);
    return Math.round(performance.now() - begin);
  };
  const [cold, warm] = [await timed(), await timed()];
  await fresh.close();

  const merging = new WriterProcess({ ...options, first: PARTS, batches: 100, compactEvery: 5 });
  await merging.until((state) => state.acknowledged >= PARTS);
  while (!merging.finished) await ask(merging);
  expect([await merging.ended(), merging.errors]).toEqual([0, '']);
  await ask(merging);
  expect(merging.merged).toBeGreaterThan(10);
  expect((await lake.activeFiles('bars')).length).toBeLessThan(10);
  console.info(
    `${questions} questions, 0 failures beside ${PARTS} appends and ${merging.merged} merges; ` +
      `${PARTS} parts read in ${cold} ms, again in ${warm} ms`,
  );
  await lake.close();
});
