/**
 * The market's posture. `levers` answers tokens from one reading of the 24 records with full diagnostics: intent, the
 * bucket's multiplier and the list of fifteen channels (shared by tokens of a bucket and execution timeframe, frozen).
 * `levers-first` is the same where every answer is the first of its reading, so that all channels are made anew.
 *
 * `minute` is the pure part of a whole minute at the turn of a day, when all 24 cells get a bar: five composites on
 * three timeframes (64 members in each bucket), dominance, eight drivers × three timeframes through engine, technical
 * record and geometry, and A/E of 5,000 tokens. Bars are made by a seeded walk: no store, no network.
 *
 * `replay` is ninety days of minutes of all eight drivers, composites included (members of a bucket share four walks:
 * memory, not work, is saved).
 */
import { ChainedIndex, type ComponentBars, composeIndex } from '../src/analysis/drivers/chained-index.js';
import type { ChannelState } from '../src/analysis/drivers/channel-deltas.js';
import { dominanceMinutes } from '../src/analysis/drivers/dominance.js';
import {
  ALT_COMPONENTS,
  BUCKETS,
  DRIVERS,
  type Driver,
  REGIME_TIMEFRAMES,
  type RegimeTimeframe,
} from '../src/analysis/drivers/driver.js';
import { DriverTrend } from '../src/analysis/drivers/driver-trend.js';
import { EXECUTION_TIMEFRAMES } from '../src/analysis/drivers/execution-weights.js';
import {
  computeLevers,
  type DriverRecords,
  Posture,
  type PostureToken,
} from '../src/analysis/drivers/posture.js';
import type { PriceBar } from '../src/analysis/drivers/valid-bar.js';
import { Random } from '../src/market/random.js';
import { emptyBars, makeSeries, type Series, slice } from '../src/market/series.js';
import { bucketOpen, TIMEFRAME_MS } from '../src/market/timeframe.js';
import type { BenchCase } from './bench-case.js';

const DAY = TIMEFRAME_MS['1d'];
const START = Date.UTC(2025, 0, 1);
const MEMBERS = 64;
const TOKENS = 5000;

function walk(seed: number, length: number, timeframe: RegimeTimeframe, from = START): Series {
  const random = new Random(seed);
  const bars = emptyBars(length);
  let price = 50;
  for (let row = 0; row < length; row++) {
    const open = price;
    price *= Math.exp(0.002 * (random.uniform() + random.uniform() - 1) + 0.0004 * Math.sin(row / 900));
    bars.time[row] = from + row * TIMEFRAME_MS[timeframe];
    bars.open[row] = open;
    bars.high[row] = Math.max(open, price) * 1.0003;
    bars.low[row] = Math.min(open, price) * 0.9997;
    bars.close[row] = price;
    bars.volume[row] = random.uniform();
  }
  return makeSeries('bench:spot:WALK', timeframe, bars);
}

function barAt(series: Series, row: number): PriceBar {
  return {
    ts: series.time[row]!,
    open: series.open[row]!,
    high: series.high[row]!,
    low: series.low[row]!,
    close: series.close[row]!,
    volume: series.volume[row]!,
  };
}

function records(now: number): DriverRecords {
  const random = new Random(7);
  const all: Partial<Record<Driver, Record<string, ChannelState>>> = {};
  for (const driver of DRIVERS) {
    const cells: Record<string, ChannelState> = {};
    for (const timeframe of REGIME_TIMEFRAMES) {
      cells[timeframe] = {
        state: `S${random.below(5)}`,
        prev_state: `S${random.below(5)}`,
        buy_flag: random.uniform() < 0.2,
        trim_flag: random.uniform() < 0.2,
        ts: bucketOpen(now, timeframe) - TIMEFRAME_MS[timeframe],
      };
    }
    all[driver] = cells;
  }
  return all;
}

function tokens(count: number): PostureToken[] {
  const random = new Random(3);
  return Array.from({ length: count }, () => ({
    bucket: BUCKETS[random.below(4)]!,
    executionTimeframe: EXECUTION_TIMEFRAMES[random.below(6)]!,
    intent: random.uniform() < 0.5 ? null : { hi_buy: random.uniform(), sell: random.uniform() },
  }));
}

const CONTEXT = {
  bucket_phases: { nano: { score: 1, slope: 0.1, confidence: 0.7 } },
  bucket_rank: ['nano', 'small', 'mid', 'big'],
};

function postureAt(now: number, cells: DriverRecords): Posture {
  return new Posture(cells, { asOf: now, bucketContext: CONTEXT });
}

