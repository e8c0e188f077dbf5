/** A made-up market with everything a feature may read: bars with quiet hours, late and revised channels, a panel. */
import { Random } from '../../market/random.js';
import { emptyBars, makeSeries, type Series } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { type Channel, makeChannel } from '../features/channel.js';
import type { FeatureInputs } from '../features/feature-inputs.js';

const HOUR = TIMEFRAME_MS['1h'];
const DAY = TIMEFRAME_MS['1d'];
const START = Date.UTC(2024, 0, 1);

function walk(random: Random, instrument: string, first: number, length: number): Series {
  const columns = emptyBars(length);
  let close = 100;
  let deviation = 0.01;
  for (let bar = 0; bar < length; bar++) {
    if (random.below(60) === 0) deviation = 0.004 + 0.02 * random.uniform();
    const open = close;
    close *= Math.exp(deviation * random.normal());
    columns.time[bar] = START + (first + bar) * HOUR;
    columns.open[bar] = open;
    columns.close[bar] = close;
    columns.high[bar] = Math.max(open, close) * (1 + 0.004 * random.uniform());
    columns.low[bar] = Math.min(open, close) * (1 - 0.004 * random.uniform());
    columns.volume[bar] = random.below(12) === 0 ? 0 : Math.exp(random.normal());
  }
  return makeSeries(instrument, '1h', columns);
}

/** Values one step apart, published `late` ms at most after the moment their kind allows. */
function published(
  random: Random,
  channel: Pick<Channel, 'name' | 'kind' | 'period' | 'maxAge'>,
  rows: number,
  late: number,
): Channel {
  const time = Float64Array.from({ length: rows }, (_, row) => START + row * channel.period);
  let level = 50;
  const value = time.map(() => {
    level *= Math.exp(0.05 * random.normal());
    return level;
  });
  const onTime = makeChannel({ ...channel, time, value });
  return { ...onTime, availableAt: onTime.availableAt.map((at) => at + Math.floor(late * random.uniform())) };
}

/** Every fifth value published again five hours later. */
function revised(random: Random, channel: Channel): Channel {
  const again = [...channel.time.keys()].filter((row) => row % 5 === 0);
  const add = (column: Float64Array, of: (row: number) => number): Float64Array =>
    Float64Array.from([...column, ...again.map(of)]);
  return {
    ...channel,
    time: add(channel.time, (row) => channel.time[row]!),
    availableAt: add(channel.availableAt, (row) => channel.availableAt[row]! + 5 * HOUR),
    value: add(channel.value, (row) => channel.value[row]! * Math.exp(0.02 * random.normal())),
  };
}

export function trialMarket(seed: number, length: number): Required<FeatureInputs> {
  const random = new Random(seed);
  const days = Math.ceil(length / 24);
  const bars = walk(random, 'binance:spot:BTCUSDT', 0, length);
  const channels = {
    funding_rate: published(
      random,
      { name: 'funding_rate', kind: 'funding', period: 8 * HOUR, maxAge: 12 * HOUR },
      3 * days,
      HOUR / 2,
    ),
    open_interest: revised(
      random,
      published(
        random,
        { name: 'open_interest', kind: 'open_interest', period: DAY, maxAge: 1.5 * DAY },
        days,
        HOUR,
      ),
    ),
    btc_dominance: published(
      random,
      { name: 'btc_dominance', kind: 'dominance', period: DAY, maxAge: 1.5 * DAY },
      days,
      6 * HOUR,
    ),
    usdt_dominance: published(
      random,
      { name: 'usdt_dominance', kind: 'dominance', period: DAY, maxAge: 1.5 * DAY },
      days,
      6 * HOUR,
    ),
  };
  const panel = Array.from({ length: 12 }, (_, member) => {
    const first = member < 6 ? 0 : random.below(length >> 1);
    const last = member % 3 === 0 ? length : first + 60 + random.below(length - first - 60);
    return walk(random, `binance:spot:COIN${member}USDT`, first, last - first);
  });
  return { bars, channels, panel };
}
