import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { type Components, CompositeRun, type Recorded } from './composite-run.js';
import type { RegimeBar } from './regime-series.js';

const MINUTE = 60_000;
const COUNT = 400;
const COINS = ['ETH', 'SOL', 'BNB', 'XRP'];

/** Four coins with holes, from a minute on. */
function components(fromMinute: number): Components {
  const random = new Random(5);
  const bars = new Map<number, (readonly [string, Omit<RegimeBar, 'ts'>])[]>();
  const prices = COINS.map((_, at) => 10 ** at);
  for (let minute = 0; minute < COUNT; minute += 1) {
    const row = COINS.flatMap((coin, at) => {
      const open = prices[at]!;
      const close = open * (1 + 0.01 * random.normal());
      prices[at] = close;
      const bar = { open, close, high: Math.max(open, close), low: Math.min(open, close), volume: 1 };
      return random.uniform() < 0.2 ? [] : [[coin, bar as Omit<RegimeBar, 'ts'>] as const];
    });
    if (minute >= fromMinute && row.length > 0) bars.set(minute * MINUTE, row);
  }
  return {
    timesBetween: (after, to) => [...bars.keys()].filter((ts) => ts > after && ts < to),
    at: (time) => bars.get(time) ?? [],
  };
}

function whole(): { bars: readonly RegimeBar[]; recordedAfter: (minute: number) => Recorded } {
  const run = new CompositeRun('1m', 3);
  const { bars } = run.advance(components(0), Number.NEGATIVE_INFINITY, COUNT * MINUTE);
  const recordedAfter = (minute: number): Recorded => {
    const former = new CompositeRun('1m', 3);
    former.advance(components(0), Number.NEGATIVE_INFINITY, minute * MINUTE);
    const state = former.state();
    // as the table gives it back
    return { firstTs: bars[0]!.ts, state: JSON.parse(JSON.stringify(state)) as Recorded['state'] };
  };
  return { bars, recordedAfter };
}

describe('a composite of a new process', () => {
  it('is composed anew from all bars of its components while they are there', () => {
    const { bars, recordedAfter } = whole();
    const run = new CompositeRun('1m', 3);
    run.goOnFrom(recordedAfter(250), components(0));
    expect(run.advance(components(0), Number.NEGATIVE_INFINITY, COUNT * MINUTE).bars).toEqual(bars);
  });

  it.each([1, 100, 249])(
    'goes on from the recorded bar, bit for bit, after %i minutes of the components were pruned',
    (pruned) => {
      const { bars, recordedAfter } = whole();
      const recorded = recordedAfter(250);
      const run = new CompositeRun('1m', 3);
      run.goOnFrom(recorded, components(pruned));
      const made = run.advance(components(pruned), Number.NEGATIVE_INFINITY, COUNT * MINUTE).bars;
      expect(made).toEqual(bars.filter(({ ts }) => ts > recorded.state.last_ts));
      expect(made.length).toBeGreaterThan(100);
    },
  );

  it('never goes back behind that bar, and still heals what came after it', () => {
    const { bars, recordedAfter } = whole();
    const recorded = recordedAfter(250);
    const run = new CompositeRun('1m', 3);
    run.goOnFrom(recorded, components(200));
    run.advance(components(200), Number.NEGATIVE_INFINITY, COUNT * MINUTE);
    const { bars: again, rebuilt } = run.advance(components(200), 210 * MINUTE, COUNT * MINUTE);
    expect(rebuilt).toBe(true);
    expect(again).toEqual(bars.filter(({ ts }) => ts > recorded.state.last_ts));
  });
});
