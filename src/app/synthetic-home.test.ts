/** A synthetic home: what is written, that it goes on the same after a restart, and what it refuses to touch. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FixedClock } from '../market/clock.js';
import { loadConfig } from '../platform/config.js';
import { DEFAULT_CONFIG } from '../platform/config-schema.js';
import { resolveHome } from '../platform/home.js';
import { HomeLake } from './home-lake.js';
import { openSyntheticHome } from './synthetic-home.js';

const folder = mkdtempSync(join(tmpdir(), 'synthetic-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NOW = Date.UTC(2025, 11, 31, 12);
const HOUR = 3_600_000;
const open = (name: string, { seed = 1, now = NOW } = {}) =>
  openSyntheticHome({
    home: resolveHome({ flag: join(folder, name), env: {}, cwd: folder }),
    config: DEFAULT_CONFIG,
    clock: new FixedClock(now),
    seed,
    days: 3,
    ahead: 1,
  });

async function closesAt(url: string, from: number): Promise<readonly string[]> {
  const page = await fetch(`${url}/api/v3/klines?symbol=BTCUSDT&interval=1h&startTime=${from}&limit=3`);
  return ((await page.json()) as string[][]).map((row) => row[4]!);
}

describe('a synthetic home', () => {
  it('points every venue at the simulator, names tokens and samples for what they are, and goes on', async () => {
    const first = await open('home');
    expect(readFileSync(first.file, 'utf8')).toMatch(
      /^# Made by .+ Nothing of it ever happened\.\n# seed 1, from 2025-12-28\n/,
    );
    const { config } = loadConfig({ flag: first.file, env: {}, cwd: folder, home: join(folder, 'home') });
    for (const [id, { base_url }] of Object.entries(config.venues))
      expect(base_url).toBe(`http://127.0.0.1:${first.simulator.port}/${id}`);
    expect(config.drivers.tokens).toHaveLength(12);
    for (const token of config.drivers.tokens) expect(token).toContain('SYNTH');
    const closes = await closesAt(first.simulator.url('binance'), NOW - 12 * HOUR);
    await first.simulator.stop();

    const home = resolveHome({ flag: join(folder, 'home'), env: {}, cwd: folder });
    const data = await HomeLake.open(home, DEFAULT_CONFIG, new FixedClock(NOW));
    const rows = await data.lake.query('dominance_samples', {}, (relation, run) =>
      run(`SELECT source, count(*) AS n, max(ts) AS newest FROM ${relation} GROUP BY source`),
    );
    await data.close();
    expect(rows).toMatchObject([{ source: 'synthetic', n: first.samples }]);
    expect(rows[0]!.newest as number).toBeLessThan(NOW);

    const added = 'log:\n  level: debug # to see more\n';
    const made = readFileSync(first.file, 'utf8');
    writeFileSync(first.file, `${made.replace('budget: 1.25', 'budget: 0.5')}${added}`);
    const later = await open('home', { now: NOW + HOUR });
    const kept = readFileSync(later.file, 'utf8');
    expect(kept).toBe(
      made
        .replace('budget: 1.25', 'budget: 0.5')
        .replaceAll(`:${first.simulator.port}/`, `:${later.simulator.port}/`) + added,
    );
    expect(await closesAt(later.simulator.url('binance'), NOW - 12 * HOUR)).toEqual(closes);
    expect(later.samples).toBe(24);
    await later.simulator.stop();
  });

  it('refuses another seed, a market that is over, and a home of anything else', async () => {
    const refused = (why: RegExp) => ({ code: 'bad_parameter', message: expect.stringMatching(why) });
    await expect(open('home', { seed: 2 })).rejects.toMatchObject(refused(/was made of seed 1, not 2/));
    await expect(open('home', { now: NOW + 300 * 24 * HOUR })).rejects.toMatchObject(refused(/is over/));
    mkdirSync(join(folder, 'real', 'lake'), { recursive: true });
    await expect(open('real')).rejects.toMatchObject(refused(/holds something else already/));
    writeFileSync(join(folder, 'real', 'tidewatch.yaml'), 'log:\n  level: info\n');
    await expect(open('real')).rejects.toMatchObject(refused(/configuration of its own/));
    expect(readFileSync(join(folder, 'real', 'tidewatch.yaml'), 'utf8')).toBe('log:\n  level: info\n');
  });
});
