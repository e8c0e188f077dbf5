/** `db` and `jobs` as a person uses them: alone, beside a running server, and after a kill of that server. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyStore } from '../embedded-store.js';
import { askJson, startCli } from '../run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'operations-'));
const home = join(folder, 'home');
beforeAll(() => copyStore(join(home, 'db', 'data')));
afterAll(() => rmSync(folder, { recursive: true }));

it('tells of a home without a database, and makes none by asking', async () => {
  const empty = join(folder, 'empty');
  const status = await askJson(['db', 'status', '--home', empty]);
  expect([status.code, status.envelope.data]).toMatchObject([0, { engine: 'pglite', head: null }]);
  expect(existsSync(join(empty, 'db'))).toBe(false);
  const backup = await askJson(['db', 'backup', '--home', empty]);
  expect([backup.code, backup.envelope.error?.code]).toEqual([3, 'no_data']);
});

it('asks a running server, which owns the home, and works alone when it is killed', async () => {
  const served = await startCli(['serve', '--port', '0', '--json', '--home', home], /"url":"([^"]+)"/);
  const ask = (...args: string[]) => askJson([...args, '--home', home]);

  const failed = await ask('jobs', 'run', 'data', '--symbol', 'file:spot:BTCUSDT');
  expect([failed.code, failed.envelope.error?.code]).toEqual([4, 'download_unavailable']);
  const listed = (await (await fetch(`${served.match[1]}/api/data-jobs`)).json()) as { id: string }[];
  const history = await ask('jobs', 'history');
  expect(history.envelope.data.runs).toMatchObject([
    { id: listed[0]!.id, kind: 'data', status: 'failed', error: { code: 'download_unavailable' } },
  ]);
  const path = join(folder, 'backup.ndjson.gz');
  expect((await ask('db', 'backup', '--out', path)).envelope.data).toMatchObject({
    path,
    head: '0015_alerts',
  });
  const restore = await ask('db', 'restore', path, '--yes');
  expect([restore.code, restore.envelope.error?.code]).toEqual([3, 'home_in_use']);
  expect(restore.envelope.error?.message).toContain(`pid ${served.child.pid}`);

  served.child.kill('SIGKILL');
  await served.exited;
  const retried = await ask('jobs', 'retry', listed[0]!.id);
  expect(retried.envelope.error?.code).toBe('download_unavailable');
  const after = await ask('jobs', 'history', 'data', '--status', 'failed');
  expect(after.envelope.data.runs).toMatchObject([{ id: listed[0]!.id, attempt: 2 }]);

  expect((await ask('db', 'restore', path, '--yes')).code).toBe(0);
  const restored = await ask('jobs', 'history');
  expect(restored.envelope.data.runs).toMatchObject([{ id: listed[0]!.id, attempt: 1 }]);
  expect((await ask('db', 'verify')).code).toBe(0);
  expect((await ask('db', 'restore', path)).envelope.error?.code).toBe('confirmation_required');
}, 120_000);
