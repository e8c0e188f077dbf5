/**
 * Looks at a lake from a process of its own while another one writes it: minutes and what was rolled up of them, compared
 * with what the venue of the live benches sent. Arguments: folder of the lake, markets, from and to (epoch ms, whole
 * days or hours are compared only where they lie inside). Sends one `DiskCheck`.
 */

import { Lake } from '../src/data/lake/lake.js';
import { ROLL_UP_TIMEFRAMES } from '../src/data/lake/roll-up.js';
import { TIMEFRAME_MS, type Timeframe } from '../src/market/timeframe.js';
import { candleAt, symbolOf } from './live-market.js';

export interface DiskCheck {
  readonly minutes: number;
  readonly missing: number;
  readonly doubled: number;
  readonly altered: number;
  readonly rolled_up: number;
  readonly rolled_up_wrong: number;
}

const MINUTE = 60_000;
const NAMES = ['open', 'high', 'low', 'close', 'volume'] as const;

const [root, markets, begin, end] = process.argv.slice(2);
const [from, to] = [Number(begin), Number(end)];
const lake = await Lake.open(root!, { clock: { now: () => to } });
const found = { minutes: 0, missing: 0, doubled: 0, altered: 0, rolled_up: 0, rolled_up_wrong: 0 };

type Bar = Record<(typeof NAMES)[number], number>;

function minuteOf(market: number, time: number): Bar {
  const said = candleAt(market, time, 1);
  return Object.fromEntries(NAMES.map((name) => [name, Number(said[name])])) as Bar;
}

function rolledOf(market: number, open: number, timeframe: Timeframe): Bar {
  const all: Bar[] = [];
  for (let time = open; time < open + TIMEFRAME_MS[timeframe]; time += MINUTE)
    all.push(minuteOf(market, time));
  return {
    open: all[0]!.open,
    high: Math.max(...all.map(({ high }) => high)),
    low: Math.min(...all.map(({ low }) => low)),
    close: all.at(-1)!.close,
    volume: all.reduce((sum, { volume }) => sum + volume, 0),
  };
}

for (let market = 0; market < Number(markets); market += 1) {
  for (const timeframe of ['1m', ...ROLL_UP_TIMEFRAMES] as const) {
    const length = TIMEFRAME_MS[timeframe];
    const first = Math.ceil(from / length) * length;
    const last = Math.floor(to / length) * length;
    if (last <= first) continue;
    const subject = `binanceusdm:-:${symbolOf(market)}`;
    const range = { subject, timeframe, from: first, to: last, columns: NAMES, storedOnly: true };
    const { ts, columns } = await lake.columns('bars', range);
    const rows = new Map<number, number>();
    for (const [row, time] of ts.entries()) {
      if (rows.has(time)) found.doubled += 1;
      rows.set(time, row);
    }
    for (let time = first; time < last; time += length) {
      const row = rows.get(time);
      const isMinute = timeframe === '1m';
      found[isMinute ? 'minutes' : 'rolled_up'] += 1;
      if (row === undefined) {
        found[isMinute ? 'missing' : 'rolled_up_wrong'] += 1;
        continue;
      }
      const wanted = isMinute ? minuteOf(market, time) : rolledOf(market, time, timeframe);
      const isSame = NAMES.every(
        (name) => Math.abs(columns[name]![row]! - wanted[name]) <= 1e-9 * wanted[name],
      );
      if (!isSame) found[isMinute ? 'altered' : 'rolled_up_wrong'] += 1;
    }
  }
}
await lake.close();
process.send!(found satisfies DiskCheck, () => process.exit(0));
