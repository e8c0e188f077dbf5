/**
 * One life of a process that keeps a home: fetches what is missing of all series, follows some of them live, merges parts.
 * It is killed at any moment. Its clock is the simulator's.
 */
import { parseArgs } from 'node:util';
import { compactLake } from '../../src/app/compact-lake.js';
import { HomeLake } from '../../src/app/home-lake.js';
import { backfill } from '../../src/data/ingest/backfill.js';
import { fetchFunding } from '../../src/data/ingest/funding.js';
import type { LakeAccess } from '../../src/data/ingest/lake-access.js';
import { type LiveFeed, startLiveFeed } from '../../src/data/ingest/live-feed.js';
import { fetchOpenInterest } from '../../src/data/ingest/open-interest.js';
import { Venues } from '../../src/data/venues/open-venues.js';
import { fetchExchange } from '../../src/data/venues/venue-http.js';
import { TidewatchError } from '../../src/errors.js';
import { parseInstrument } from '../../src/market/instrument.js';
import { DEFAULT_CONFIG } from '../../src/platform/config-schema.js';
import { createHome, resolveHome } from '../../src/platform/home.js';
import { countedLake, DrivenTime } from './driven-time.js';
import type { FromWorker, SoakSeries, SoakTask } from './soak-series.js';

/** Simulated time of one step while streams are open. */
const LIVE_STEP_MS = 2_500;
const AT_ONCE = 3;

const { positionals } = parseArgs({ allowPositionals: true });
const task = JSON.parse(positionals[0]!) as SoakTask;
const say = (message: FromWorker): void => void process.send!(message);
const answers: ((now: number) => void)[] = [];
process.on('message', (now: number) => answers.shift()?.(now));
// whoever held the clock is gone
process.on('disconnect', () => process.exit(1));

let feed: LiveFeed | undefined;
const time = new DrivenTime(
  task.now,
  (ms) =>
    new Promise((resolve) => {
      answers.push(resolve);
      say({ kind: 'advance', ms });
    }),
  () => feed?.status().streams.some(({ state }) => state === 'connecting') ?? false,
);
const driving = time.drive(() => (feed === undefined ? undefined : LIVE_STEP_MS));

const home = createHome(resolveHome({ flag: task.home, env: {}, cwd: process.cwd() }));
const data = await HomeLake.open(home, DEFAULT_CONFIG, time);
const settings = Object.fromEntries(
  Object.entries(task.urls).map(([id, url]) => [
    id,
    { base_url: url, timeout_ms: 400, tries: 6, budget: 1.25 },
  ]),
);
const venues = new Venues({
  settings,
  timer: time,
  seed: task.seed,
  exchange: (...request) => time.counted(() => fetchExchange(...request)),
});
const lake = countedLake(data.lake, time);
const access: LakeAccess = { lake, write: (work) => time.counted(() => data.write(work)) };

const open: string[] = [];
let published = 0;

async function tried(name: string, work: () => Promise<readonly string[]>): Promise<void> {
  try {
    for (const problem of await work()) open.push(`${name}: ${problem}`);
  } catch (error) {
    if (!(error instanceof TidewatchError)) throw error;
    open.push(`${name}: ${error.code} ${error.message}`);
  }
}

async function fetchSeries({ id, funding, openInterest }: SoakSeries): Promise<void> {
  const instrument = parseInstrument(id);
  const request = { venue: venues.of(instrument.venue), instrument, clock: time };
  await tried(`${id} bars`, async () => {
    const isNew = (await lake.span(id, '1m')) === undefined;
    const report = await backfill(access, { ...request, timeframe: '1m', full: isNew, batchRows: 5_000 });
    published += report.rows;
    return [
      ...report.gaps.map(({ from, to }) => `gap ${from} ${to}`),
      ...report.warnings.filter(({ code }) => code === 'newest_missing').map(({ message }) => message),
    ];
  });
  if (funding) {
    await tried(`${id} funding`, async () => {
      const report = await fetchFunding(access, request);
      return report.missing > 0 ? [`${report.missing} missing`] : [];
    });
  }
  if (openInterest) {
    await tried(`${id} open interest`, async () => {
      const report = await fetchOpenInterest(access, { ...request, timeframe: '5m' });
      return report.gaps.map(({ from, to }) => `gap ${from} ${to}`);
    });
  }
}

let next = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next < task.series.length) {
      next += 1;
      await fetchSeries(task.series[next - 1]!);
    }
  }),
);
if (task.compact) {
  await tried('compaction', async () => {
    await time.counted(() => compactLake(data));
    return [];
  });
}
if (task.live !== null) {
  const until = time.now() + task.live.ms;
  feed = startLiveFeed({
    instruments: task.live.ids.map(parseInstrument),
    venues,
    access,
    timer: time,
    seed: task.seed,
  });
  while (time.now() < until) await time.sleep(LIVE_STEP_MS);
  await feed.stop();
  feed = undefined;
}
time.stop();
await driving;
await data.close();
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.send!({ kind: 'done', done: { open, published, peakBytes } } satisfies FromWorker, () =>
  process.exit(0),
);
