/** The table at the top of live-series.ts, row by row. */
import { beforeEach, describe, expect, it } from 'vitest';
import { CandleColumns } from '../../venues/candle-columns.js';
import type { StreamBar } from '../../venues/streams/stream-dialect.js';
import type { LiveBar, LiveEvent } from './live-event.js';
import { type ClosedBy, LiveSeries, MINUTE } from './live-series.js';

const START = 1_700_000_040_000;
let told: LiveEvent[] = [];
let stored: LiveBar[] = [];
let checks = 0;

function series(closedBy: ClosedBy = 'mark'): LiveSeries {
  const made = new LiveSeries('binanceusdm:-:BTCUSDT', closedBy, {
    tell: (event) => void (event.kind !== 'state' && told.push(event)),
    store: (bar) => void stored.push(bar),
    check: () => {
      checks += 1;
    },
  });
  made.seed([], START);
  made.setState('live');
  return made;
}

/** A message `seconds` after the start. */
function say(to: LiveSeries, seconds: number, bar: Partial<StreamBar> & { minute?: number }): void {
  const now = START + seconds * 1000;
  const { minute = 0, ...rest } = bar;
  const said = {
    open: 10,
    high: 12,
    low: 9,
    close: 11,
    volume: 5,
    quoteVolume: 50,
    trades: 3,
    saysClosed: false,
  };
  to.accept(
    { symbol: 'BTCUSDT', ts: START + minute * MINUTE, eventAt: Number.NaN, ...said, ...rest },
    now,
    now,
  );
}

function page(
  to: LiveSeries,
  seconds: number,
  rows: readonly { minute: number; close: number }[],
  absent = false,
) {
  const columns = new CandleColumns(rows.length + 1);
  for (const { minute, close } of rows) {
    const row = columns.length;
    columns.length += 1;
    columns.time[row] = START + minute * MINUTE;
    columns.open[row] = 10;
    columns.high[row] = 12;
    columns.low[row] = 9;
    columns.close[row] = close;
    columns.volume[row] = 5;
  }
  to.acceptPage(columns, START + seconds * 1000, () => absent);
}

const kinds = (): string[] => told.map(({ kind }) => kind);

beforeEach(() => {
  told = [];
  stored = [];
  checks = 0;
});

describe('a message of the stream', () => {
  it('updates the open minute', () => {
    const btc = series();
    say(btc, 30, {});
    say(btc, 40, { volume: 6, close: 12 });
    expect(kinds()).toEqual(['forming', 'forming']);
    expect(btc.forming).toMatchObject({ close: 12, isClosed: false });
    expect(stored).toEqual([]);
  });

  it('closes a minute at its end, once', () => {
    const btc = series();
    say(btc, 30, {});
    say(btc, 60, { saysClosed: true, volume: 7 });
    say(btc, 61, { saysClosed: true, volume: 7 });
    expect(kinds()).toEqual(['forming', 'closed']);
    expect(stored).toMatchObject([{ volume: 7, source: 'ws', isClosed: true }]);
    expect(btc.forming).toBeUndefined();
  });

  it('that says closed long before the end is an update', () => {
    const btc = series();
    say(btc, 50, { saysClosed: true });
    expect(kinds()).toEqual(['forming']);
    say(btc, 56, { saysClosed: true });
    expect(kinds()).toEqual(['forming', 'closed']);
  });

  it('of a later minute asks the pages where the closing message was lost, and closes elsewhere', () => {
    const marked = series('mark');
    say(marked, 59, {});
    say(marked, 61, { minute: 1 });
    expect([checks, stored.length]).toEqual([1, 0]);
    const unmarked = series('next');
    say(unmarked, 59, {});
    say(unmarked, 61, { minute: 1 });
    expect(stored).toMatchObject([{ ts: START, isClosed: true }]);
  });

  it('that contradicts the minute before it makes the minute wait for the pages', () => {
    const btc = series();
    say(btc, 30, {});
    say(btc, 60, { saysClosed: true, open: 99, high: 99, low: 99, close: 99 });
    expect(kinds()).toEqual(['forming']);
    expect(checks).toBe(1);
    page(btc, 63, [{ minute: 0, close: 11 }]);
    expect(told.at(-1)).toMatchObject({ kind: 'closed', bar: { close: 11, source: 'rest' } });
  });

  it('that holds less than the one before it is an old one', () => {
    const btc = series();
    say(btc, 40, { volume: 6, close: 12 });
    say(btc, 45, { volume: 5, close: 10 });
    expect(btc.forming).toMatchObject({ volume: 6, close: 12 });
  });

  it('of an earlier minute corrects when it holds more, and where the stream marks the end', () => {
    const unmarked = series('next');
    say(unmarked, 59, {});
    say(unmarked, 61, { minute: 1 });
    say(unmarked, 62, { volume: 4 });
    say(unmarked, 63, { volume: 8 });
    expect(kinds()).toEqual(['forming', 'closed', 'forming', 'corrected']);
    expect(stored.map(({ volume }) => volume)).toEqual([5, 8]);
  });

  it('that is no possible bar, off the grid, of the future or long settled, means nothing', () => {
    const btc = series();
    say(btc, 30, { high: 5 });
    say(btc, 30, { low: -1 });
    say(btc, 30, { ts: START + 1 });
    say(btc, 30, { minute: 3 });
    say(btc, 30, { minute: -1 });
    expect([told, stored]).toEqual([[], []]);
  });

  it('that leaves minutes out asks the pages', () => {
    const btc = series();
    say(btc, 60, { saysClosed: true });
    say(btc, 180, { minute: 2, saysClosed: true });
    expect(checks).toBe(1);
    page(
      btc,
      185,
      [0, 1, 2].map((minute) => ({ minute, close: 11 })),
    );
    expect(
      told.map((event) => (event.kind === 'closed' ? (event.bar.ts - START) / MINUTE : event.kind)),
    ).toEqual([0, 2, 1]);
  });
});

