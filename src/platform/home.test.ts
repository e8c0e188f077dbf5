import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHome, homeExists, resolveHome } from './home.js';
import { lockLake } from './lake-lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'home-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('looks in the order flag, environment, ./.tidewatch, ~/.tidewatch', () => {
  const find = (flag: string | undefined, env: Record<string, string>) =>
    resolveHome({ flag, env, cwd: folder }).path;
  expect(find(undefined, {})).toBe(join(homedir(), '.tidewatch'));
  mkdirSync(join(folder, '.tidewatch'));
  expect(find(undefined, {})).toBe(join(folder, '.tidewatch'));
  expect(find(undefined, { TIDEWATCH_HOME: 'elsewhere' })).toBe(join(folder, 'elsewhere'));
  expect(find('named', { TIDEWATCH_HOME: 'elsewhere' })).toBe(join(folder, 'named'));
});

it('makes the folders for their owner only', () => {
  const home = createHome(resolveHome({ flag: 'new/home', env: {}, cwd: folder }));
  expect(homeExists(home)).toBe(true);
  for (const path of [home.path, home.lake, home.models, home.logs]) {
    expect(statSync(path).mode & 0o777).toBe(0o700);
  }
});

it('says why a home cannot be used', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => createHome(resolveHome({ flag: 'file/home', env: {}, cwd: folder }))).toThrowError(
    expect.objectContaining({ code: 'home_not_writable', exitCode: 3 }),
  );
  expect(() => resolveHome({ flag: 'file', env: {}, cwd: folder }), 'a file is no empty home').toThrowError(
    expect.objectContaining({ code: 'home_not_writable', exitCode: 3 }),
  );
});

it('lets one process write at a time, and the next when it is done', async () => {
  const home = createHome(resolveHome({ flag: 'locked', env: {}, cwd: folder }));
  const lock = await lockLake(home);
  const { spawnSync } = await import('node:child_process');
  const other = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { lockLake } = await import(${JSON.stringify(join(process.cwd(), 'dist/src/platform/lake-lock.js'))});
       try { (await lockLake(${JSON.stringify(home)}, 100)).release(); console.log('mine'); }
       catch (error) { console.log(error.code, error.details.pid); }`,
    ],
    { encoding: 'utf8' },
  );
  expect(other.stdout.trim()).toBe(`home_in_use ${process.pid}`);
  lock.release();
  (await lockLake(home, 0)).release();
});
