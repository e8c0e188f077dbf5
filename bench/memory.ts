/**
 * `npm run bench -- memory`: does a long-lived process keep its size and stay responsive?
 *
 * 100 rounds of each activity; resident memory and heap after the hundredth are compared with those after the tenth
 * (limit: + 5 %). Then one fit over a million rows in a worker, while the delay of this event loop is measured.
 * No round is left out before the first: the tenth is as warm as the limit assumes, and no warmer.
 * The process runs with a fixed young generation (2 MB semi-spaces): left alone V8 lets it grow from 8 to 34 MB during
 * the first hundred fits, whatever the program keeps, and that would hide or fake a leak.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { fitGaussianHmm } from '../src/analysis/models/gaussian-hmm/fit.js';
import { reportPath, writeReport } from '../src/app/regime/regime-report-builder.js';
import { openServices } from '../src/app/services.js';
import { Random } from '../src/market/random.js';
import { runInWorker } from '../src/platform/compute/run-in-worker.js';
import { loadConfig } from '../src/platform/config.js';
import { resolveHome } from '../src/platform/home.js';
import { systemClock } from '../src/platform/system-clock.js';
import { collectGarbage } from './measure.js';

const CLI = fileURLToPath(new URL('../src/app/cli/main.js', import.meta.url));
const ROUNDS = 100;
/** Rounds whose medians stand for "after the tenth" and "after the hundredth": one reading wanders by megabytes. */
const WARM = [6, 7, 8, 9, 10];
const LATE = [96, 97, 98, 99, 100];
const MOST_GROWTH = 1.05;
const FEATURES = 5;
const OPTIONS = { states: 3, covarianceType: 'full', restarts: 2, maxIterations: 15 } as const;

interface MemoryRow {
  activity: string;
  rounds: number;
  rss_after_10_mb: number;
  rss_after_100_mb: number;
  heap_after_10_mb: number;
  heap_after_100_mb: number;
  held: boolean;
}

/** One thing that a long-lived process does again and again. */
interface Activity {
  readonly name: string;
  /** Makes what the rounds need; not a round, and measured by none. */
  open(): Promise<{ once(round: number): unknown; close?(): Promise<void> }>;
}

const megabytes = (bytes: number): number => Math.round((bytes / 1_048_576) * 10) / 10;

function randomRows(rows: number, seed: number) {
  const random = new Random(seed);
  const data = new Float64Array(rows * FEATURES);
  let level = 1;
  for (let row = 0; row < rows; row++) {
    if (random.uniform() < 0.01) level = 0.5 + 2 * random.uniform();
    for (let d = 0; d < FEATURES; d++) data[row * FEATURES + d] = level * random.normal() + 0.2 * level;
  }
  return { data, rows, features: FEATURES, lengths: [rows] };
}

async function settledMemory(): Promise<{ rss: number; heap: number }> {
  for (let pass = 0; pass < 3; pass++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function watch({ name, open }: Activity): Promise<MemoryRow> {
  const { once, close } = await open();
  const readings: { round: number; rss: number; heap: number }[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    await once(round);
    if (WARM.includes(round) || LATE.includes(round)) readings.push({ round, ...(await settledMemory()) });
  }
  await close?.();
  const middle = (rounds: readonly number[], key: 'rss' | 'heap'): number =>
    median(readings.filter(({ round }) => rounds.includes(round)).map((reading) => reading[key]));
  const [warm, late] = [WARM, LATE].map((rounds) => ({
    rss: middle(rounds, 'rss'),
    heap: middle(rounds, 'heap'),
  }));
  return {
    activity: name,
    rounds: ROUNDS,
    rss_after_10_mb: megabytes(warm!.rss),
    rss_after_100_mb: megabytes(late!.rss),
    heap_after_10_mb: megabytes(warm!.heap),
    heap_after_100_mb: megabytes(late!.heap),
    held: late!.rss <= warm!.rss * MOST_GROWTH && late!.heap <= warm!.heap * MOST_GROWTH,
  };
}

/**
 * The report of the sample's bitcoin hours: history out of the lake, smoothed once for comparison, the page built and
 * written. The home is made by a process of its own, so that the import weighs nothing here.
 */
async function openReports(): Promise<{ once(): Promise<void>; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-memory-'));
  const { status, stderr } = spawnSync(
    process.execPath,
    [CLI, 'start', '--no-serve', '--no-open', '--quiet', '--home', folder],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  const home = resolveHome({ flag: folder, env: {}, cwd: folder });
  const loaded = loadConfig({ env: {}, cwd: folder, home: folder });
  const services = await openServices(home, loaded, systemClock);
  const run = services.runs.newest();
  return {
    async once() {
      const history = await services.regimes.history({ modelId: run.model_id, kind: 'filtered' });
      writeReport(reportPath(home.reports, run.run_id), {
        history,
        run,
        sampleData: true,
        generatedAt: run.created_at,
      });
    },
    async close() {
      await services.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const ACTIVITIES: readonly Activity[] = [
  {
    name: 'fit of 17,000 rows in this thread',
    open: async () => ({ once: (round) => fitGaussianHmm(randomRows(17_000, round), OPTIONS) }),
  },
  {
    name: 'fit of 5,000 rows in a worker',
    open: async () => ({
      once: (round) =>
        runInWorker('fitGaussianHmm', { observations: randomRows(5_000, round), options: OPTIONS }),
    }),
  },
  { name: 'report of 34,938 bars', open: openReports },
];

async function loopDelay(): Promise<{ rows: number; seconds: number; p99_ms: number; max_ms: number }> {
  const rows = 1_000_000;
  const observations = randomRows(rows, 7);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  delay.enable();
  const started = performance.now();
  await runInWorker(
    'fitGaussianHmm',
    { observations, options: OPTIONS },
    { transfer: [observations.data.buffer as ArrayBuffer] },
  );
  const seconds = (performance.now() - started) / 1e3;
  delay.disable();
  return { rows, seconds, p99_ms: delay.percentile(99) / 1e6, max_ms: delay.max / 1e6 };
}

/** Prints the table; the last line is the result as JSON. */
async function main(): Promise<void> {
  const print = (line: string): void => console.log(line);
  print('| activity | rounds | RSS after 10 | after 100 | heap after 10 | after 100 | held (+5 %) |');
  print('|---|---|---|---|---|---|---|');
  const rows: MemoryRow[] = [];
  for (const activity of ACTIVITIES) {
    const row = await watch(activity);
    rows.push(row);
    print(
      `| ${row.activity} | ${row.rounds} | ${row.rss_after_10_mb} MB | ${row.rss_after_100_mb} MB | ${row.heap_after_10_mb} MB | ${row.heap_after_100_mb} MB | ${row.held ? 'yes' : 'NO'} |`,
    );
  }
  const event_loop = await loopDelay();
  print(
    `event loop while ${event_loop.rows} rows are fitted in a worker (${event_loop.seconds.toFixed(1)} s): ` +
      `delay p99 ${event_loop.p99_ms.toFixed(1)} ms, max ${event_loop.max_ms.toFixed(1)} ms`,
  );
  print(JSON.stringify({ memory: rows, event_loop }));
}

await main();
