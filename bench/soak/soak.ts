/**
 * The soak: a home that is kept for weeks of simulated time by processes that are killed again and again, while six
 * simulated venues do everything a venue can do wrong. At its end the lake is compared with the truth row by row.
 *
 * The simulated clock belongs to the soak. Between two lives of the process hours pass in which nothing is fetched. In
 * its life a process brings every series up to date (what a fetch does), merges parts at times, and follows some series
 * live for a while. Seed, schedule, faults and the moment of each kill (a number of requests or of steps of time) are
 * drawn from one seed; what the process is doing when the signal comes depends on the machine too.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HomeLake } from '../../src/app/home-lake.js';
import type { Lake } from '../../src/data/lake/lake.js';
import type { ExchangeId } from '../../src/data/venues/open-venues.js';
import { mixedFaults } from '../../src/data/venues/simulator/faults/fault-rules.js';
import { startVenueSimulator, type VenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { Random } from '../../src/market/random.js';
import { DEFAULT_CONFIG } from '../../src/platform/config-schema.js';
import { createHome, resolveHome } from '../../src/platform/home.js';
import { walkBars } from '../../test/venues/local-bars.js';
import type { FromWorker, SoakDone, SoakSeries, SoakTask } from './soak-series.js';

export interface SoakOptions {
  readonly home: string;
  readonly seed: number;
  /** Simulated days from the first start of the process on. */
  readonly days: number;
  /** Kills at least; it goes on until it has them. */
  readonly kills: number;
  /** Share of requests, bars and frames that meet a fault. */
  readonly faultRate: number;
  readonly series: readonly SoakSeries[];
  /** Simulated minutes of one live stretch; 0: none. */
  readonly liveMinutes: number;
  readonly say?: (line: string) => void;
}

export interface SoakFigures {
  readonly seed: number;
  readonly simulated_days: number;
  readonly series: number;
  readonly processes: number;
  readonly kills: number;
  readonly live_minutes: number;
  readonly requests: number;
  readonly faults: number;
  readonly fault_kinds: Readonly<Record<string, number>>;
  readonly rows: { readonly bars: number; readonly funding: number; readonly open_interest: number };
  readonly missing: number;
  readonly duplicate: number;
  readonly altered: number;
  /** Of processes that ended by themselves. */
  readonly peak_mb: number;
  readonly seconds: number;
  /** First differences, as text. */
  readonly differences: readonly string[];
  /** What the last process still had open; empty when everything is whole. */
  readonly open: readonly string[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const HISTORY_DAYS = 1;
/**
 * Hyperliquid keeps 5,000 minutes, three days and a half: what no process lived long enough to fetch by then cannot be had
 * any more. After two days of kills one process is let through, as whoever runs the machine would see to.
 */
const LONGEST_WITHOUT_A_WHOLE_LIFE = 2 * DAY;
/** Corrections and late bars have come by then. */
const SETTLED = 15 * MINUTE;
const MOST_LAST_RUNS = 40;
/** Built, also where this file is run from its source. */
const WORKER = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/bench/soak/soak-worker.js' : './soak-worker.js',
    import.meta.url,
  ),
);

