/**
 * The whole minute of the drivers in a process that has been running: collecting from simulated venues (in another
 * process), roll-ups, composites of five coins and four hundred tokens, dominance, states, records in the embedded
 * database, then A and E of five thousand tokens with full diagnostics. Every series is warmed to 666 bars.
 *
 * `drivers.minute.ordinary` is a minute in which the 1m cells get a bar (eight cells); `drivers.minute.turn` is the first
 * of a day, in which all 24 get one. Each call of `run` is timed as a whole; the table under the result tells median and
 * the slowest (99 %) of the steps, wall and CPU of all threads.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUCKETS, type RegimeTimeframe } from '../src/analysis/drivers/driver.js';
import { EXECUTION_TIMEFRAMES } from '../src/analysis/drivers/execution-weights.js';
import { computeLevers, type PostureToken } from '../src/analysis/drivers/posture.js';
import { DEFAULT_POSTURE } from '../src/analysis/drivers/posture-config.js';
import { Drivers } from '../src/app/drivers/drivers.js';
import { Lake } from '../src/data/lake/lake.js';
import type { LakeWriter } from '../src/data/lake/lake-writer.js';
import { Venues } from '../src/data/venues/open-venues.js';
import { syntheticDominance, syntheticMarket } from '../src/data/venues/simulator/synthetic-market.js';
import { Random } from '../src/market/random.js';
import type { Series } from '../src/market/series.js';
import { bucketOpen, TIMEFRAME_MS } from '../src/market/timeframe.js';
import { driverSettingsSchema } from '../src/platform/driver-settings.js';
import { Store } from '../src/platform/store/store.js';
import type { BenchCase } from './bench-case.js';

const MINUTE = 60_000;
const DAY = 86_400_000;
const BARS = 666;
const TOKENS_PER_BUCKET = 100;
const TOKENS = 5000;
/** The jobs of a minute begin so long after it. */
const OFFSET_MS = 12_000;
const START = Date.UTC(2026, 0, 10, 23, 50);
const DAYS_AHEAD = 8;

/** What steps took, ms: wall and CPU, by name. */
class StepTimes {
  private readonly taken = new Map<string, { wall: number[]; cpu: number[] }>();
  private wall = 0;
  private cpu = 0;
  private counts = false;

  begin(): void {
    this.wall = performance.now();
    this.cpu = cpuMs();
  }

  ended(name: string): void {
    const [wall, cpu] = [performance.now(), cpuMs()];
    this.add(name, wall - this.wall, cpu - this.cpu);
    [this.wall, this.cpu] = [wall, cpu];
  }

  add(name: string, wall: number, cpu: number): void {
    if (!this.counts) return;
    const found = this.taken.get(name) ?? { wall: [], cpu: [] };
    this.taken.set(name, found);
    found.wall.push(wall);
    found.cpu.push(cpu);
  }

  /** Takes the steps of a warm-up or of a preparation out of account while it runs. */
  set counting(counts: boolean) {
    this.counts = counts;
  }

