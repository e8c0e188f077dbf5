/** A process that goes on from the checkpoints in the records says what one says that stepped every bar. */
import { describe, expect, it } from 'vitest';
import { DRIVERS, type Driver } from '../../analysis/drivers/driver.js';
import { trackOf } from '../../analysis/drivers/posture-history.js';
import { randomBars } from '../../analysis/uptrend/random-bars.fixture.js';
import { type RegimeBar, RegimeSeries, WHOLE } from '../../data/drivers/regime-series.js';
import { StepNotes } from '../../data/drivers/step-result.js';
import { DriverStates } from './driver-states.js';
import { StateHistory } from './state-history.js';
import { readCheckpoint, type StoredCheckpoint } from './trend-checkpoint.js';

const BARS = 1300;
const market = new Map<Driver, readonly RegimeBar[]>(
  DRIVERS.map((driver, at) => {
    const bars = randomBars(at + 1, BARS, '1m');
    return [
      driver,
      Array.from(bars.time, (ts, row) => ({
        ts,
        open: bars.open[row]!,
        high: bars.high[row]!,
        low: bars.low[row]!,
        close: bars.close[row]!,
        volume: bars.volume[row]!,
        source: 'binance',
        ...WHOLE,
      })),
    ];
  }),
);

/** Stored bars of a home, as far as they have come. */
function homeOf(rows: number): ReadonlyMap<string, RegimeSeries> {
  return new Map(
    DRIVERS.map((driver) => {
      const series = new RegimeSeries(driver, '1m');
      series.put(market.get(driver)!.slice(0, rows));
      return [driver as string, series];
    }),
  );
}

function statesOn(
  series: ReadonlyMap<string, RegimeSeries>,
  stored: ReadonlyMap<string, StoredCheckpoint> = new Map(),
): DriverStates {
  return new DriverStates({ of: async () => ({ series, isNew: false }) }, 'book', async () => stored);
}

async function advance(states: DriverStates): Promise<StepNotes> {
  const notes = new StepNotes('states', 0);
  await states.advance('1m', notes);
  expect(notes.errors).toEqual([]);
  return notes;
}

/** What would be saved of every driver, without the checkpoints. */
function said(states: DriverStates): unknown {
  return DRIVERS.map((driver) => {
    const { features, ...rest } = states.evaluation(driver, '1m', 0)!;
    return { ...rest, features: { ...features, trend_meta: null } };
  });
}

/** A process that ran bar after bar, and the checkpoints that its store holds then. */
async function lived(rows: number) {
  const series = homeOf(1000);
  const states = statesOn(series);
  const stored = new Map<string, StoredCheckpoint>();
  for (let row = 1000; row <= rows; row += 1) {
    for (const driver of DRIVERS) if (row > 1000) series.get(driver)!.put([market.get(driver)![row - 1]!]);
    await advance(states);
    const evaluations = DRIVERS.map((driver) => states.evaluation(driver, '1m', 0)!);
    for (const { driver, timeframe, features } of evaluations) {
      const checkpoint = readCheckpoint(JSON.parse(JSON.stringify(features.trend_meta ?? null)));
      if (checkpoint) stored.set(`${driver} ${timeframe}`, checkpoint);
    }
    states.saved(evaluations);
  }
  return { states, stored };
}

async function replayed(series: ReadonlyMap<string, RegimeSeries>): Promise<unknown> {
  const states = statesOn(series);
  await advance(states);
  return said(states);
}

describe('a process that starts', () => {
  it('goes on from the checkpoints, steps what came after, and says the same bit for bit', async () => {
    const { states, stored } = await lived(1200);
    const series = homeOf(1200);
    const resumed = statesOn(series, stored);
    const notes = await advance(resumed);
    expect(notes.counts.resumed).toBe(DRIVERS.length);
    expect(notes.counts.bars).toBeLessThanOrEqual(DRIVERS.length * 68);
    expect(said(resumed)).toEqual(said(states));
    expect(said(resumed)).toEqual(await replayed(series));
    // and so on with every later bar
    for (const driver of DRIVERS) series.get(driver)!.put(market.get(driver)!.slice(1200));
    await advance(resumed);
    expect(said(resumed)).toEqual(await replayed(homeOf(BARS)));
  });

  it('steps everything where a bar before the checkpoint is another now', async () => {
    const { stored } = await lived(1100);
    const series = homeOf(1100);
    const wrong = series.get('ALT')!.at(700);
    series.get('ALT')!.put([{ ...wrong, close: wrong.open }]);
    const resumed = statesOn(series, stored);
    const notes = await advance(resumed);
    expect(notes.counts.resumed).toBe(DRIVERS.length - 1);
    expect(said(resumed)).toEqual(await replayed(series));
  });

  it('steps everything where the checkpoint is damaged', async () => {
    const { stored } = await lived(1001);
    const broken = new Map([...stored].map(([key, one]) => [key, { ...one, snapshot: 'AAAA' }]));
    const resumed = statesOn(homeOf(1001), broken);
    expect((await advance(resumed)).counts.resumed).toBeUndefined();
    expect(said(resumed)).toEqual(await replayed(homeOf(1001)));
  });
});

it('a bar that is corrected while the process runs changes what follows, as if it had always been so', async () => {
  const series = homeOf(1100);
  const states = statesOn(series);
  await advance(states);
  const own = series.get('BTC')!;
  own.put([{ ...own.at(1097), close: own.at(1097).low }]);
  await advance(states);
  expect(said(states)).toEqual(await replayed(series));
});

it('history is that of a replay, also after a correction', async () => {
  const series = homeOf(1000);
  const bars = { of: async () => ({ series, isNew: false }) };
  const history = new StateHistory(bars, 'book');
  await history.tracks();
  const own = series.get('BTC')!;
  own.put([{ ...own.at(900), close: own.at(900).high }, ...market.get('BTC')!.slice(1000)]);
  const { BTC } = await history.tracks();
  const whole = trackOf('BTC', '1m', own.bars());
  expect(BTC!['1m']!.length).toBe(whole.length);
  const last = whole.length - 1;
  expect(BTC!['1m']!.stateOf(last)).toEqual(whole.stateOf(last));
  expect(BTC!['1m']!.stretches(0, Number.POSITIVE_INFINITY)).toEqual(
    whole.stretches(0, Number.POSITIVE_INFINITY),
  );
});