export async function runSoak(options: SoakOptions): Promise<SoakFigures> {
  const { seed, days, series, say = () => undefined } = options;
  const began = Date.now();
  const random = new Random(seed);
  const venueIds = [...new Set(series.map(({ venue }) => venue))];
  // the process may take longer than planned: bars enough for it
  const minutes = Math.ceil((HISTORY_DAYS + days * 1.2 + 2) * 1440);
  const bars = (['BTC', 'ETH'] as const).flatMap((base) => [
    walkBars(base, minutes),
    walkBars(base, minutes, { kind: 'spot' }),
  ]);
  const listed = bars[0]!.series.time[0]!;
  const start = listed + HISTORY_DAYS * DAY;
  const simulator = await startVenueSimulator({
    venues: venueIds,
    bars,
    clock: { start },
    faults: mixedFaults(options.faultRate),
    seed,
  });
  try {
    const soak = new Soak(options, simulator, random);
    while (simulator.now() < start + days * DAY || soak.kills < options.kills) {
      await simulator.advance(Math.round((0.5 + random.uniform() * 17) * HOUR));
      await soak.live(simulator.now() - soak.lastWhole < LONGEST_WITHOUT_A_WHOLE_LIFE);
      if (soak.processes % 10 === 0) {
        const day = ((simulator.now() - start) / DAY).toFixed(1);
        say(
          `day ${day}: ${soak.processes} processes, ${soak.kills} killed, ${simulator.injected.length} faults`,
        );
      }
      if (simulator.now() > start + days * 1.2 * DAY) break;
    }
    await simulator.advance(SETTLED);
    let open: readonly string[] = ['not run'];
    for (let run = 0; run < MOST_LAST_RUNS && open.length > 0; run += 1) {
      open = (await soak.live(false))?.open ?? ['killed'];
      if (open.length > 0) await simulator.advance(2 * MINUTE);
    }
    const compared = await compare(options, simulator, listed);
    const kinds: Record<string, number> = {};
    for (const { kind } of simulator.injected) kinds[kind] = (kinds[kind] ?? 0) + 1;
    return {
      seed,
      simulated_days: Math.round(((simulator.now() - start) / DAY) * 10) / 10,
      series: series.length,
      processes: soak.processes,
      kills: soak.kills,
      live_minutes: Math.round(soak.liveMs / MINUTE),
      requests: soak.requests,
      faults: simulator.injected.length,
      fault_kinds: Object.fromEntries(Object.entries(kinds).sort(([a], [b]) => (a < b ? -1 : 1))),
      ...compared,
      peak_mb: Math.round(soak.peakBytes / 1e6),
      seconds: Math.round((Date.now() - began) / 1000),
      open,
    };
  } finally {
    await simulator.stop();
  }
}

/** Lives of the process, one after the other. */
class Soak {
  processes = 0;
  kills = 0;
  liveMs = 0;
  requests = 0;
  peakBytes = 0;
  /** When a process last ended by itself. */
  lastWhole: number;

  constructor(
    private readonly options: SoakOptions,
    private readonly simulator: VenueSimulator,
    private readonly random: Random,
  ) {
    this.lastWhole = simulator.now();
  }

