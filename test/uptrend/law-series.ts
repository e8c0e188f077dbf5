/** Series that the laws of the uptrend engine are tried on: real ones of every kind of market, and hostile ones. */
import { Random } from '../../src/market/random.js';
import { emptyBars, makeSeries, type Series, slice } from '../../src/market/series.js';
import { TIMEFRAME_MS, type Timeframe } from '../../src/market/timeframe.js';
import { type SampleSource, sampleSeries } from '../sample-series.js';

export interface LawSource extends SampleSource {
  readonly kind: string;
}

const POLYMARKET = 'other-markets/polymarket_daily.parquet';

export const LAW_SOURCES: readonly LawSource[] = [
  {
    kind: 'BTC 1m',
    instrument: 'binance:spot:BTCUSDT',
    timeframe: '1m',
    file: 'ohlcv/BTCUSDT_spot_1m.parquet',
  },
  {
    kind: 'BTC perpetual 15m',
    instrument: 'binanceusdm:perp:BTCUSDT',
    timeframe: '15m',
    file: 'ohlcv/BTCUSDT_perp_15m.parquet',
  },
  {
    kind: 'BTC 1h',
    instrument: 'binance:spot:BTCUSDT',
    timeframe: '1h',
    file: 'ohlcv/BTCUSDT_spot_1h.parquet',
    where: 'timestamp > 1598918400000', // September 2020: a trend, and the outages of the exchange
  },
  {
    kind: 'SPY 1h',
    instrument: 'file:equity:SPY',
    timeframe: '1h',
    file: 'other-markets/SPY_1h.parquet',
  },
  {
    kind: 'AAPL 1d',
    instrument: 'file:equity:AAPL',
    timeframe: '1d',
    file: 'other-markets/equity_us_daily.parquet',
    where: "symbol = 'AAPL'",
  },
  {
    kind: 'gold 1d',
    instrument: 'file:fx:XAUUSD',
    timeframe: '1d',
    file: 'other-markets/forex_gold_daily.parquet',
    where: "symbol = 'XAUUSD'",
  },
  {
    kind: 'prediction market 1d',
    instrument: 'polymarket:polygon:LONGEST',
    timeframe: '1d',
    file: POLYMARKET,
    where: `token_id = (SELECT token_id FROM read_parquet('data/sample/${POLYMARKET}') GROUP BY 1 ORDER BY count(*) DESC, token_id LIMIT 1)`,
    price: 'price',
  },
];

export async function lawSeries(source: LawSource, length: number): Promise<Series> {
  const series = await sampleSeries(source);
  return slice(series, 0, Math.min(length, series.length));
}

/** Growth of the price from bar to bar, by piece: what recursions, ties and order statistics find hard. */
const PIECES: readonly ((random: Random, row: number) => number)[] = [
  () => 1.004,
  () => 0.996,
  () => 1,
  (_, row) => (row % 2 === 0 ? 1.01 : 1 / 1.01),
  (random) => Math.exp(0.02 * (random.uniform() + random.uniform() - 1)),
  (random) => (random.uniform() < 0.05 ? (random.uniform() < 0.5 ? 8 : 1 / 8) : 1),
  (random) => Math.exp(0.0001 * (random.uniform() - 0.5)),
  (random, row) => 1 + 0.006 * Math.sin(row / 23) + 0.001 * random.uniform(),
];

/**
 * Trends, flat stretches, ties, jumps, calm; missing volume, bars without a range, inverted and broken ones, gaps in
 * time. The same seed gives the same bars.
 */
export function hostileBars(seed: number, length: number, timeframe: Timeframe): Series {
  const random = new Random(seed);
  const bars = emptyBars(length);
  let time = Date.UTC(2024, 0, 1);
  let price = 10 ** (8 * random.uniform() - 4);
  let piece = PIECES[0]!;
  let withVolume = true;
  for (let row = 0; row < length; row++) {
    if (random.uniform() < 0.02) piece = PIECES[Math.floor(random.uniform() * PIECES.length)]!;
    if (random.uniform() < 0.01) withVolume = !withVolume;
    const open = price;
    price = Math.min(1e9, Math.max(1e-7, price * piece(random, row)));
    const wick = random.uniform() < 0.3 ? 0 : 0.004 * random.uniform();
    time += TIMEFRAME_MS[timeframe] * (random.uniform() < 0.01 ? 50 : 1);
    bars.time[row] = time;
    bars.open[row] = open;
    bars.high[row] = Math.max(open, price) * (1 + wick);
    bars.low[row] = Math.min(open, price) * (1 - wick);
    bars.close[row] = price;
    bars.volume[row] = withVolume ? Math.exp(6 * random.uniform()) : 0;
    if (random.uniform() < 0.01) bars.close[row] = [Number.NaN, 0, -1, Number.POSITIVE_INFINITY][row % 4]!;
    if (random.uniform() < 0.01) bars.high[row] = [Number.NaN, 0, -1, price / 2][row % 4]!;
    if (random.uniform() < 0.01) bars.low[row] = [Number.NaN, 0, -1, price * 2][row % 4]!;
    if (random.uniform() < 0.01) bars.volume[row] = [Number.NaN, -1, Number.POSITIVE_INFINITY][row % 3]!;
  }
  return makeSeries('test:spot:HOSTILE', timeframe, bars);
}
