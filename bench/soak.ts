/**
 * `npm run soak [-- --seed N] [--days D] [--kills K]`: the soak (bench/soak/soak.ts) in full: 30 simulated days, at least
 * 50 kills and 500 faults. Prints its figures and writes them to bench/results/soak.json; ends with 1 when the lake is
 * not the truth. A seed gives the same schedule and the same faults again.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runSoak } from './soak/soak.js';
import { SOAK_SERIES } from './soak/soak-series.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '20261121' },
    days: { type: 'string', default: '30' },
    kills: { type: 'string', default: '50' },
    faults: { type: 'string', default: '0.05' },
    live: { type: 'string', default: '20' },
    out: { type: 'string', default: 'bench/results/soak.json' },
  },
});
const home = mkdtempSync(join(tmpdir(), 'tidewatch-soak-'));
const figures = await runSoak({
  home,
  seed: Number(values.seed),
  days: Number(values.days),
  kills: Number(values.kills),
  faultRate: Number(values.faults),
  liveMinutes: Number(values.live),
  series: SOAK_SERIES,
  say: (line) => process.stderr.write(`${line}\n`),
});
mkdirSync('bench/results', { recursive: true });
writeFileSync(values.out, `${JSON.stringify(figures, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
const { missing, duplicate, altered, open } = figures;
const isTruth = missing + duplicate + altered + open.length === 0;
if (isTruth) rmSync(home, { recursive: true });
else process.stderr.write(`The lake is not the truth; it is kept in ${home}\n`);
process.exitCode = isTruth ? 0 : 1;
