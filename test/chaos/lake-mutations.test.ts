/** Truncated and bit-flipped files: never a wrong number, the bad file named, the rest readable. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Lake } from '../../src/data/lake/lake.js';
import type { LakeFile } from '../../src/data/lake/lake-file.js';
import { FixedClock } from '../../src/market/clock.js';
import type { Random } from '../../src/market/random.js';
import { generator, MINUTE, NIGHTLY, SEED } from './lake-process.js';

const MUTATIONS = NIGHTLY ? 1000 : 100;
const ROWS = 400;
const PARTS = 12;
const INSTRUMENT = 'binance:spot:BTCUSDT';
const start = Date.UTC(2025, 8, 1);
const folder = mkdtempSync(join(tmpdir(), 'lake-mutations-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const closeAt = (row: number): number => 100 + Math.sin(row) * 50;

async function fill(lake: Lake): Promise<readonly LakeFile[]> {
  const writer = await lake.writer();
  for (let part = 0; part < PARTS; part += 1) {
    const rows = Array.from({ length: ROWS }, (_, at) => part * ROWS + at);
    const close = rows.map(closeAt);
    const columns = {
      instrument_id: rows.map(() => INSTRUMENT),
      timeframe: rows.map(() => '1m'),
      ts: rows.map((row) => start + row * MINUTE),
      open: close,
      high: close,
      low: close,
      close,
      volume: rows,
    };
    await writer.append('bars', { length: ROWS, columns }, { source: 'archive' });
  }
  return lake.activeFiles('bars');
}

function mutate(bytes: Buffer, random: Random): { what: string; bytes: Buffer } {
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length);
  switch (random.below(6)) {
    case 0:
      return { what: `cut to ${at} bytes`, bytes: copy.subarray(0, at) };
    case 1:
      return { what: 'last byte gone', bytes: copy.subarray(0, copy.length - 1) };
    case 2: {
      const length = 1 + random.below(64);
      for (let index = at; index < Math.min(copy.length, at + length); index += 1) copy[index]! ^= 0xff;
      return { what: `${length} bytes inverted at ${at}`, bytes: copy };
    }
    case 3:
      return { what: 'a byte appended', bytes: Buffer.concat([copy, Buffer.from([random.below(256)])]) };
    default: {
      copy[at]! ^= 1 << random.below(8);
      return { what: `a bit flipped at ${at}`, bytes: copy };
    }
  }
}

it(`sees through ${MUTATIONS} mutations (seed ${SEED})`, { timeout: 600_000 }, async () => {
  const random = generator(3);
  const lake = await Lake.open(join(folder, 'lake'), {
    clock: new FixedClock(start + 1e9),
    threads: 1,
    cacheBytes: 0,
  });
  const files = await fill(lake);
  expect(files).toHaveLength(PARTS);
  const request = { subject: INSTRUMENT, timeframe: '1m', columns: ['close', 'volume'] };
  for (let mutation = 0; mutation < MUTATIONS; mutation += 1) {
    const bad = random.below(PARTS);
    const file = files[bad]!;
    const intact = readFileSync(file.path);
    const { what, bytes } = mutate(intact, random);
    writeFileSync(file.path, bytes);

    const questions = [
      () => lake.columns('bars', request),
      () => lake.series(INSTRUMENT, '1h'),
      () => lake.sql('SELECT sum(close) FROM bars'),
    ];
    await expect(questions[mutation % 3]!(), what).rejects.toMatchObject({
      code: 'corrupt_file',
      details: { file: file.path },
    });

    const rest = await lake.columns('bars', { ...request, onCorrupt: 'skip' });
    expect(rest.skipped).toEqual([file.path]);
    expect(rest.length).toBe((PARTS - 1) * ROWS);
    let wrong = 0;
    for (let at = 0; at < rest.length; at += 1) {
      const row = at < bad * ROWS ? at : at + ROWS;
      const right =
        rest.ts[at] === start + row * MINUTE &&
        rest.columns.close![at] === closeAt(row) &&
        rest.columns.volume![at] === row;
      if (!right) wrong += 1;
    }
    expect(wrong, what).toBe(0);
    writeFileSync(file.path, intact);
  }
  expect((await lake.columns('bars', request)).length).toBe(PARTS * ROWS);
  await lake.close();
});
