/**
 * The uptrend engine over real bars of data/sample, payloads built, profile `standard`, warm.
 *
 * `in-s3` and `outside-s3` time every stretch of at least 50 bars of BTC 1m in which the engine is, or is not, in that
 * state; the engine's snapshot before each stretch is restored untimed, so the rate is that of the state and not of a
 * mixture. `in-s3-late` are the bars from the 501st of an episode on, when all three windows of the decay index are full.
 * `growth` runs the last 10,000 bars of seeded histories: neither the cost per bar nor the stored state may depend on
 * how much went before. `universe` steps one bar of 500 symbols at four timeframes in one thread.
 *
 * What made it fast, roughly, since it was measured beside other work (CPU of BTC 1m): the decay index continues its ADX
 * and ZigZag runs while a window's start stays and joins the shorter ones to the longest (about 40 %, S3 bars half);
 * payloads by literals instead of copies, a third of the technical record that no score reads left out, blocks of 256 bars
 * instead of 1,024, the volume's weighted variance as sums instead of a recursion, remainders of integers instead of
 * doubles (about 40 % of the rest together, not parted). On 1h, groups of swings are formed again only from the one that
 * changed (14 % to 5 % of the time). One engine kept alive: 99 k to 253 k bars/s on 1h when series follow one another,
 * because the compiled code was lost with the last engine. One closed bar of the universe takes 65 to 88 ms of one
 * thread, so worker threads were not tried.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UptrendEngine } from '../src/analysis/uptrend/engine.js';
import type { UptrendPayload } from '../src/analysis/uptrend/payload.js';
import { readColumns, Session } from '../src/data/lake/session.js';
import { Random } from '../src/market/random.js';
import { emptyBars, makeSeries, type Series, slice } from '../src/market/series.js';
import type { Timeframe } from '../src/market/timeframe.js';
import type { BenchCase, PreparedBench } from './bench-case.js';

const SAMPLE = 'data/sample/ohlcv';
const MINUTES = 130_708;
const HOURS = 34_976;

async function sampleBars(file: string, timeframe: Timeframe): Promise<Series> {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bench-'));
  const session = new Session({ threads: 1 });
  try {
    const { columns } = await session.use((connection) =>
      readColumns(
        connection,
        `SELECT timestamp::DOUBLE, open, high, low, close, volume FROM read_parquet('${join(SAMPLE, file)}') ORDER BY 1`,
        6,
        MINUTES,
      ),
    );
    const [time, open, high, low, close, volume] = columns as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    return makeSeries('binance:spot:BTCUSDT', timeframe, { time, open, high, low, close, volume });
  } finally {
    await session.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const engineOf = (timeframe: Timeframe): UptrendEngine =>
  new UptrendEngine({ instrument: 'binance:spot:BTCUSDT', timeframe });

interface Outcome {
  readonly payloads: number;
  readonly oxSum: number;
  readonly bars: number;
}

function runAll(engine: UptrendEngine, series: Series): Outcome {
  let payloads = 0;
  let oxSum = 0;
  engine.run(series, (payload) => {
    payloads += 1;
    oxSum += payload.scores?.ox ?? 0;
  });
  return { payloads, oxSum, bars: series.length };
}

function whole(file: string, timeframe: Timeframe): BenchCase['setup'] {
  return async (): Promise<PreparedBench> => {
    const series = await sampleBars(file, timeframe);
    runAll(engineOf(timeframe), series);
    return {
      run: () => runAll(engineOf(timeframe), series),
      check: (result) => result as unknown as Record<string, unknown>,
    };
  };
}

const LEAST_STRETCH = 50;
const WARM_UP = 2000;

/** Stretches in which every bar is, or no bar is, in S3, without the first `skip` bars of each. */
function stretches(series: Series, inS3: boolean, skip: number): { from: number; to: number }[] {
  const states: boolean[] = new Array<boolean>(series.length).fill(false);
  engineOf(series.timeframe).run(series, (payload: UptrendPayload, row) => {
    states[row] = payload.state === 'S3';
  });
  const found: { from: number; to: number }[] = [];
  for (let from = WARM_UP; from < series.length; ) {
    let to = from;
    while (to < series.length && states[to] === states[from]) to++;
    if (states[from] === inS3 && to - from >= LEAST_STRETCH + skip) found.push({ from: from + skip, to });
    from = to;
  }
  return found;
}

