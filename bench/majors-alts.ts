/**
 * The majors-vs-alts monitor: rolling betas against the peers, the computation of a run on the small lake (reading left
 * out: the panel is in memory), the whole run with reading, all files and the page, in a process that runs already and in
 * one that starts cold, and a synthetic panel of 300 assets × 1,500 days with and without a grid search.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomPanel } from '../src/analysis/neutral/asset-panel.fixture.js';
import { DEFAULT_BETA } from '../src/analysis/neutral/neutral-settings.js';
import { type RollingBetas, rollingRidgeBetas } from '../src/analysis/neutral/rolling-ridge-betas.js';
import { computeRun } from '../src/app/monitor/compute-run.js';
import { readMonitorLake } from '../src/app/monitor/monitor-lake.js';
import { recordMonitorRun } from '../src/app/monitor/monitor-runs.js';
import { RunStore } from '../src/app/regime/run-store.js';
import type { MajorsAltsInput, MajorsAltsResult } from '../src/backtest/panel/majors-alts-result.js';
import { DEFAULT_MAJORS_ALTS, type MajorsAltsSettings } from '../src/backtest/panel/panel-settings.js';
import { evaluateRegimes } from '../src/backtest/panel/regime-evaluation.js';
import { runMajorsAlts } from '../src/backtest/panel/run-majors-alts.js';
import { excludedAssets } from '../src/data/research-lake/exclusions.js';
import { readResearchLake } from '../src/data/research-lake/read-research-lake.js';
import { monitorSchema } from '../src/platform/monitor-config.js';
import { systemClock } from '../src/platform/system-clock.js';
import type { BenchCase } from './bench-case.js';
import { readDoubles } from './read-doubles.js';

const WINDOW = 59;
const ALTS = 300;
const DAYS = 1_500;
const SMALL_LAKE = 'test/golden/data/majors-alts/lake/data/curated/data_lake';

/** Log returns of the peer's panel, one column per symbol: the first two are the regressors. */
function readReturns(folder: string): Parameters<typeof rollingRidgeBetas>[0] {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    files: Record<string, { shape: [number, number] }>;
  };
  const [days, symbols] = manifest.files['panel_close.f64']!.shape;
  const close = readDoubles(join(folder, 'panel_close.f64'), days * symbols);
  const column = (symbol: number): Float64Array =>
    Float64Array.from({ length: days - 1 }, (_, t) =>
      Math.log(close[(t + 1) * symbols + symbol]! / close[t * symbols + symbol]!),
    );
  const assets = new Float64Array((symbols - 2) * (days - 1));
  for (let a = 0; a + 2 < symbols; a += 1) assets.set(column(a + 2), a * (days - 1));
  return { regressors: [column(0), column(1)], assets };
}

function betaCase(what: 'full' | 'plain'): BenchCase {
  const windows = DAYS - 1 - WINDOW + 1;
  return {
    work: `panel.beta-${what}.${ALTS}x${windows}`,
    rows: ALTS * windows,
    unit: 'fit',
    async setup(folder) {
      const input = readReturns(folder);
      const settings = { ...DEFAULT_BETA, window: WINDOW, winsorizePct: what === 'full' ? 0.05 : 0 };
      return {
        run: () => rollingRidgeBetas(input, settings),
        check(result) {
          const { first, second, windows: count } = result as RollingBetas;
          const mean = (values: Float64Array): number =>
            values.reduce((sum, value) => sum + value, 0) / values.length;
          return {
            shape: [count, first.length / count, 2],
            meanBtc: mean(first),
            meanEth: mean(second),
            firstWindowFirstAlt: [first[0], second[0]],
          };
        },
      };
    },
  };
}

function runCase(
  work: string,
  rows: number,
  makeInput: () => Promise<MajorsAltsInput>,
  settings: MajorsAltsSettings,
): BenchCase {
  return {
    work,
    rows,
    unit: 'asset-day',
    async setup() {
      const input = await makeInput();
      return {
        run() {
          const result = runMajorsAlts(input, settings);
          evaluateRegimes(result, settings.profile, settings.evaluation);
          return result;
        },
        check(result) {
          const { kpis, daily, weights } = result as MajorsAltsResult;
          return {
            days: daily.day.length,
            held: weights.asset.length,
            sharpe: kpis.sharpe,
            total_return: kpis.total_return,
          };
        },
      };
    },
  };
}

