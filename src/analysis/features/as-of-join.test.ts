import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinAsOf } from './as-of-join.js';
import { type Channel, earlyStamp, makeChannel } from './channel.js';

const HOUR = 3_600_000;
const FUNDING = { name: 'funding_rate', kind: 'funding', period: 8 * HOUR, maxAge: 12 * HOUR } as const;
const numbers = (...values: number[]): Float64Array => Float64Array.from(values);

describe('joining by what was known', () => {
  const channel = makeChannel({ ...FUNDING, time: numbers(0, 8 * HOUR, 16 * HOUR), value: numbers(1, 3, 6) });

  it('takes the newest value published by the moment and its change, never one a moment early', () => {
    const { level, change } = joinAsOf(channel, numbers(-1, 0, 8 * HOUR - 1, 8 * HOUR, 16 * HOUR));
    expect([...level]).toEqual([Number.NaN, 1, 1, 3, 6]);
    expect([...change]).toEqual([Number.NaN, Number.NaN, Number.NaN, 2, 3]);
  });

  it('has no value once the newest is too old: nothing is carried over a hole', () => {
    const { level, change } = joinAsOf(channel, numbers(28 * HOUR - 1, 28 * HOUR, 90 * HOUR));
    expect([...level]).toEqual([6, Number.NaN, Number.NaN]);
    expect([...change]).toEqual([3, Number.NaN, Number.NaN]);
  });

  it('waits for the provider where it publishes late, and for the end of the period of open interest', () => {
    const late = makeChannel({ ...FUNDING, time: numbers(0), value: numbers(7) }, numbers(5));
    expect([...joinAsOf(late, numbers(4, 5)).level]).toEqual([Number.NaN, 7]);
    const period = 24 * HOUR;
    const interest = { name: 'open_interest', kind: 'open_interest', period, maxAge: 2 * period } as const;
    const daily = makeChannel({ ...interest, time: numbers(0, period), value: numbers(10, 20) });
    const { level, change } = joinAsOf(daily, numbers(period - 1, period, 2 * period));
    expect([...level]).toEqual([Number.NaN, 10, 20]);
    // of open interest the change is a logarithm
    expect(change[2]).toBe(Math.log(2));
  });

  it('uses a revision from its own day on', () => {
    const revised: Channel = {
      ...channel,
      time: numbers(0, 8 * HOUR, 0, 8 * HOUR),
      availableAt: numbers(0, 8 * HOUR, 9 * HOUR, 10 * HOUR),
      value: numbers(1, 3, 2, 5),
    };
    const { level, change } = joinAsOf(revised, numbers(8 * HOUR, 9 * HOUR, 10 * HOUR));
    expect([...level]).toEqual([3, 3, 5]);
    expect([...change]).toEqual([2, 1, 3]);
  });

  it('equals a search over everything published so far, whatever the order of rows', () => {
    const row = fc.record({ time: fc.nat(30), delay: fc.nat(15), value: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 25 }), fc.array(fc.nat(60)), (rows, moments) => {
        const at = moments.sort((a, b) => a - b);
        const loose: Channel = {
          ...FUNDING,
          maxAge: Number.POSITIVE_INFINITY,
          time: Float64Array.from(rows, ({ time }) => time),
          availableAt: Float64Array.from(rows, ({ time, delay }) => time + delay),
          value: Float64Array.from(rows, ({ value }) => value),
        };
        const { level } = joinAsOf(loose, Float64Array.from(at));
        at.forEach((moment, index) => {
          const known = rows
            .map(({ time, delay, value }) => ({ time, from: time + delay, value }))
            .filter(({ from }) => from <= moment);
          const newest = Math.max(...known.map(({ time }) => time));
          const versions = known.filter(({ time }) => time === newest);
          const last = Math.max(...versions.map(({ from }) => from));
          const values = versions.filter(({ from }) => from === last).map(({ value }) => value);
          expect(level[index]).toBe(values.at(-1) ?? Number.NaN);
        });
      }),
    );
  });
});

it('names the first stamp that is earlier than its kind allows', () => {
  const daily = { name: 'oi', kind: 'open_interest', period: 24 * HOUR, maxAge: 48 * HOUR } as const;
  const good = makeChannel({ ...daily, time: numbers(0, 24 * HOUR), value: numbers(1, 2) });
  expect(earlyStamp(good)).toBe(-1);
  expect(earlyStamp({ ...good, availableAt: numbers(24 * HOUR, 24 * HOUR) })).toBe(1);
});

it('refuses columns of different lengths', () => {
  expect(() => makeChannel({ ...FUNDING, time: numbers(1), value: numbers() })).toThrow(/differ in length/);
});