  /** @returns what it answers, nothing when it was killed */
  live(isKillable: boolean): Promise<SoakDone | undefined> {
    const { options, simulator, random } = this;
    this.processes += 1;
    const draws = Array.from({ length: 6 }, () => random.uniform());
    const isLive = isKillable && options.liveMinutes > 0 && draws[0]! < 0.6;
    const ids = options.series.map(({ id }) => id);
    const task: SoakTask = {
      home: options.home,
      seed: options.seed + this.processes,
      now: simulator.now(),
      urls: Object.fromEntries(
        options.series.map(({ venue }): [ExchangeId, string] => [venue, simulator.url(venue)]),
      ),
      series: options.series,
      live: isLive ? { ids, ms: Math.round((0.3 + draws[1]!) * options.liveMinutes * MINUTE) } : null,
      compact: draws[2]! < 0.3,
    };
    const dies = isKillable && draws[3]! < 0.98;
    // in the middle of fetching, or (live) of time that passes
    const afterSteps =
      isLive && draws[4]! < 0.5 ? Math.round(draws[5]! * 800 * (options.liveMinutes / 30)) : undefined;
    const afterRequests = afterSteps === undefined ? Math.round(draws[5]! * 90) : undefined;
    const child = fork(WORKER, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let seen = 0;
    let steps = 0;
    let done: SoakDone | undefined;
    let last = simulator.requests.at(-1);
    const killIfDue = (): void => {
      const at = last === undefined ? 0 : simulator.requests.lastIndexOf(last) + 1;
      seen += simulator.requests.length - at;
      last = simulator.requests.at(-1);
      if (!dies) return;
      if (afterRequests !== undefined ? seen >= afterRequests : steps >= afterSteps!) child.kill('SIGKILL');
    };
    const watch = setInterval(killIfDue, 4);
    child.on('message', (message: FromWorker) => {
      if (message.kind === 'done') {
        done = message.done;
        return;
      }
      steps += 1;
      if (message.ms > 0 && isLive && steps > 0) this.liveMs += message.ms === 2_500 ? 2_500 : 0;
      killIfDue();
      void simulator.advance(message.ms).then(() => {
        if (child.connected) child.send(simulator.now(), () => undefined);
      });
    });
    return new Promise((resolve, reject) => {
      child.once('exit', (code, signal) => {
        clearInterval(watch);
        killIfDue();
        this.requests += seen;
        if (signal === 'SIGKILL') this.kills += 1;
        else if (code !== 0) return reject(new Error(`a process of the soak ended with ${code ?? signal}`));
        if (done !== undefined) this.lastWhole = simulator.now();
        this.peakBytes = Math.max(this.peakBytes, done?.peakBytes ?? 0);
        resolve(done);
      });
    });
  }
}

type Compared = Pick<SoakFigures, 'rows' | 'missing' | 'duplicate' | 'altered' | 'differences'>;

/** The lake against the truth: every row of bars, funding and open interest. */
async function compare(
  { home, series }: SoakOptions,
  simulator: VenueSimulator,
  listed: number,
): Promise<Compared> {
  const data = await HomeLake.open(
    createHome(resolveHome({ flag: home, env: {}, cwd: home })),
    DEFAULT_CONFIG,
    simulator,
  );
  const sums = { missing: 0, duplicate: 0, altered: 0 };
  const rows = { bars: 0, funding: 0, open_interest: 0 };
  const differences: string[] = [];
  const tell = (what: keyof typeof sums, name: string, time: number, more = ''): void => {
    sums[what] += 1;
    if (differences.length < 50) differences.push(`${name} ${new Date(time).toISOString()} ${what} ${more}`);
  };
  const against = (
    name: string,
    stored: ReadonlyMap<number, string>,
    count: number,
    truth: ReadonlyMap<number, string>,
  ): number => {
    sums.duplicate += count - stored.size;
    for (const [time, wanted] of truth) {
      const found = stored.get(time);
      if (found === undefined) tell('missing', name, time);
      else if (found !== wanted) tell('altered', name, time, `${found} is ${wanted}`);
    }
    for (const time of stored.keys()) if (!truth.has(time)) tell('altered', name, time, 'is not there');
    return stored.size;
  };
  try {
    const until = Math.floor((simulator.now() - SETTLED) / MINUTE) * MINUTE;
    for (const { id, venue, symbol, funding, openInterest } of series) {
      const truth = simulator.truth.bars(venue, symbol, '1m', listed, until);
      const bars = await storedRows(data.lake, 'bars', id, BAR_COLUMNS, until);
      const { open, high, low, close, volume } = truth;
      const columns = [open, high, low, close, volume];
      const wanted = new Map(Array.from(truth.time, (time, row) => [time, textOf(columns, row)]));
      rows.bars += against(`${id} bars`, bars.rows, bars.count, wanted);
      if (funding) {
        const events = simulator.truth.funding(venue, symbol, listed, until);
        const held = await storedRows(data.lake, 'funding_rates', id, ['funding_rate'], until);
        const told = new Map(events.map(({ time, rate }) => [time, textOf([[rate]], 0)]));
        rows.funding += against(`${id} funding`, held.rows, held.count, told);
      }
      if (openInterest) {
        const held = await storedRows(data.lake, 'open_interest', id, ['open_interest'], until);
        const first = Math.min(...held.rows.keys());
        const told = new Map(
          simulator.truth
            .openInterest(venue, symbol, first, until)
            .map(({ time, amount }) => [time, textOf([[amount]], 0)]),
        );
        rows.open_interest += against(`${id} open interest`, held.rows, held.count, told);
      }
    }
    return { rows, ...sums, differences };
  } finally {
    await data.close();
  }
}

const BAR_COLUMNS = ['open', 'high', 'low', 'close', 'volume'];

/** Sums of trades carry binary dust: eight decimals are all that a venue prints. */
function textOf(columns: readonly ArrayLike<number>[], row: number): string {
  return columns.map((column) => Number(column[row]!.toFixed(8))).join(' ');
}

async function storedRows(
  lake: Lake,
  dataset: 'bars' | 'funding_rates' | 'open_interest',
  subject: string,
  names: readonly string[],
  to: number,
): Promise<{ readonly rows: Map<number, string>; readonly count: number }> {
  const timeframe = { bars: '1m', open_interest: '5m', funding_rates: undefined }[dataset];
  const { ts, columns } = await lake.columns(dataset, {
    subject,
    ...(timeframe === undefined ? {} : { timeframe }),
    to,
    columns: names,
  });
  const values = names.map((name) => columns[name]!);
  return { rows: new Map(Array.from(ts, (time, row) => [time, textOf(values, row)])), count: ts.length };
}
