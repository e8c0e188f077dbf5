/** What a venue leaves out: believed when it is old or a newer bar stands beside it, not because it repeats itself. */
import { describe, expect, it } from 'vitest';
import { parseInstrument } from '../../market/instrument.js';
import { CandleColumns } from '../venues/candle-columns.js';
import { type CandlePage, pageOf, type Window } from '../venues/candle-page.js';
import type { Venue } from '../venues/venue.js';
import { candleStretches, FRESH_MS, MOST_EMPTY, type Stretch } from './candle-stretches.js';

const MINUTE = 60_000;
const BTC = parseInstrument('bybit:linear:BTCUSDT');

/** Bars at these minutes, as every answer shows them. */
function venueWith(has: (minute: number) => boolean, pageBars = 100) {
  const asked: Window[] = [];
  const venue = {
    id: 'bybit',
    capabilitiesOf: () => ({ candles: { timeframes: ['1m'], pageBars, newestBars: null }, trades: null }),
    candles(_instrument: unknown, _timeframe: unknown, window: Window): Promise<CandlePage> {
      asked.push(window);
      const columns = new CandleColumns(pageBars + 2);
      for (let time = window.from; time < window.to; time += MINUTE) {
        if (!has(time / MINUTE)) continue;
        const row = columns.length;
        columns.time[row] = time;
        for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) columns[name][row] = 1;
        columns.length = row + 1;
      }
      return Promise.resolve(pageOf(columns, window, MINUTE));
    },
  } as unknown as Venue;
  return { venue, asked };
}

async function all(stretches: AsyncIterable<Stretch>): Promise<Stretch[]> {
  const found: Stretch[] = [];
  for await (const stretch of stretches) found.push(stretch);
  return found;
}

const absentOf = (stretches: readonly Stretch[]): number[][] =>
  stretches.flatMap(({ absent }) => absent.map(({ from, to }) => [from / MINUTE, to / MINUTE]));

describe('candleStretches', () => {
  const span = { from: 0, to: 100 * MINUTE };

  it('does not believe that the newest minutes are missing, however often a cache says so', async () => {
    const { venue } = venueWith((minute) => minute < 90);
    const now = 100 * MINUTE;
    expect(absentOf(await all(candleStretches(venue, BTC, '1m', [span], { now })))).toEqual([]);
  });

  it('believes it once they are old', async () => {
    const { venue } = venueWith((minute) => minute < 90);
    const later = 100 * MINUTE + FRESH_MS;
    expect(absentOf(await all(candleStretches(venue, BTC, '1m', [span], { now: later })))).toEqual([
      [90, 100],
    ]);
    const between = await all(candleStretches(venue, BTC, '1m', [span], { now: 95 * MINUTE + FRESH_MS }));
    expect(absentOf(between)).toEqual([[90, 95]]);
  });

  it('believes a young hole to the left of a bar, in the same answer or stored', async () => {
    const { venue } = venueWith((minute) => minute < 90 || minute === 99);
    const now = 100 * MINUTE;
    expect(absentOf(await all(candleStretches(venue, BTC, '1m', [span], { now })))).toEqual([[90, 99]]);
    const stored = venueWith((minute) => minute < 90 || minute === 100).venue;
    const options = { now, isKnown: (time: number) => time === 100 * MINUTE };
    expect(absentOf(await all(candleStretches(stored, BTC, '1m', [span], options)))).toEqual([[90, 100]]);
  });

  it('stops after fifty empty pages and says where', async () => {
    const { venue, asked } = venueWith((minute) => minute < 50 || minute > 90_000);
    const dormant: number[] = [];
    const wide = { from: 0, to: 100_000 * MINUTE };
    const options = { ahead: 1, onDormant: (from: number) => dormant.push(from / MINUTE) };
    const stretches = await all(candleStretches(venue, BTC, '1m', [wide], options));
    expect(stretches).toHaveLength(1 + MOST_EMPTY);
    expect(dormant).toEqual([(1 + MOST_EMPTY) * 100]);
    expect(asked.every(({ to }) => to <= dormant[0]! * MINUTE)).toBe(true);
    // nothing is left unasked: nothing to say
    const short = { from: 0, to: (1 + MOST_EMPTY) * 100 * MINUTE };
    await all(candleStretches(venue, BTC, '1m', [short], options));
    expect(dormant).toHaveLength(1);
  });
});
