import { describe, expect, it } from 'vitest';
import { capacityOf, finestLevel, needsWindow, rowsFor, windowFor } from './viewport.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LEVELS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY, 7 * DAY];
const DATA = { from: 0, to: 2100 * DAY };

describe('the window around a screen', () => {
  it('has a screen on both sides', () => {
    expect(windowFor({ from: 100 * DAY, to: 110 * DAY }, DATA)).toEqual({ from: 90 * DAY, to: 120 * DAY });
  });

  it('moves inside the data and keeps its size', () => {
    expect(windowFor({ from: 2095 * DAY, to: 2105 * DAY }, DATA)).toEqual({
      from: 2070 * DAY,
      to: 2100 * DAY,
    });
    expect(windowFor({ from: -5 * DAY, to: 5 * DAY }, DATA)).toEqual({ from: 0, to: 30 * DAY });
  });

  it('is all data when they are short', () => {
    expect(windowFor({ from: 0, to: 900 * DAY }, DATA)).toEqual(DATA);
  });
});

describe('the level of a screen', () => {
  it('shows about 1,500 single bars at most', () => {
    expect(finestLevel({ from: 0, to: 1600 * MINUTE }, LEVELS)).toBe(MINUTE);
    expect(finestLevel({ from: 0, to: 1700 * MINUTE }, LEVELS)).toBe(5 * MINUTE);
    expect(finestLevel(DATA, LEVELS)).toBe(7 * DAY);
  });
});

describe('when to fetch', () => {
  const visible = { from: 100 * DAY, to: 110 * DAY };
  const held = { ...windowFor(visible, DATA), bucket: finestLevel(visible, LEVELS) };

  it('not while the screen is inside what is held', () => {
    expect(needsWindow(visible, held, DATA, LEVELS, 2_000)).toBe(false);
    expect(needsWindow({ from: 95 * DAY, to: 105 * DAY }, held, DATA, LEVELS, 2_000)).toBe(false);
  });

  it('before the screen reaches the end of what is held', () => {
    expect(needsWindow({ from: 92 * DAY, to: 102 * DAY }, held, DATA, LEVELS, 2_000)).toBe(true);
    expect(needsWindow({ from: 109 * DAY, to: 119 * DAY }, held, DATA, LEVELS, 2_000)).toBe(true);
  });

  it('not at the end of the data', () => {
    const end = { from: 2090 * DAY, to: 2100 * DAY };
    expect(needsWindow(end, { ...windowFor(end, DATA), bucket: held.bucket }, DATA, LEVELS, 2_000)).toBe(
      false,
    );
  });

  it('for a finer level only when it fits with room to spare, so zooming to and fro does not flicker', () => {
    const coarse = { ...DATA, bucket: 15 * MINUTE };
    const at = (days: number) => ({ from: 100 * DAY, to: (100 + days) * DAY });
    expect(finestLevel(at(5.7), LEVELS)).toBe(5 * MINUTE);
    expect(needsWindow(at(5.7), coarse, DATA, LEVELS, 2_000)).toBe(false);
    expect(needsWindow(at(3.5), coarse, DATA, LEVELS, 2_000)).toBe(true);
    expect(needsWindow(at(6.2), { ...DATA, bucket: 5 * MINUTE }, DATA, LEVELS, 2_000)).toBe(false);
  });
});

describe('rows that are asked for', () => {
  it('never give a screen more than find room, nor the chart more than it may hold', () => {
    const all = { from: 0, to: 900 };
    const capacity = capacityOf(800);
    expect(capacity).toBe(2_000);
    expect(rowsFor({ from: 300, to: 600 }, all, capacity)).toBe(5_000);
    expect(rowsFor({ from: 0, to: 900 }, all, capacity)).toBe(2_000);
    expect(rowsFor({ from: 0, to: 1_053 }, all, capacity)).toBe(1_709);
    expect(rowsFor({ from: 0, to: 900 }, all, capacityOf(320))).toBe(800);
    expect(rowsFor({ from: 0, to: 1e9 }, all, capacity)).toBe(10);
  });
});
