import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { asWriteError, removeTemporaries, writeFileAtomic } from './atomic-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'atomic-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('replaces a file whole and leaves nothing beside it', () => {
  const path = join(folder, 'deep', 'model.json');
  writeFileAtomic(path, 'old');
  writeFileAtomic(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(readdirSync(join(folder, 'deep'))).toEqual(['model.json']);
});

it('keeps what was there when the write fails, and says why', () => {
  const path = join(folder, 'taken');
  mkdirSync(join(path, 'inside'), { recursive: true });
  expect(() => writeFileAtomic(path, 'x')).toThrowError(expect.objectContaining({ code: 'write_failed' }));
  expect(readdirSync(folder)).toEqual(['taken']);
  writeFileSync(join(folder, 'file'), 'kept');
  expect(() => writeFileAtomic(join(folder, 'file', 'below'), 'x')).toThrow(
    /something of that name is in the way/,
  );
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept');
});

it('tells a full disk from other trouble', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  expect(asWriteError('/x', full)).toMatchObject({ code: 'disk_full', exitCode: 3 });
  const denied = Object.assign(new Error('EROFS'), { code: 'EROFS' });
  expect(asWriteError('/x', denied).message).toContain('the file system is read-only');
});

it('sweeps what a killed process left, and nothing else', () => {
  for (const name of ['.model.json.0123456789ab.tmp', '.keep', 'model.json'])
    writeFileSync(join(folder, name), '');
  removeTemporaries(folder);
  expect(readdirSync(folder).sort()).toEqual(['.keep', 'model.json']);
});