  lines(): string[] {
    const text = (value: number): string => value.toFixed(1).padStart(8);
    return [
      'step                     wall p50     p99  CPU p50     p99  ms',
      ...[...this.taken].map(
        ([name, { wall, cpu }]) =>
          name.padEnd(24) +
          [wall, cpu].map((of) => text(quantile(of, 0.5)) + text(quantile(of, 0.99))).join(' '),
      ),
    ];
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** 666 bars of every coin and token at each timeframe, as a process would have gathered them, and what they came from. */
async function fillHistory(writer: LakeWriter, now: number, tokens: readonly string[]): Promise<void> {
  const market = syntheticMarket({
    start: bucketOpen(now, '1m') - BARS * MINUTE,
    minutes: BARS,
    tokensPerBucket: TOKENS_PER_BUCKET,
  });
  const perps = [...market];
  let token = 0;
  const ids = perps.map(({ base, kind }) => {
    if (kind === 'spot') return `binance:spot:${base}USDT`;
    if (base.startsWith('SYNTH')) {
      token += 1;
      return tokens[token - 1]!;
    }
    // second sources too: they are compared once an hour
    return base === 'HYPE' ? 'binanceusdm:-:HYPEUSDT' : `hyperliquid:main:${base}`;
  });
  perps.push(perps.find(({ base }) => base === 'HYPE')!);
  ids.push('hyperliquid:main:HYPE');
  for (const timeframe of ['1m', '1h', '1d'] as const) {
    const step = TIMEFRAME_MS[timeframe];
    const first = bucketOpen(now, timeframe) - BARS * step;
    for (const isToken of [false, true]) {
      const own = [...perps.keys()].filter((at) => ids[at]!.startsWith('dex:') === isToken);
      const column = (values: (series: Series) => Float64Array): Float64Array => {
        const all = new Float64Array(own.length * BARS);
        for (const [place, at] of own.entries()) all.set(values(perps[at]!.series), place * BARS);
        return all;
      };
      const ts = Float64Array.from({ length: own.length * BARS }, (_, row) => first + (row % BARS) * step);
      const columns = {
        instrument_id: own.flatMap((at) => new Array<string>(BARS).fill(ids[at]!)),
        ts,
        open: column(({ open }) => open),
        high: column(({ high }) => high),
        low: column(({ low }) => low),
        close: column(({ close }) => close),
        volume: column(({ volume }) => volume),
        quote_volume: column(({ volume, close }) => volume.map((base, row) => base * close[row]!)),
        // settled: read long enough after the close
        ingested_at: ts.map((open) => open + step + 600_000),
        ...(isToken ? { market_cap: column(({ close }) => close.map((price) => price * 1e9)) } : {}),
      };
      await writer.append(
        'bars',
        { length: ts.length, constants: { timeframe }, columns },
        { source: !isToken ? 'rest' : timeframe === '1m' ? 'points' : 'rollup' },
      );
      if (!isToken || timeframe !== '1m') continue;
      await writer.append(
        'price_points',
        {
          length: ts.length,
          columns: {
            instrument_id: columns.instrument_id,
            ts: ts.map((open) => open + OFFSET_MS),
            price_usd: columns.close,
            volume_5m: columns.volume,
            market_cap: columns.market_cap!,
          },
        },
        { source: 'dexscreener' },
      );
    }
  }
  await writer.append(
    'dominance_samples',
    [...syntheticDominance({ start: now - 700 * DAY, minutes: 700 * 1440 })],
    { source: 'synthetic' },
  );
}

class BenchHome {
  readonly steps = new StepTimes();
  private readonly tokens: PostureToken[];
  private base = 0;
  private since = 0;

  private constructor(
    private readonly folder: string,
    private readonly venue: ChildProcess,
    private readonly lake: Lake,
    private readonly store: Store,
    private readonly drivers: Drivers,
  ) {
    const random = new Random(3);
    this.tokens = Array.from({ length: TOKENS }, () => ({
      bucket: BUCKETS[random.below(4)]!,
      executionTimeframe: EXECUTION_TIMEFRAMES[random.below(6)]!,
      intent: random.uniform() < 0.5 ? null : { hi_buy: random.uniform(), sell: random.uniform() },
    }));
  }

  static async open(threads: number): Promise<BenchHome> {
    const first = bucketOpen(START, '1d') - DAY;
    const venue = fork(
      fileURLToPath(new URL('./drivers-venue.js', import.meta.url)),
      [first, (DAYS_AHEAD + 2) * 1440, START, TOKENS_PER_BUCKET].map(String),
    );
    const { url, tokens } = await new Promise<{ url: string; tokens: string[] }>((resolve) =>
      venue.once('message', (said) => resolve(said as { url: string; tokens: string[] })),
    );
    let home: BenchHome | undefined;
    const clock = { now: () => home?.now() ?? START };
    const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bench-drivers-'));
    const lake = await Lake.open(join(folder, 'lake'), { clock, threads });
    const writer = await lake.writer();
    await fillHistory(writer, START, tokens);
    await lake.compact();
    const store = await Store.open({ engine: 'pglite', folder: join(folder, 'db') });
    const settings = Object.fromEntries(
      ['binanceusdm', 'binance', 'hyperliquid', 'coingecko', 'geckoterminal', 'dexscreener'].map((id) => [
        id,
        // virtual minutes pass faster than real ones: the budgets are not what is measured
        { base_url: `${url}/${id}`, budget: 1000 },
      ]),
    );
    const drivers = new Drivers({
      store,
      access: { lake, write: (work) => work(writer) },
      venues: new Venues({ settings }),
      clock,
      settings: driverSettingsSchema.parse({ tokens }),
      posture: DEFAULT_POSTURE,
    });
    home = new BenchHome(folder, venue, lake, store, drivers);
    home.base = START + OFFSET_MS;
    home.since = performance.now();
    await home.minute(['1m', '1h', '1d']);
    for (let warm = 0; warm < 3; warm += 1) {
      await home.advance(MINUTE);
      await home.minute(['1m']);
    }
    return home;
  }

  /** Virtual time of the venues, going on with real time within the minute. */
  now(): number {
    return Math.floor(this.base + performance.now() - this.since);
  }

  async advance(ms: number): Promise<void> {
    this.venue.send({ advance: ms });
    await new Promise<void>((resolve) => this.venue.once('message', () => resolve()));
    this.base += ms;
    this.since = performance.now();
    // a job of its own
    if (Math.floor(this.base / MINUTE) % 5 === 0) await this.drivers.pollDominance();
  }

  async advanceTo(time: number): Promise<void> {
    await this.advance(time - this.base + OFFSET_MS);
  }

  /** Everything that one minute asks for. @returns live cells of a token */
  async minute(timeframes: readonly RegimeTimeframe[]): Promise<number> {
    const { steps, drivers } = this;
    const minute = performance.now();
    const cpu = cpuMs();
    steps.begin();
    for (const timeframe of timeframes) {
      const [run] = await drivers.run(timeframe, {
        onStep: ({ step }) => steps.ended(`${timeframe} ${step}`),
      });
      const failed = run!.steps.flatMap(({ errors }) => errors);
      if (failed.length > 0) throw new Error(JSON.stringify(failed[0]));
    }
    steps.begin();
    const posture = await drivers.reading();
    let live = 0;
    for (const token of this.tokens) {
      const { A_value, diagnostics } = computeLevers(posture, token);
      live = Math.max(live, diagnostics.channels.length > 0 && A_value >= 0 ? diagnostics.channels_live : 0);
    }
    steps.ended(`A/E of ${TOKENS}`);
    steps.add('all', performance.now() - minute, cpuMs() - cpu);
    return live;
  }

  get nextDay(): number {
    return bucketOpen(this.base, '1d') + DAY;
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.lake.close();
    this.venue.disconnect();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const ORDINARY = 10;

function minuteCase(
  kind: 'ordinary' | 'turn',
  prepare: (home: BenchHome) => Promise<void>,
  run: (home: BenchHome) => Promise<number>,
  divide: number,
): BenchCase {
  return {
    work: `drivers.minute.${kind}`,
    rows: 1,
    unit: 'minute',
    divide,
    async setup(_dataFolder, threads) {
      const home = await BenchHome.open(threads);
      let prepared = 0;
      return {
        async prepare() {
          home.steps.counting = false;
          await prepare(home);
          prepared += 1;
          // the harness warms up twice
          home.steps.counting = prepared > 2;
        },
        run: () => run(home),
        check: (live) => ({ live, lines: home.steps.lines() }),
        teardown: () => home.close(),
      };
    },
  };
}

export const driversCases: readonly BenchCase[] = [
  minuteCase(
    'ordinary',
    async () => {},
    async (home) => {
      let live = 0;
      for (let count = 0; count < ORDINARY; count += 1) {
        await home.advance(MINUTE);
        live = await home.minute(['1m']);
      }
      return live;
    },
    ORDINARY,
  ),
  minuteCase(
    'turn',
    async (home) => {
      // catches up with a day, then runs as always
      await home.advanceTo(home.nextDay - 5 * MINUTE);
      await home.minute(['1m', '1h', '1d']);
      for (let before = 4; before > 0; before -= 1) {
        await home.advanceTo(home.nextDay - before * MINUTE);
        await home.minute(['1m']);
      }
      await home.advanceTo(home.nextDay);
    },
    (home) => home.minute(['1m', '1h', '1d']),
    1,
  ),
];
