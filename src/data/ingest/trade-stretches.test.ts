/** Trades that a page leaves out show in their ids. */
import { expect, it } from 'vitest';
import { parseInstrument } from '../../market/instrument.js';
import type { Trade, TradePage, Venue } from '../venues/venue.js';
import type { Stretch } from './candle-stretches.js';
import { tradeStretches } from './trade-stretches.js';

const MINUTE = 60_000;
const PAGE = 10;
const XBT = parseInstrument('kraken:spot:BTCUSDT');
/** Two trades a minute, ids from 1. */
const TRADES: readonly Trade[] = Array.from({ length: 60 }, (_, at) => ({
  id: String(at + 1),
  ts: at * 30_000,
  price: 100 + at,
  size: 1,
}));

/** @param spoil what becomes of the n-th answer */
function venueOf(
  trades: readonly Trade[],
  spoil: (page: readonly Trade[], answer: number) => readonly Trade[],
) {
  let answers = 0;
  const venue = {
    id: 'kraken',
    trades(_instrument: unknown, since: number | string): Promise<TradePage> {
      answers += 1;
      const page = trades.filter(({ ts }) => ts >= Number(since)).slice(0, PAGE);
      const next = page.length < PAGE ? null : String(page.at(-1)!.ts + 1);
      return Promise.resolve({ trades: spoil(page, answers), next });
    },
  } as unknown as Venue;
  return { venue, answers: () => answers };
}

async function volumes(venue: Venue): Promise<Record<number, number>> {
  const stretches: Stretch[] = [];
  for await (const stretch of tradeStretches(venue, XBT, 0, 30 * MINUTE)) stretches.push(stretch);
  return Object.fromEntries(
    stretches.flatMap(({ columns }) =>
      Array.from(columns.cut('time'), (time, row) => [time / MINUTE, columns.volume[row]!]),
    ),
  );
}

const whole = Object.fromEntries(Array.from({ length: 30 }, (_, minute) => [minute, 2]));

it('asks again for a page with a hole in its ids', async () => {
  const { venue, answers } = venueOf(TRADES, (page, answer) =>
    answer % 2 === 1 ? page.toSpliced(3, 4) : page,
  );
  expect(await volumes(venue)).toEqual(whole);
  expect(answers()).toBeGreaterThan(TRADES.length / PAGE);
});

it('asks again when the first trades of a page are left out', async () => {
  const { venue } = venueOf(TRADES, (page, answer) => (answer % 3 === 2 ? page.slice(2) : page));
  expect(await volumes(venue)).toEqual(whole);
});

it('believes ids that the venue skips, after two more answers', async () => {
  const skipped = TRADES.filter((_, at) => at !== 4 && at !== 5);
  const { venue, answers } = venueOf(skipped, (page) => page);
  expect(await volumes(venue)).toEqual(Object.fromEntries(Object.entries(whole).filter(([m]) => m !== '2')));
  expect(answers()).toBe(Math.ceil(skipped.length / PAGE) + 2);
});

it('does not take one empty page for the end', async () => {
  const { venue } = venueOf(TRADES, (page, answer) => (answer === 2 || answer === 4 ? [] : page));
  expect(await volumes(venue)).toEqual(whole);
});
