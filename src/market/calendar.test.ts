import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { CONTINUOUS, calendarOf, expectedBars, FOREX, US_EQUITY } from './calendar.js';
import { parseInstrument } from './instrument.js';

const at = (text: string): number => Date.parse(text);
const open = (text: string): boolean => US_EQUITY.expectsBar(at(text), '1h');

describe('calendars', () => {
  it('follow from the kind of the instrument', () => {
    expect(calendarOf(parseInstrument('binance:spot:BTCUSDT'))).toBe(CONTINUOUS);
    expect(calendarOf(parseInstrument('file:fx:XAUUSD'))).toBe(FOREX);
    expect(calendarOf(parseInstrument('file:equity:SPY'))).toBe(US_EQUITY);
  });

  it('never close for crypto', () => {
    expect([
      ...expectedBars(CONTINUOUS, '1h', at('2024-12-24T00:00Z'), at('2024-12-26T00:00Z')),
    ]).toHaveLength(48);
  });

  it('move the equity session with daylight saving', () => {
    // Winter: 14:30–21:00 UTC. Summer: 13:30–20:00 UTC.
    expect([
      open('2024-01-10T13:00Z'),
      open('2024-01-10T14:00Z'),
      open('2024-01-10T20:00Z'),
      open('2024-01-10T21:00Z'),
    ]).toEqual([false, true, true, false]);
    expect([
      open('2024-07-10T12:00Z'),
      open('2024-07-10T13:00Z'),
      open('2024-07-10T19:00Z'),
      open('2024-07-10T20:00Z'),
    ]).toEqual([false, true, true, false]);
    // Between the new and the old start of daylight saving the years before 2007 are still in winter time.
    expect([open('2006-03-20T13:00Z'), open('2007-03-20T13:00Z')]).toEqual([false, true]);
  });

  it('end the session at 13:00 New York time on the day after Thanksgiving', () => {
    expect([open('2024-11-29T17:00Z'), open('2024-11-29T18:00Z')]).toEqual([true, false]);
  });

  it.each([
    ['New Year on a Sunday is kept on Monday', '2023-01-02'],
    ['Martin Luther King Day', '2024-01-15'],
    ['Good Friday', '2024-03-29'],
    ['Juneteenth', '2024-06-19'],
    ['Independence Day on a Saturday is kept on Friday', '2020-07-03'],
    ['Thanksgiving', '2024-11-28'],
    ['the week after the attacks of 2001', '2001-09-13'],
    ['hurricane Sandy', '2012-10-29'],
  ])('close equities on %s', (_name, day) => {
    expect(US_EQUITY.expectsBar(at(`${day}T00:00Z`), '1d')).toBe(false);
  });

  it('keep equities open where a holiday did not exist yet or is not made up for', () => {
    expect(US_EQUITY.expectsBar(at('2021-06-18T00:00Z'), '1d')).toBe(true);
    expect(US_EQUITY.expectsBar(at('2021-12-31T00:00Z'), '1d')).toBe(true);
  });

  it('run foreign exchange from Sunday to Friday evening in New York', () => {
    const forex = (text: string): boolean => FOREX.expectsBar(at(text), '1h');
    expect([forex('2024-01-05T21:00Z'), forex('2024-01-05T22:00Z')]).toEqual([true, false]);
    expect(forex('2024-01-06T12:00Z')).toBe(false);
    expect([forex('2024-01-07T21:00Z'), forex('2024-01-07T22:00Z')]).toEqual([false, true]);
    expect(FOREX.expectsBar(at('2024-01-07T00:00Z'), '1d')).toBe(true);
  });
});

describe('calendars against recorded markets', () => {
  it.each([
    ['other-markets/equity_us_daily.parquet', "WHERE symbol = 'SPY'", '1d', 5849],
    ['other-markets/SPY_1h.parquet', '', '1h', 16_216],
  ] as const)('expect exactly the sessions of SPY in %s', async (file, filter, timeframe, sessions) => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const result = await connection.runAndReadAll(
      `SELECT timestamp::DOUBLE FROM 'data/sample/${file}' ${filter} ORDER BY 1`,
    );
    const traded = result.getRows().map(([time]) => Number(time));
    connection.closeSync();
    instance.closeSync();
    expect(traded).toHaveLength(sessions);
    const expected = [...expectedBars(US_EQUITY, timeframe, traded[0]!, traded.at(-1)! + 1)];
    expect(expected).toEqual(traded);
  });
});