describe('a page', () => {
  it('wins over the stream, and listeners hear of it', () => {
    const btc = series();
    say(btc, 60, { saysClosed: true });
    page(btc, 70, [{ minute: 0, close: 10 }]);
    expect(kinds()).toEqual(['closed', 'corrected']);
    // the stream does not win it back
    say(btc, 80, { saysClosed: true });
    expect(kinds()).toEqual(['closed', 'corrected']);
    expect(btc.corrections).toBe(1);
  });

  it('settles what is five minutes old, and stores it as the venue said', () => {
    const btc = series();
    say(btc, 60, { saysClosed: true });
    page(btc, 70, [{ minute: 0, close: 11 }]);
    expect(btc.settledTo).toBe(START);
    expect(stored.map(({ source }) => source)).toEqual(['ws']);
    page(btc, 365, [{ minute: 0, close: 11 }]);
    expect(btc.settledTo).toBe(START + MINUTE);
    expect(stored.map(({ source }) => source)).toEqual(['ws', 'rest']);
  });

  it('that lacks a minute does not settle it, unless the venue is sure or an hour has passed', () => {
    const btc = series();
    page(btc, 400, []);
    expect(btc.settledTo).toBe(START);
    page(btc, 400, [], true);
    expect(btc.settledTo).toBe(START + MINUTE);
    page(btc, 3600 + 400, []);
    expect(btc.settledTo).toBeGreaterThan(START + 6 * MINUTE);
  });
});

describe('trust', () => {
  it('holds what comes while the pages fill, then tells it in order', () => {
    const btc = series();
    btc.lose();
    btc.setState('filling');
    say(btc, 130, { minute: 1, saysClosed: true });
    page(btc, 135, [{ minute: 0, close: 11 }]);
    say(btc, 140, { minute: 2 });
    expect(told).toEqual([]);
    btc.setState('live');
    expect(kinds()).toEqual(['closed', 'closed', 'forming']);
    expect(told[0]).toMatchObject({ bar: { ts: START } });
  });

  it('an open minute is forgotten when the stream breaks: nobody knows whether it is whole', () => {
    const btc = series('next');
    say(btc, 30, {});
    btc.lose();
    btc.setState('live');
    say(btc, 61, { minute: 1 });
    expect(stored).toEqual([]);
  });
});
