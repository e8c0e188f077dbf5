/**
 * A short soak (bench/soak/soak.ts): processes that are killed, venues that do everything wrong, and at the end a lake that
 * is the truth. The full one is `npm run soak`. Replay: TIDEWATCH_CHAOS_SEED=<seed> npx vitest run test/chaos/soak.test.ts
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runSoak } from '../../bench/soak/soak.js';
import { SOAK_SERIES } from '../../bench/soak/soak-series.js';

const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const SEED = Number(process.env.TIDEWATCH_CHAOS_SEED ?? 7);
const IN_SHORT = ['binanceusdm:-:BTCUSDT', 'hyperliquid:main:BTC'];

it(`ends as the truth, seed ${SEED}`, async () => {
  const home = mkdtempSync(join(tmpdir(), 'soak-'));
  const figures = await runSoak({
    home,
    seed: SEED,
    days: NIGHTLY ? 30 : 3,
    kills: NIGHTLY ? 50 : 5,
    faultRate: 0.05,
    liveMinutes: NIGHTLY ? 6 : 2,
    series: NIGHTLY ? SOAK_SERIES : SOAK_SERIES.filter(({ id }) => IN_SHORT.includes(id)),
  });
  const { missing, duplicate, altered, differences, open, kills, faults } = figures;
  expect({ missing, duplicate, altered, differences, open }).toEqual({
    missing: 0,
    duplicate: 0,
    altered: 0,
    differences: [],
    open: [],
  });
  expect(kills).toBeGreaterThanOrEqual(NIGHTLY ? 50 : 5);
  expect(faults).toBeGreaterThanOrEqual(NIGHTLY ? 500 : 50);
  rmSync(home, { recursive: true });
}, 3_600_000);