/** @param rows what the stretches must add up to */
function within(inS3: boolean, skip: number, rows: number): BenchCase['setup'] {
  return async (): Promise<PreparedBench> => {
    const series = await sampleBars('BTCUSDT_spot_1m.parquet', '1m');
    const running = engineOf('1m');
    let at = 0;
    const parts = stretches(series, inS3, skip).map(({ from, to }) => {
      running.run(slice(series, at, from), () => {});
      at = from;
      return { snapshot: running.snapshot(), bars: slice(series, from, to) };
    });
    const bars = parts.reduce((total, part) => total + part.bars.length, 0);
    if (bars !== rows) throw new Error(`${bars} bars for ${rows}`);
    let ready: { engine: UptrendEngine; bars: Series }[] = [];
    return {
      prepare: () => {
        ready = parts.map(({ snapshot, bars }) => {
          const engine = engineOf('1m');
          engine.restore(snapshot);
          return { engine, bars };
        });
      },
      run: () => ready.reduce((total, { engine, bars }) => total + runAll(engine, bars).bars, 0),
      check: (bars) => ({ bars, stretches: parts.length }),
    };
  };
}

function walk(length: number): Series {
  const random = new Random(5);
  const bars = emptyBars(length);
  let price = 100;
  for (let row = 0; row < length; row++) {
    const open = price;
    price *= Math.exp(0.002 * (random.uniform() + random.uniform() - 1) + 0.0004 * Math.sin(row / 900));
    bars.time[row] = row * 60_000;
    bars.open[row] = open;
    bars.high[row] = Math.max(open, price) * 1.0003;
    bars.low[row] = Math.min(open, price) * 0.9997;
    bars.close[row] = price;
    bars.volume[row] = random.uniform();
  }
  return makeSeries('bench:spot:WALK', '1m', bars);
}

/** The last 10,000 bars of a history of this length. */
function growth(length: number): BenchCase {
  const rows = 10_000;
  return {
    work: `uptrend.growth.${length / 1000}k`,
    rows,
    unit: 'bar',
    async setup() {
      const series = walk(length + rows);
      const engine = engineOf('1m');
      engine.run(slice(series, 0, length), () => {});
      const snapshot = engine.snapshot();
      const tail = slice(series, length);
      let ready = engine;
      return {
        prepare: () => {
          ready = engineOf('1m');
          ready.restore(snapshot);
        },
        run: () => runAll(ready, tail),
        check: (result) => ({
          ...(result as Record<string, unknown>),
          state_bytes: JSON.stringify(snapshot).length,
        }),
      };
    },
  };
}

/** One closed bar for each of 500 symbols at four timeframes. */
const universe: BenchCase = {
  work: 'uptrend.universe.2000',
  rows: 2000,
  unit: 'step',
  async setup() {
    const series = walk(3000);
    const timeframes: Timeframe[] = ['1m', '15m', '1h', '4h'];
    const engines: UptrendEngine[] = [];
    for (let symbol = 0; symbol < 500; symbol++) {
      for (const timeframe of timeframes) {
        const engine = engineOf(timeframe);
        engine.run(slice(series, symbol, 1200 + symbol), () => {});
        engines.push(engine);
      }
    }
    let next = 1800;
    return {
      run: () => {
        const row = next++;
        const bar = {
          time: series.time[row]!,
          high: series.high[row]!,
          low: series.low[row]!,
          close: series.close[row]!,
          volume: series.volume[row]!,
        };
        let stepped = 0;
        for (const engine of engines) if (engine.step(bar)) stepped += 1;
        return stepped;
      },
      prepare: () => {},
      check: (stepped) => ({ stepped }),
    };
  },
};

export const uptrendCases: BenchCase[] = [
  {
    work: 'uptrend.engine.btc-1m',
    rows: MINUTES,
    unit: 'bar',
    setup: whole('BTCUSDT_spot_1m.parquet', '1m'),
  },
  { work: 'uptrend.engine.btc-1h', rows: HOURS, unit: 'bar', setup: whole('BTCUSDT_spot_1h.parquet', '1h') },
  { work: 'uptrend.in-s3.btc-1m', rows: 51_264, unit: 'bar', setup: within(true, 0, 51_264) },
  { work: 'uptrend.in-s3-late.btc-1m', rows: 4_754, unit: 'bar', setup: within(true, 500, 4_754) },
  { work: 'uptrend.outside-s3.btc-1m', rows: 75_185, unit: 'bar', setup: within(false, 0, 75_185) },
  growth(10_000),
  growth(100_000),
  growth(1_000_000),
  universe,
];