const levers: BenchCase = {
  work: 'posture.levers.1000000',
  rows: 1_000_000,
  unit: 'token',
  async setup() {
    const some = tokens(TOKENS);
    const posture = postureAt(START, records(START));
    return {
      run: () => {
        let sum = 0;
        for (let round = 0; round < 200; round++) {
          for (let at = 0; at < TOKENS; at++) {
            const { A_value, diagnostics } = computeLevers(posture, some[at]!);
            sum += A_value + diagnostics.channels.length + diagnostics.components.regime.e_regime;
          }
        }
        return sum;
      },
      check: (sum) => ({ sum: Math.round(sum as number) }),
    };
  },
};

const leversFirst: BenchCase = {
  work: 'posture.levers-first.20000',
  rows: 20_000,
  unit: 'token',
  async setup() {
    const some = tokens(TOKENS);
    const cells = records(START);
    return {
      run: () => {
        let live = 0;
        for (let at = 0; at < 20_000; at++) {
          live += computeLevers(postureAt(START, cells), some[at % TOKENS]!).diagnostics.channels_live;
        }
        return live;
      },
      check: (live) => ({ live }),
    };
  },
};

/** Members of a composite at one time, as a collector hands them in. */
function membersAt(series: readonly Series[], names: readonly string[], row: number) {
  return names.map((name, at) => [name, barAt(series[at % series.length]!, row)] as const);
}

const NAMES = Array.from({ length: MEMBERS }, (_, at) => `dex:solana:token${at}`);

const minute: BenchCase = {
  work: 'posture.minute.5000',
  rows: 1,
  unit: 'minute',
  async setup() {
    const some = tokens(TOKENS);
    const warm = 1200;
    const length = warm + 500;
    const series = Object.fromEntries(
      REGIME_TIMEFRAMES.map((timeframe) => [
        timeframe,
        Array.from({ length: 4 }, (_, seed) => walk(seed + 1, length, timeframe, 0)),
      ]),
    ) as Record<RegimeTimeframe, Series[]>;
    const cells = REGIME_TIMEFRAMES.flatMap((timeframe) =>
      DRIVERS.map((driver, at) => {
        const trend = new DriverTrend({ driver, timeframe });
        trend.run(slice(series[timeframe][at % 4]!, 0, warm));
        const index = new ChainedIndex({ timeframe });
        return { driver, timeframe, trend, index };
      }),
    );
    let row = warm;
    return {
      prepare: () => {},
      run: () => {
        const now = series['1d'][0]!.time[row]! + DAY;
        const found: Partial<Record<Driver, Partial<Record<RegimeTimeframe, ChannelState>>>> = {};
        for (const { driver, timeframe, trend, index } of cells) {
          const source = series[timeframe];
          let bar: PriceBar | null = barAt(source[0]!, row);
          if (driver === 'ALT') bar = index.step(bar.ts, membersAt(source, ALT_COMPONENTS, row));
          else if ((BUCKETS as readonly string[]).includes(driver)) {
            bar = index.step(bar.ts, membersAt(source, NAMES, row));
          } else if (driver !== 'BTC' && timeframe === '1m') {
            bar = dominanceMinutes([{ ts: bar.ts, value: bar.close }], bar.ts, bar.ts + 60_000)[0] ?? null;
          }
          if (bar === null) continue;
          const record = trend.step(bar);
          trend.ta();
          trend.geometry();
          if (record === null) continue;
          found[driver] = { ...found[driver], [timeframe]: { ...record, ts: null } };
        }
        const posture = postureAt(now, found);
        let sum = 0;
        for (const token of some) sum += computeLevers(posture, token).A_value;
        row += 1;
        return { sum, live: posture.channels('nano', '1h').filter(({ status }) => status === 'live').length };
      },
      check: (result) => ({ live: (result as { live: number }).live }),
    };
  },
};

const REPLAY_MINUTES = 90 * 1440;

const replay: BenchCase = {
  work: 'posture.replay.90d-1m',
  rows: 8 * REPLAY_MINUTES,
  unit: 'bar',
  async setup() {
    const walks = Array.from({ length: 4 }, (_, seed) => walk(seed + 1, REPLAY_MINUTES, '1m'));
    const alts: ComponentBars = Object.fromEntries(ALT_COMPONENTS.map((name, at) => [name, walks[at]!]));
    const bucket: ComponentBars = Object.fromEntries(NAMES.map((name, at) => [name, walks[at % 4]!]));
    return {
      run: () => {
        let records = 0;
        for (const driver of DRIVERS) {
          const isBucket = (BUCKETS as readonly string[]).includes(driver);
          const bars =
            driver === 'ALT'
              ? composeIndex(alts, { timeframe: '1m' }).bars
              : isBucket
                ? composeIndex(bucket, { timeframe: '1m' }).bars
                : walks[0]!;
          const trend = new DriverTrend({ driver, timeframe: '1m' });
          trend.run(bars, () => {
            records += 1;
          });
        }
        return records;
      },
      check: (records) => ({ records }),
    };
  },
};

export const postureCases: BenchCase[] = [levers, leversFirst, minute, replay];