/** Figures that show that the whole run was done. */
function checkRun(home: string): Record<string, unknown> {
  const { sharpe, total_return } = JSON.parse(
    readFileSync(join(home, 'reports', 'kpis.json'), 'utf8'),
  ) as Record<string, number>;
  const page = readFileSync(join(home, 'reports', 'dashboard.html')).length;
  return { sharpe, total_return, page_bytes: page };
}

const SMALL_ROWS = 22_590;
const scratch = (): string => mkdtempSync(join(tmpdir(), 'tidewatch-bench-'));

/** Whole runs after one another: a collection of garbage is forced before each call, which undoes much of being warm. */
const RUNS = 5;

/** Reading Parquet, features, book, every file, the page, the manifest: what `monitor run` does, in a warm process. */
const wholeRun: BenchCase = {
  work: 'majors-alts.whole.small-lake',
  rows: SMALL_ROWS,
  unit: 'asset-day',
  divide: RUNS,
  async setup() {
    const config = monitorSchema.parse({});
    const homes: string[] = [];
    const identity = { name: 'bench', title: null, category: null, lake: resolve(SMALL_LAKE), config };
    const remove = (): void => {
      for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
    };
    return {
      prepare() {
        remove();
        for (let at = 0; at < RUNS; at += 1) homes.push(scratch());
      },
      async run() {
        for (const home of homes) {
          const lake = await readMonitorLake(identity.lake, config, {});
          const run = computeRun(lake, config, identity);
          const places = {
            runs: new RunStore(join(home, 'runs')),
            clock: systemClock,
            reports: join(home, 'reports'),
          };
          await recordMonitorRun(places, lake, { ...identity, start: undefined, end: undefined }, run);
        }
      },
      check: () => checkRun(homes.at(-1)!),
      teardown: remove,
    };
  },
};

const CLI = fileURLToPath(new URL('../src/app/cli/main.js', import.meta.url));

/** The same through the command line, each time a process of its own: wall time counts, the CPU is the child's. */
const coldRun: BenchCase = {
  work: 'majors-alts.command.small-lake',
  rows: SMALL_ROWS,
  unit: 'asset-day',
  async setup() {
    const homes: string[] = [];
    return {
      prepare: () => {
        homes.push(scratch());
      },
      run() {
        const home = homes.at(-1)!;
        const words = ['monitor', 'run', '--lake', SMALL_LAKE, '--out', join(home, 'reports'), '--quiet'];
        const { status, stderr } = spawnSync(process.execPath, [CLI, '--home', home, ...words], {
          encoding: 'utf8',
        });
        if (status !== 0) throw new Error(stderr.trim() || `exit ${status}`);
      },
      check: () => checkRun(homes.at(-1)!),
      teardown: () => {
        for (const home of homes) rmSync(home, { recursive: true, force: true });
      },
    };
  },
};

async function smallLake(): Promise<MajorsAltsInput> {
  const lake = await readResearchLake(SMALL_LAKE, { daysBefore: 1 });
  return { panel: lake.panel, excluded: excludedAssets(lake, 'corrected', []) };
}

const synthetic = async (): Promise<MajorsAltsInput> => ({
  panel: randomPanel(ALTS - 2, DAYS, 1),
  excluded: new Set(),
});

const { composite } = DEFAULT_MAJORS_ALTS.regime;
/** Random walks are wilder than the filters like; with these the book is on, and full, most of the time. */
const BUSY: MajorsAltsSettings = {
  ...DEFAULT_MAJORS_ALTS,
  universe: {
    ...DEFAULT_MAJORS_ALTS.universe,
    altSelection: { ...DEFAULT_MAJORS_ALTS.universe.altSelection, maxVolatility: 5, minCorrelation: 0 },
  },
  regime: {
    ...DEFAULT_MAJORS_ALTS.regime,
    composite: { ...composite, thresholdHigh: 0, thresholdLow: -0.3 },
  },
};
const searched = (settings: MajorsAltsSettings, samples: number): MajorsAltsSettings => ({
  ...settings,
  regime: {
    ...settings.regime,
    composite: {
      ...settings.regime.composite,
      gridSearch: { ...composite.gridSearch, apply: true, samples },
    },
  },
});

export const majorsAltsCases: readonly BenchCase[] = [
  betaCase('full'),
  betaCase('plain'),
  runCase('majors-alts.run.small-lake', SMALL_ROWS, smallLake, DEFAULT_MAJORS_ALTS),
  wholeRun,
  coldRun,
  runCase('majors-alts.run.300x1500', ALTS * DAYS, synthetic, BUSY),
  runCase('majors-alts.grid-200.300x1500', ALTS * DAYS, synthetic, searched(BUSY, 200)),
];
