import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UptrendEngine } from '../analysis/uptrend/engine.js';
import type { UptrendPayload } from '../analysis/uptrend/payload.js';
import { randomBars } from '../analysis/uptrend/random-bars.fixture.js';
import { makeSeries, type Series, slice } from '../market/series.js';
import { backtestUptrend } from './uptrend-backtest.js';
import { simulateUptrend } from './uptrend-simulator.js';
import { uptrendSummarySchema } from './uptrend-summary.js';
import { UptrendTrace } from './uptrend-trace.js';

const clock = { now: () => 5 };
const series = randomBars(3, 2600);

function live(bars: Series): UptrendPayload[] {
  const payloads: UptrendPayload[] = [];
  const engine = new UptrendEngine({ instrument: bars.instrument, timeframe: bars.timeframe });
  engine.run(bars, (payload) => payloads.push(payload));
  return payloads;
}

describe('uptrend backtest', () => {
  it('gives the payloads of the engine, over any range; bars before it only warm', async () => {
    const truth = live(series);
    const [start, end] = [series.time[900]!, series.time[2100]!];
    const payloads: UptrendPayload[] = [];
    const { summary, trace, last } = await backtestUptrend(series, {
      start,
      end,
      clock,
      onPayload: (payload) => payloads.push(payload),
    });
    expect(payloads).toEqual(truth.filter(({ ts }) => ts >= start && ts < end));
    expect(last).toEqual(payloads.at(-1));
    expect(trace.length).toBe(1200);
    expect(uptrendSummarySchema.parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
    expect(summary).toMatchObject({
      bars: 1200,
      warmup_bars: 900,
      stepped: 1200,
      first_ts: start,
      wall_ms: 0,
    });
  });

  it('counts what the payloads say', async () => {
    const truth = live(series);
    const { summary } = await backtestUptrend(series, { clock });
    for (const [state, { bars, share }] of Object.entries(summary.states)) {
      expect(bars).toBe(truth.filter((payload) => payload.state === state).length);
      expect(share).toBeCloseTo(bars / truth.length, 12);
    }
    for (const [flag, bars] of Object.entries(summary.flags)) {
      expect(bars, flag).toBe(truth.filter((payload) => payload[flag as 'buy_flag'] === true).length);
    }
    const changes = truth.filter(({ state, prev_state }) => prev_state !== '' && state !== prev_state);
    expect(summary.transitions.map(({ ts, from, to }) => [ts, from, to])).toEqual(
      changes.map(({ ts, prev_state, state }) => [ts, prev_state, state]),
    );
    // a first payload in S3 begins an episode too
    const entries = truth.filter(({ state, prev_state }) => state === 'S3' && prev_state !== 'S3');
    expect(summary.episodes.map(({ start_ts }) => start_ts)).toEqual(entries.map(({ ts }) => ts));
    for (const episode of summary.episodes) {
      const last = truth.findIndex(({ ts }) => ts === (episode.end_ts ?? truth.at(-1)!.ts));
      const first = truth.findIndex(({ ts }) => ts === episode.start_ts);
      expect(episode.bars).toBe(last - first + (episode.end_ts === null ? 1 : 0));
      expect(episode.return).toBe(truth[last]!.price / truth[first]!.price - 1);
      let worst = 0;
      for (let a = first; a <= last; a++) {
        for (let b = a; b <= last; b++) worst = Math.min(worst, truth[b]!.price / truth[a]!.price - 1);
      }
      expect(episode.max_drawdown).toBeCloseTo(worst, 12);
    }
  });

  it('says that a history too short for the engine has no payload', async () => {
    const { summary, last } = await backtestUptrend(slice(series, 0, 40), { clock, simulate: {} });
    expect(last).toBeNull();
    expect(summary).toMatchObject({ bars: 40, stepped: 0, first_ts: null, episodes: [] });
    expect(summary.simulation).toMatchObject({ trades: [], net_return: 0, win_rate: null });
  });
});

const anyPayload = live(series).at(-1)!;

/** One bar per element: the flags that it raises, its open and its close. */
function told(bars: readonly [flags: Partial<UptrendPayload>, open: number, close: number][]) {
  const column = (of: (row: number) => number): Float64Array => Float64Array.from(bars, (_, row) => of(row));
  const made = makeSeries('test:spot:ANY', '1h', {
    time: column((row) => row * 3_600_000),
    open: column((row) => bars[row]![1]),
    high: column((row) => Math.max(bars[row]![1], bars[row]![2])),
    low: column((row) => Math.min(bars[row]![1], bars[row]![2])),
    close: column((row) => bars[row]![2]),
    volume: column(() => 1),
  });
  const trace = new UptrendTrace(bars.length);
  for (const [row, [flags]] of bars.entries()) {
    trace.push({ ...anyPayload, ...NO_FLAGS, ...flags }, row);
  }
  return { made, trace };
}
const NO_FLAGS = {
  buy_signal: false,
  buy_flag: false,
  first_dip_buy_flag: false,
  trim_flag: false,
  exit_position: false,
  emergency_exit: false,
  reclaimed_ema333: false,
} as const;

describe('simulated trader', () => {
  it('fills at the next open, trims, leaves, and comes back after an emergency only when EMA333 is reclaimed', () => {
    const { made, trace } = told([
      [{ buy_signal: true }, 90, 100],
      [{ trim_flag: true }, 100, 110],
      [{ emergency_exit: true }, 120, 115],
      [{ buy_flag: true }, 110, 112],
      [{ reclaimed_ema333: true }, 108, 109],
      [{}, 100, 100],
      [{ exit_position: true, emergency_exit: true }, 104, 105],
      [{ buy_flag: true }, 90, 92],
      [{ buy_flag: true }, 80, 88],
    ]);
    const { result, equity } = simulateUptrend(made, trace, { feeBps: 0, slippageBps: 0, trim: 0.5 });
    // 1 unit at 100, half sold at 120, the rest at 110; again at 100, out at 90; again at 80, open at 88
    expect(result.trades.map(({ entry_flag, exit_flag, trims }) => [entry_flag, exit_flag, trims])).toEqual([
      ['buy_signal', 'emergency_exit', 1],
      ['reclaimed_ema333', 'exit_position', 0],
      ['buy_flag', null, 0],
    ]);
    expect(result.trades.map((trade) => trade.return)).toEqual([
      expect.closeTo(0.15, 12),
      expect.closeTo(-0.1, 12),
      expect.closeTo(0.1, 12),
    ]);
    expect(result.net_return).toBeCloseTo(1.15 * 0.9 * 1.1 - 1, 12);
    expect(result.win_rate).toBe(0.5);
    expect(result.exposure).toBeCloseTo(5 / 9, 12);
    expect(result.buy_and_hold_return).toBeCloseTo(88 / 100 - 1, 12);
    expect(equity[1]).toBeCloseTo(1.1, 12);
    expect(result.max_drawdown).toBeCloseTo((1.15 * 0.9) / (1.15 * 1.05) - 1, 12);
  });

  it('pays fee and slippage on both sides, and never more than it has', () => {
    const { made, trace } = told([
      [{ buy_flag: true }, 100, 100],
      [{ exit_position: true }, 100, 100],
      [{}, 100, 100],
    ]);
    const { result } = simulateUptrend(made, trace, { feeBps: 10, slippageBps: 20 });
    const kept = (0.998 * 0.999) / (1.002 * 1.001);
    expect(result.net_return).toBeCloseTo(kept - 1, 12);
    expect(result.costs).toBeCloseTo(1 - kept, 12);
    expect(result.trades[0]).toMatchObject({ entry_price: 100.2, exit_price: 99.8, bars: 1 });
  });

  it('does nothing on the last bar, whose next open is not known', () => {
    const { made, trace } = told([[{ buy_flag: true }, 100, 100]]);
    expect(simulateUptrend(made, trace).result.trades).toEqual([]);
  });

  it('never makes money from nothing: whatever is flagged, its equity is what the fills say', () => {
    const names = Object.keys(NO_FLAGS) as (keyof typeof NO_FLAGS)[];
    const bar = fc.record({
      flags: fc.subarray(names),
      open: fc.double({ min: 50, max: 200, noNaN: true }),
      close: fc.double({ min: 50, max: 200, noNaN: true }),
    });
    const costs = fc.record({
      feeBps: fc.double({ min: 0, max: 200, noNaN: true }),
      slippageBps: fc.double({ min: 0, max: 200, noNaN: true }),
      unit: fc.double({ min: 0.05, max: 1, noNaN: true }),
      trim: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(bar, { minLength: 2, maxLength: 40 }), costs, (bars, options) => {
        const { made, trace } = told(
          bars.map(({ flags, open, close }) => [
            Object.fromEntries(flags.map((name) => [name, true])),
            open,
            close,
          ]),
        );
        const { result, equity } = simulateUptrend(made, trace, options);
        const free = simulateUptrend(made, trace, { ...options, feeBps: 0, slippageBps: 0 });
        // costs change no decision, and never help
        expect(result.trades.map(({ entry_ts, exit_ts }) => [entry_ts, exit_ts])).toEqual(
          free.result.trades.map(({ entry_ts, exit_ts }) => [entry_ts, exit_ts]),
        );
        for (const [at, value] of equity.entries()) {
          expect(value).toBeGreaterThan(0);
          expect(value).toBeLessThanOrEqual(free.equity[at]! * (1 + 1e-12));
        }
        // without a position equity stands still, and with one it cannot gain more than the price does
        let last = 1;
        let exposed = 0;
        for (const [at, value] of equity.entries()) {
          const isHeld = (ts: number): boolean =>
            result.trades.some(
              ({ entry_ts, exit_ts }) => entry_ts <= ts && (exit_ts === null || ts < exit_ts),
            );
          const filled = result.trades.some(({ exit_ts }) => exit_ts === made.time[at]);
          if (isHeld(made.time[at]!)) exposed += 1;
          if (!filled && !isHeld(made.time[at]!)) expect(value).toBe(last);
          const from = at === 0 ? made.open[0]! : Math.min(made.close[at - 1]!, made.open[at]!);
          const to = Math.max(made.open[at]!, made.close[at]!);
          expect(value / last).toBeLessThanOrEqual(Math.max(1, to / from) + 1e-12);
          last = value;
        }
        // a trim of everything leaves a position of nothing
        if (options.trim < 1) expect(result.exposure).toBeCloseTo(exposed / equity.length, 12);
        expect(result.costs).toBeGreaterThanOrEqual(0);
        const won = result.trades.filter((trade) => trade.exit_ts !== null && trade.return > 0).length;
        const closed = result.trades.filter(({ exit_ts }) => exit_ts !== null).length;
        expect(result.win_rate).toBe(closed === 0 ? null : won / closed);
        // no fill on the bar that raised the flag
        for (const { entry_ts, entry_flag } of result.trades) {
          const row = entry_ts / 3_600_000;
          expect(row).toBeGreaterThan(0);
          expect(trace.has(row - 1, entry_flag)).toBe(true);
        }
        // equity of the end from the trades alone
        const grown = result.trades.reduce((all, trade) => all * (1 + options.unit * trade.return), 1);
        expect(equity.at(-1)).toBeCloseTo(grown, 9);
      }),
      { numRuns: process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 5000 : 500 },
    );
  });

  it.each([{ feeBps: -1 }, { slippageBps: Number.NaN }, { unit: 0 }, { trim: 1.5 }])(
    'refuses %o',
    (options) => {
      const { made, trace } = told([[{}, 100, 100]]);
      expect(() => simulateUptrend(made, trace, options)).toThrow(
        expect.objectContaining({ code: 'bad_parameter' }),
      );
    },
  );
});
