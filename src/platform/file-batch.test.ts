import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { FileBatch } from './file-batch.js';

let folder: string;
const folders: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidewatch-batch-'));
  folders.push(folder);
});
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

it('shows nothing of its files before all of them are there', async () => {
  writeFileSync(join(folder, 'a.csv'), 'old');
  const batch = new FileBatch(folder);
  batch.add('a.csv', 'new');
  batch.add('b.bin', async (path) => writeFileSync(path, Uint8Array.of(1, 2, 3)));
  expect(readFileSync(join(folder, 'a.csv'), 'utf8')).toBe('old');
  await batch.commit();
  expect(readdirSync(folder).sort()).toEqual(['a.csv', 'b.bin']);
  expect(readFileSync(join(folder, 'a.csv'), 'utf8')).toBe('new');
  expect([...readFileSync(join(folder, 'b.bin'))]).toEqual([1, 2, 3]);
});

it('replaces no file when one cannot be written, and leaves nothing behind', async () => {
  writeFileSync(join(folder, 'a.csv'), 'old');
  const batch = new FileBatch(folder);
  batch.add('a.csv', 'new');
  batch.add('b.csv', async () => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  });
  await expect(batch.commit()).rejects.toMatchObject({ code: 'disk_full' });
  expect(readdirSync(folder)).toEqual(['a.csv']);
  expect(readFileSync(join(folder, 'a.csv'), 'utf8')).toBe('old');
});

it('names the folder that cannot be made', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => new FileBatch(join(folder, 'file', 'run'))).toThrow(/a part of the path is a file/);
});
