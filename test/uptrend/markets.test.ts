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
import { LEADS_TO } from './arrows.js';

/** `shows`: bars per state and bars per flag, of the whole series. */
const MARKETS: readonly (SampleSource & { kind: string; shows: string })[] = [
  {
    kind: 'crypto spot, every minute',
    instrument: 'binance:spot:BTCUSDT',
    timeframe: '1m',
    file: 'ohlcv/BTCUSDT_spot_1m.parquet',
    where: 'timestamp < 1749686400000',
    shows:
      'S0 11818, S1 4052, S2 4415, S3 12503; buy_signal 96, buy_flag 208, trim_flag 521, exit_position 153, emergency_exit 899, reclaimed_ema333 119',
  },
  {
    kind: 'crypto perpetual, every minute',
    instrument: 'binanceusdm:perp:SOLUSDT',
    timeframe: '1m',
    file: 'ohlcv/SOLUSDT_perp_1m.parquet',
    shows:
      'S0 15000, S1 5337, S2 5221, S3 17234, S4 71; buy_signal 161, buy_flag 329, trim_flag 1400, exit_position 200, emergency_exit 1038, reclaimed_ema333 152',
  },
  {
    kind: 'crypto spot, hourly, exchange outages',
    instrument: 'binance:spot:BTCUSDT',
    timeframe: '1h',
    file: 'ohlcv/BTCUSDT_spot_1h.parquet',
    where: 'timestamp < 1640995200000',
    shows:
      'S0 4227, S1 1263, S2 1626, S3 7191; buy_signal 168, buy_flag 247, trim_flag 829, exit_position 54, emergency_exit 373, reclaimed_ema333 66',
  },
  {
    kind: 'crypto, quarter-hourly, from its listing on',
    instrument: 'binanceusdm:-:HYPEUSDT',
    timeframe: '15m',
    file: 'ohlcv/HYPEUSDT_perp_15m.parquet',
    shows:
      'S0 4996, S1 1525, S2 1704, S3 5460, S4 27; buy_signal 197, buy_flag 269, trim_flag 1101, exit_position 69, emergency_exit 431, reclaimed_ema333 80',
  },
  {
    kind: 'equity, hourly, seven bars a session',
    instrument: 'file:equity:SPY',
    timeframe: '1h',
    file: 'other-markets/SPY_1h.parquet',
    shows:
      'S0 3024, S1 623, S2 1406, S3 11092; buy_signal 32, buy_flag 129, trim_flag 2831, exit_position 52, emergency_exit 565, reclaimed_ema333 75',
  },
  {
    kind: 'equity, daily, volume stored as whole numbers',
    instrument: 'file:equity:SPY',
    timeframe: '1d',
    file: 'other-markets/equity_us_daily.parquet',
    where: "symbol = 'SPY'",
    shows:
      'S0 1045, S1 298, S2 425, S3 4010; buy_signal 53, buy_flag 52, trim_flag 536, exit_position 16, emergency_exit 135, reclaimed_ema333 23',
  },
  {
    kind: 'equity, daily, a crash of 52 %',
    instrument: 'file:equity:AAPL',
    timeframe: '1d',
    file: 'other-markets/equity_us_daily.parquet',
    where: "symbol = 'AAPL'",
    shows:
      'S0 859, S1 220, S2 397, S3 4302; buy_signal 50, buy_flag 72, trim_flag 814, exit_position 10, emergency_exit 134, reclaimed_ema333 22',
  },
  {
    kind: 'forex, daily, no volume',
    instrument: 'file:fx:EURUSD',
    timeframe: '1d',
    file: 'other-markets/forex_gold_daily.parquet',
    where: "symbol = 'EURUSD'",
    shows:
      'S0 1369, S1 531, S2 483, S3 1266, S4 18; buy_signal 59, buy_flag 38, trim_flag 349, exit_position 19, emergency_exit 72, reclaimed_ema333 3',
  },
  {
    kind: 'gold, daily, no volume',
    instrument: 'file:fx:XAUUSD',
    timeframe: '1d',
    file: 'other-markets/forex_gold_daily.parquet',
    where: "symbol = 'XAUUSD'",
    shows:
      'S0 1044, S1 277, S2 260, S3 2273, S4 24; buy_signal 13, buy_flag 32, trim_flag 461, exit_position 14, emergency_exit 126, reclaimed_ema333 13',
  },
  {
    kind: 'prediction market, daily, one price a day, flat after resolution',
    instrument: 'polymarket:polygon:LONGEST',
    timeframe: '1d',
    file: 'other-markets/polymarket_daily.parquet',
    where:
      "token_id = (SELECT token_id FROM read_parquet('data/sample/other-markets/polymarket_daily.parquet') GROUP BY 1 ORDER BY count(*) DESC, token_id LIMIT 1)",
    price: 'price',
    shows: 'S0 226, S1 14; exit_position 1',
  },
];

/** Every number in a payload, by its path; JSON would write one that is none as null. */
function brokenNumber(value: unknown, path = 'payload'): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : path;
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const broken = brokenNumber(inner, `${path}.${key}`);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

const FLAGS = [
  'buy_signal',
  'buy_flag',
  'trim_flag',
  'exit_position',
  'emergency_exit',
  'reclaimed_ema333',
] as const;

describe.each(MARKETS)('$kind', (market) => {
  it(`${market.instrument} ${market.timeframe} shows ${market.shows}`, async () => {
    const series = await sampleSeries(market);
    const engine = new UptrendEngine(market);
    const states = new Map<string, number>();
    const flags = new Map<string, number>();
    let before: UptrendPayload | undefined;
    let payloads = 0;
    engine.run(series, (payload, row) => {
      payloads += 1;
      states.set(payload.state, (states.get(payload.state) ?? 0) + 1);
      for (const flag of FLAGS) if (payload[flag] === true) flags.set(flag, (flags.get(flag) ?? 0) + 1);
      if (payload.ts !== series.time[row]) expect.fail(`payload of ${payload.ts} at bar ${row}`);
      if (payload.prev_state !== (before?.state ?? '')) expect.fail(`a state was lost at bar ${row}`);
      const broken = brokenNumber(payload);
      if (broken !== undefined) expect.fail(`${broken} at bar ${row} is no number`);
      if (payload.state !== before?.state || row % 50 === 0) {
        const json: unknown = JSON.parse(JSON.stringify(payload));
        expect(uptrendPayloadSchema.parse(json)).toEqual(json);
      }
      if (before !== undefined) expect(LEADS_TO[before.state]).toContain(payload.state);
      before = payload;
    });
    // every bar but those of the warm-up: no bar was lost, gaps or not
    expect(payloads).toBe(series.length - minimumTaBars(market.timeframe) + 1);
    const visited = [...states].sort(([a], [b]) => a.localeCompare(b));
    const raised = FLAGS.filter((flag) => flags.has(flag)).map((flag) => `${flag} ${flags.get(flag)}`);
    expect(`${visited.map(([state, bars]) => `${state} ${bars}`).join(', ')}; ${raised.join(', ')}`).toBe(
      market.shows,
    );
  });
});

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
