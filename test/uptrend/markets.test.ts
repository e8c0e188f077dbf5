/**
 * The engine as it is on every kind of market of the sample: around the clock, with closed sessions, without volume, with
 * long flat stretches, with missing days. No branch of the engine knows which is which.
 */
import { describe, expect, it } from 'vitest';
import { UptrendEngine } from '../../src/analysis/uptrend/engine.js';
import type { UptrendPayload } from '../../src/analysis/uptrend/payload.js';
import { uptrendPayloadSchema } from '../../src/analysis/uptrend/payload-schema.js';
import { minimumTaBars } from '../../src/analysis/uptrend/ta-record.js';
import { type SampleSource, sampleSeries } from '../sample-series.js';

const MARKETS: readonly (SampleSource & { kind: string; states: readonly string[] })[] = [
  {
    kind: 'crypto, hourly, exchange outages',
    instrument: 'binance:spot:BTCUSDT',
    timeframe: '1h',
    file: 'ohlcv/BTCUSDT_spot_1h.parquet',
    where: 'timestamp < 1640995200000',
    states: ['S0', 'S1', 'S2', 'S3'],
  },
  {
    kind: 'crypto, quarter-hourly, from its listing on',
    instrument: 'binanceusdm:-:HYPEUSDT',
    timeframe: '15m',
    file: 'ohlcv/HYPEUSDT_perp_15m.parquet',
    states: ['S0', 'S1', 'S2', 'S3'],
  },
  {
    kind: 'equity, hourly, seven bars a session',
    instrument: 'file:equity:SPY',
    timeframe: '1h',
    file: 'other-markets/SPY_1h.parquet',
    states: ['S0', 'S1', 'S2', 'S3'],
  },
  {
    kind: 'equity, daily, a crash of 52 %',
    instrument: 'file:equity:AAPL',
    timeframe: '1d',
    file: 'other-markets/equity_us_daily.parquet',
    where: "symbol = 'AAPL'",
    states: ['S0', 'S1', 'S2', 'S3'],
  },
  {
    kind: 'forex, daily, no volume',
    instrument: 'file:fx:EURUSD',
    timeframe: '1d',
    file: 'other-markets/forex_gold_daily.parquet',
    where: "symbol = 'EURUSD'",
    states: ['S0', 'S1', 'S2', 'S3'],
  },
  {
    kind: 'gold, daily, no volume',
    instrument: 'file:fx:XAUUSD',
    timeframe: '1d',
    file: 'other-markets/forex_gold_daily.parquet',
    where: "symbol = 'XAUUSD'",
    states: ['S0', 'S1', 'S2', 'S3'],
  },
  {
    kind: 'prediction market, daily, one price a day, flat after resolution',
    instrument: 'polymarket:polygon:LONGEST',
    timeframe: '1d',
    file: 'other-markets/polymarket_daily.parquet',
    where:
      "token_id = (SELECT token_id FROM read_parquet('data/sample/other-markets/polymarket_daily.parquet') GROUP BY 1 ORDER BY count(*) DESC, token_id LIMIT 1)",
    price: 'price',
    states: [],
  },
];

describe.each(MARKETS)('$kind', (market) => {
  it(`runs ${market.instrument} unchanged, payloads fit the schema, states are reached in order`, async () => {
    const series = await sampleSeries(market);
    const engine = new UptrendEngine(market);
    const counts = new Map<string, number>();
    let before: UptrendPayload | undefined;
    let payloads = 0;
    engine.run(series, (payload, row) => {
      payloads += 1;
      counts.set(payload.state, (counts.get(payload.state) ?? 0) + 1);
      expect(payload.ts).toBe(series.time[row]);
      expect(payload.prev_state).toBe(before?.state ?? '');
      if (payload.state !== before?.state || row % 50 === 0) {
        const json: unknown = JSON.parse(JSON.stringify(payload));
        expect(uptrendPayloadSchema.parse(json)).toEqual(json);
      }
      if (before !== undefined) expect(LEADS_TO[before.state]).toContain(payload.state);
      before = payload;
    });
    // every bar but those of the warm-up: no bar was lost, gaps or not
    expect(payloads).toBe(series.length - minimumTaBars(market.timeframe) + 1);
    expect([...counts.keys()]).toEqual(expect.arrayContaining([...market.states]));
  });
});

/** Arrows of the state table (spec uptrend-engine §5, profile standard). */
const LEADS_TO: Readonly<Record<string, readonly string[]>> = {
  S0: ['S0', 'S1'],
  S1: ['S1', 'S0', 'S2'],
  S2: ['S2', 'S0', 'S1', 'S3'],
  S3: ['S3', 'S0'],
  S4: ['S4', 'S0', 'S3'],
};

describe('every outcome token of the prediction market', () => {
  it('runs without a fault, also those shorter than the warm-up', async () => {
    const tokens = await sampleSeries({
      instrument: 'polymarket:polygon:ALL',
      timeframe: '1d',
      file: 'other-markets/polymarket_daily.parquet',
      price: 'price',
    });
    expect(tokens.length).toBe(5830);
    const engine = new UptrendEngine({ instrument: 'polymarket:polygon:ALL', timeframe: '1d' });
    // rows of all tokens in time order: equal times are answered with the stored payload, jumps between tokens are bars
    let finite = true;
    engine.run(tokens, (payload) => {
      const { ox = 0, edx = 0, dx = 0 } = payload.scores ?? {};
      finite &&= Number.isFinite(ox + edx + dx + payload.atr);
    });
    expect(finite).toBe(true);
    expect(engine.lastBarTime).toBe(tokens.time.at(-1));
  });
});

describe('bad input', () => {
  it('skips bars without a price, ignores bars again and out of order, counts bars and not time over gaps', async () => {
    const series = await sampleSeries({
      ...MARKETS[3]!,
      where: "symbol = 'AAPL' AND timestamp > 1420070400000",
    });
    const bars = Array.from(series.time, (time, row) => ({
      time,
      high: series.high[row]!,
      low: series.low[row]!,
      close: series.close[row]!,
      volume: series.volume[row]!,
    }));
    const clean = new UptrendEngine(MARKETS[3]!);
    const dirty = new UptrendEngine(MARKETS[3]!);
    for (const [at, bar] of bars.entries()) {
      const expected = clean.step(bar);
      if (at % 7 === 0) {
        for (const close of [Number.NaN, 0, -3, Number.NEGATIVE_INFINITY]) {
          expect(dirty.step({ ...bar, time: bar.time - 1000, close })).toBeNull();
        }
      }
      expect(dirty.step(bar)).toEqual(expected);
      if (at > 72) {
        expect(dirty.step({ ...bar, close: 1 })).toEqual(expected);
        expect(dirty.step(bars[at - 5]!)).toEqual(expected);
      }
    }
    expect(dirty.payload).toEqual(clean.payload);
  });

  it('says nothing for a history shorter than the warm-up, and marks states that are not warm', async () => {
    const series = await sampleSeries(MARKETS[4]!);
    const engine = new UptrendEngine(MARKETS[4]!);
    const warm: boolean[] = [];
    for (let row = 0; row < 400; row++) {
      const payload = engine.step({
        time: series.time[row]!,
        high: series.high[row]!,
        low: series.low[row]!,
        close: series.close[row]!,
        volume: Number.NaN,
      });
      if (row < 71) expect(payload).toBeNull();
      else warm.push(payload!.warm);
    }
    expect(warm.indexOf(true)).toBe(333 - 72);
    expect(warm.lastIndexOf(false)).toBe(333 - 73);
  });
});
