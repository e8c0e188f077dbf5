import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { estimateBackfillBytes, freeBytes, RESERVED_BYTES, requireRoom } from './disk-room.js';

describe('estimateBackfillBytes', () => {
  it('counts rows and monthly files, and a quarter for what waits to be merged', () => {
    const minutes = estimateBackfillBytes(3_200_000, '1m');
    expect(minutes / 1.25 / 3_200_000).toBeCloseTo(35.2, 1);
    // of a year of days the files weigh more than the rows
    expect(estimateBackfillBytes(365, '1d')).toBe(Math.ceil(1.25 * (365 * 35 + 12 * 7000)));
    expect(estimateBackfillBytes(0, '1m')).toBe(0);
  });

  it('goes by what is stored once that is much', () => {
    const stored = [
      { rows: 150_000, bytes: 3_000_000 },
      { rows: 50_000, bytes: 1_000_000 },
    ];
    expect(estimateBackfillBytes(1_000_000, '1m', stored)).toBe(25_000_000);
    expect(estimateBackfillBytes(1000, '1m', [{ rows: 10, bytes: 1e6 }])).toBe(
      estimateBackfillBytes(1000, '1m'),
    );
  });
});

describe('requireRoom', () => {
  const free = async (): Promise<number> => RESERVED_BYTES + 1_000_000;

  it('lets through what fits and refuses what does not, in numbers', async () => {
    await requireRoom('/lake', 1_000_000, 'it', free);
    await expect(requireRoom('/lake', 1_000_001, '3 bars', free)).rejects.toMatchObject({
      code: 'not_enough_disk',
      message: '3 bars would take about 2 MB · 1,001 MB are free in /lake, and 1,000 MB stay free',
      hint: expect.stringContaining('lake prune'),
      details: { needed_bytes: 1_000_001, free_bytes: RESERVED_BYTES + 1_000_000 },
    });
  });

  it('asks the disk on which a folder will be', async () => {
    const there = await freeBytes(tmpdir());
    const below = await freeBytes(join(tmpdir(), 'not', 'made', 'yet'));
    expect(there).toBeGreaterThan(0);
    // others write meanwhile
    expect(Math.abs(below - there)).toBeLessThan(0.1 * there);
  });
});
