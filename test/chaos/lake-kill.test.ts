/** SIGKILL at any moment of append, merge and delete: every acknowledged row is there, no half file is visible. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { Lake } from '../../src/data/lake/lake.js';
import { listFolder, listFolders } from '../../src/data/lake/lake-file.js';
import { FixedClock } from '../../src/market/clock.js';
import { generator, MINUTE, NIGHTLY, SEED, WriterProcess } from './lake-process.js';

const KILLS = NIGHTLY ? 200 : 20;
const SYMBOLS = 4;
const folder = mkdtempSync(join(tmpdir(), 'lake-kill-'));
const root = join(folder, 'lake');
// ahead of every file's modification time by more than the grace period: replaced files are deleted at once, so that
// kills hit deletions too; no reader runs beside this writer
const start = Math.ceil((Date.now() + 3_600_000) / 86_400_000) * 86_400_000;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(
  `loses no acknowledged row and shows no half file over ${KILLS} kills (seed ${SEED})`,
  async () => {
    const random = generator(1);
    let next = 0;
    let acknowledged = -1;
    let merged = 0;
    let deleted = 0;
    let leftovers = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const writer = new WriterProcess({
        root,
        first: next,
        batches: 100_000,
        symbols: SYMBOLS,
        start,
        clockAhead: 3_600_000,
        compactEvery: 10,
      });
      const target = next + random.below(25);
      await writer.until((state) => state.acknowledged >= target);
      expect(writer.errors).toBe('');
      await wait(random.uniform() * 25);
      await writer.kill();
      acknowledged = writer.acknowledged;
      merged += writer.merged;
      deleted += writer.deleted;
      leftovers += dotNames(root);
      next = await verify(acknowledged);
    }
    console.info(
      `${KILLS} kills: ${acknowledged + 1} batches acknowledged, 0 rows lost, 0 half files visible; ` +
        `${merged} merges, ${deleted} deletions, ${leftovers} unfinished files left to be cleared`,
    );
    expect(merged).toBeGreaterThan(0);
    expect(deleted).toBeGreaterThan(0);
  },
  NIGHTLY ? 900_000 : 120_000,
);

function dotNames(path: string): number {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.writing'))
    .length;
}

/** Checks the lake as a fresh process would see it; returns the number of the first batch that is not there. */
async function verify(acknowledged: number): Promise<number> {
  const lake = await Lake.open(root, { clock: new FixedClock(start), threads: 1 });
  try {
    for (const place of listFolders(root, 'bars')) {
      for (const file of listFolder(place)) {
        expect(await lake.verifyChecksum(file), `half file visible: ${file.path}`).toBe(true);
      }
    }
    const lengths = new Set<number>();
    for (let symbol = 0; symbol < SYMBOLS; symbol += 1) {
      const { length, ts, columns } = await lake.columns('bars', {
        subject: `binance:spot:S${symbol}USDT`,
        timeframe: '1m',
        columns: ['close'],
      });
      lengths.add(length);
      let wrong = 0;
      for (let row = 0; row < length; row += 1) {
        if (ts[row] !== start + row * MINUTE || columns.close![row] !== 100 + row + symbol / 100) wrong += 1;
      }
      expect(wrong).toBe(0);
    }
    // a batch is one file: all its symbols or none
    expect(lengths.size).toBe(1);
    const [length = 0] = lengths;
    expect(length).toBeGreaterThanOrEqual(acknowledged + 1);
    expect(length).toBeLessThanOrEqual(acknowledged + 2);
    return length;
  } finally {
    await lake.close();
  }
}
