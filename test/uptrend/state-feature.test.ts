/** The state of the engine as a feature column: the engine's own states, and how much history they need. */
import { describe, expect, it } from 'vitest';
import { UPTREND_WARM_UP, uptrendFeatureSet } from '../../src/analysis/features/uptrend-features.js';
import { UptrendEngine } from '../../src/analysis/uptrend/engine.js';
import { uptrendConfig } from '../../src/analysis/uptrend/profile.js';
import { stateNumber } from '../../src/analysis/uptrend/uptrend-rows.js';
import { type Series, slice } from '../../src/market/series.js';
import { type SampleSource, sampleSeries } from '../sample-series.js';

const IS_NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const STARTS = IS_NIGHTLY ? 200 : 12;

const SERIES: readonly SampleSource[] = [
  { instrument: 'binance:spot:BTCUSDT', timeframe: '1h', file: 'ohlcv/BTCUSDT_spot_1h.parquet' },
  { instrument: 'binanceusdm:-:BTCUSDT', timeframe: '1m', file: 'ohlcv/BTCUSDT_perp_1m.parquet' },
  { instrument: 'binanceusdm:-:HYPEUSDT', timeframe: '15m', file: 'ohlcv/HYPEUSDT_perp_15m.parquet' },
  { instrument: 'file:equity:SPY', timeframe: '1h', file: 'other-markets/SPY_1h.parquet' },
  {
    instrument: 'file:equity:AAPL',
    timeframe: '1d',
    file: 'other-markets/equity_us_daily.parquet',
    where: "symbol = 'AAPL'",
  },
  {
    instrument: 'file:fx:EURUSD',
    timeframe: '1d',
    file: 'other-markets/forex_gold_daily.parquet',
    where: "symbol = 'EURUSD'",
  },
];

const statesOf = (bars: Series): Float64Array => uptrendFeatureSet().compute({ bars })[0]!;

describe.each(SERIES)('$instrument $timeframe', (source) => {
  it('has the states of the payloads', async () => {
    const whole = await sampleSeries(source);
    const series = slice(whole, 0, Math.min(whole.length, IS_NIGHTLY ? whole.length : 15_000));
    for (const profile of ['standard', 'corrected'] as const) {
      const expected = new Float64Array(series.length).fill(Number.NaN);
      const { instrument, timeframe } = series;
      const engine = new UptrendEngine({ instrument, timeframe, config: uptrendConfig(profile) });
      engine.run(series, ({ state }, row) => {
        expected[row] = stateNumber(state);
      });
      expect(uptrendFeatureSet(profile).compute({ bars: series })[0]).toEqual(expected);
    }
  });

  it('forgets within its warm-up where the series began', async () => {
    const series = await sampleSeries(source);
    const whole = statesOf(series);
    const reach = 3 * UPTREND_WARM_UP;
    let longest = 0;
    for (let start = 1; start <= STARTS; start += 1) {
      const from = Math.floor((start * (series.length - 400)) / (STARTS + 1));
      const part = statesOf(slice(series, from, Math.min(series.length, from + reach)));
      longest = Math.max(longest, 1 + part.findLastIndex((state, bar) => state !== whole[from + bar]));
    }
    if (process.env.TIDEWATCH_SHOW_COUNTS) console.log(source.instrument, source.timeframe, longest);
    expect(longest).toBeLessThanOrEqual(UPTREND_WARM_UP);
  });
});
