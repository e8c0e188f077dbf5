/** A full disk, a read-only mount, and any single file call failing: a clear error, nothing half-written, nothing lost. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LakeFileSystem, nodeFileSystem } from '../../src/data/lake/file-system.js';
import { Lake } from '../../src/data/lake/lake.js';
import { FixedClock } from '../../src/market/clock.js';
import { MINUTE } from './lake-process.js';

const folder = mkdtempSync(join(tmpdir(), 'lake-disk-'));
const mountPoint = join(folder, 'mount');
const start = Date.UTC(2025, 8, 1);
const INSTRUMENT = 'binance:spot:BTCUSDT';

const mounted =
  process.platform === 'linux' &&
  spawnSync('sh', ['-c', `mkdir -p ${mountPoint} && mount -t tmpfs -o size=1m tmpfs ${mountPoint}`])
    .status === 0;
const how = mounted ? 'real: a 1 MB tmpfs' : 'injected at the file calls: mounting is not allowed here';

beforeAll(() => mkdirSync(mountPoint, { recursive: true }));
afterAll(() => {
  if (mounted) spawnSync('umount', [mountPoint]);
  rmSync(folder, { recursive: true, force: true });
});

function batch(first: number, rows: number) {
  const at = Array.from({ length: rows }, (_, row) => first + row);
  // incompressible, so that a small disk fills
  const close = at.map((row) => 100 + ((Math.sin(row * 12.9898) * 43_758.5453) % 1));
  const columns = {
    instrument_id: at.map(() => INSTRUMENT),
    timeframe: at.map(() => '1m'),
    ts: at.map((row) => start + row * MINUTE),
    open: close,
    high: close,
    low: close,
    close,
    volume: close.map((value) => value ** 3),
  };
  return { length: rows, columns };
}

function failing(call: keyof LakeFileSystem, code: string): LakeFileSystem {
  return {
    ...nodeFileSystem,
    [call]: () => {
      throw Object.assign(new Error(`${code}: injected`), { code });
    },
  };
}

async function rowsIn(root: string): Promise<number> {
  const lake = await Lake.open(root, { clock: new FixedClock(start) });
  const { length } = await lake.columns('bars', { subject: INSTRUMENT, timeframe: '1m', columns: ['close'] });
  await lake.close();
  return length;
}

function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

describe(`a full disk (${how})`, () => {
  it('refuses the batch as a whole, keeps what was there, and goes on once there is room', async () => {
    const root = join(mountPoint, 'full');
    const open = (fileSystem?: LakeFileSystem) =>
      Lake.open(root, { clock: new FixedClock(start), ...(fileSystem ? { fileSystem } : {}) });
    const ballast = join(mountPoint, 'ballast');
    let lake = await open();
    await (await lake.writer()).append('bars', batch(0, 2000), { source: 'ws' });
    if (mounted) {
      writeFileSync(ballast, Buffer.alloc(800_000));
    } else {
      await lake.close();
      lake = await open(failing('syncFile', 'ENOSPC'));
    }
    const before = filesIn(root);
    await expect(
      (await lake.writer()).append('bars', batch(2000, 20_000), { source: 'ws' }),
    ).rejects.toMatchObject({
      code: 'disk_full',
    });
    expect(filesIn(root)).toEqual(before);
    expect(await rowsIn(root)).toBe(2000);
    if (mounted) {
      rmSync(ballast);
    } else {
      await lake.close();
      lake = await open();
    }
    await (await lake.writer()).append('bars', batch(2000, 2000), { source: 'ws' });
    expect(await rowsIn(root)).toBe(4000);
    await lake.close();
  });
});

describe(`a read-only mount (${how})`, () => {
  it('reads on and refuses to write', async () => {
    const root = join(mountPoint, 'read-only');
    let lake = await Lake.open(root, { clock: new FixedClock(start) });
    await (await lake.writer()).append('bars', batch(0, 100), { source: 'ws' });
    if (mounted) {
      expect(spawnSync('mount', ['-o', 'remount,ro', mountPoint]).status).toBe(0);
    } else {
      await lake.close();
      lake = await Lake.open(root, {
        clock: new FixedClock(start),
        fileSystem: failing('makeFolder', 'EROFS'),
      });
    }
    try {
      for (const first of [100, 100_000]) {
        await expect(
          (await lake.writer()).append('bars', batch(first, 10), { source: 'ws' }),
        ).rejects.toMatchObject({
          code: 'home_not_writable',
        });
      }
      expect(await rowsIn(root)).toBe(100);
    } finally {
      if (mounted) spawnSync('mount', ['-o', 'remount,rw', mountPoint]);
      await lake.close();
    }
  });
});

describe('any file call that fails (injected)', () => {
  it.each([
    ['makeFolder', 'EACCES', 'home_not_writable'],
    ['syncFile', 'EIO', 'write_failed'],
    ['syncFile', 'EDQUOT', 'disk_full'],
    ['rename', 'ENOSPC', 'disk_full'],
    ['rename', 'EIO', 'write_failed'],
  ] as const)('%s with %s leaves nothing behind and says %s', async (call, errno, code) => {
    const root = join(folder, `${call}-${errno}`);
    const lake = await Lake.open(root, { clock: new FixedClock(start), fileSystem: failing(call, errno) });
    const writer = await lake.writer();
    // two months: the second part fails too late for the first only if parts were published one by one
    await expect(writer.append('bars', batch(0, 50_000), { source: 'ws' })).rejects.toMatchObject({ code });
    mkdirSync(root, { recursive: true });
    expect(filesIn(root)).toEqual([]);
    await lake.close();
  });

  it('publishes nothing of a batch over two folders when the second cannot be written', async () => {
    const root = join(folder, 'second');
    let syncs = 0;
    const fileSystem: LakeFileSystem = {
      ...nodeFileSystem,
      syncFile: (path) => {
        syncs += 1;
        if (syncs === 2) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        return nodeFileSystem.syncFile(path);
      },
    };
    const lake = await Lake.open(root, { clock: new FixedClock(start), fileSystem });
    const writer = await lake.writer();
    await expect(writer.append('bars', batch(0, 50_000), { source: 'ws' })).rejects.toMatchObject({
      code: 'disk_full',
    });
    expect([syncs, filesIn(root)]).toEqual([2, []]);
    const files = await writer.append('bars', batch(0, 50_000), { source: 'ws' });
    expect(files.map((file) => [file.period, file.seqLo])).toEqual([
      ['2025-09', 1],
      ['2025-10', 1],
    ]);
    await lake.close();
  });
});
