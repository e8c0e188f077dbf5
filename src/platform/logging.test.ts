import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLog, RotatingFile } from './logging.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'logs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('writes JSON lines with the agreed fields, from its level on', () => {
  const log = openLog('regime', { folder, level: 'info' });
  log.debug('too fine');
  log.info({ instrument_id: 'binance:spot:BTCUSDT' }, 'trained');
  const lines = readFileSync(join(folder, 'regime.log'), 'utf8').trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'info',
    component: 'regime',
    msg: 'trained',
    instrument_id: 'binance:spot:BTCUSDT',
    ts: expect.any(Number),
  });
});

it('never writes a secret, by name or by value', () => {
  const log = openLog('http', { folder, level: 'info', secrets: ['hunter2-and-more'] });
  log.info(
    { api_key: 'abc', nested: { Authorization: 'Bearer xyz' }, url: '/?t=hunter2-and-more' },
    'hunter2-and-more',
  );
  const text = readFileSync(join(folder, 'http.log'), 'utf8');
  for (const secret of ['abc', 'xyz', 'hunter2']) expect(text).not.toContain(secret);
});

it('speaks in words to a person, from the console level on', () => {
  const said: string[] = [];
  const log = openLog('lake', {
    folder,
    level: 'info',
    console: (line) => said.push(line),
    consoleLevel: 'warn',
  });
  log.info('quiet');
  log.warn('a file is damaged');
  expect(said).toEqual(['warn  lake  a file is damaged']);
});

it('keeps three old files of the limited size', () => {
  const file = new RotatingFile(join(folder, 'x.log'), 1000);
  for (let line = 0; line < 200; line += 1) file.write(`${'x'.repeat(49)}\n`);
  file.close();
  expect(readdirSync(folder).sort()).toEqual(['x.log', 'x.log.1', 'x.log.2', 'x.log.3']);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(1000);
});

it('a folder that cannot be written stops nothing', () => {
  const log = openLog('system', { folder: '/dev/null/logs', level: 'info' });
  expect(() => log.info('lost')).not.toThrow();
});
