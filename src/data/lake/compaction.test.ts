import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planMerges } from './compaction.js';
import { type PartName, splitActive } from './part-name.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTH_START = Date.UTC(2025, 8, 1);

const part = (seq: number, tsMin: number, tsMax = tsMin): PartName => ({
  seqLo: seq,
  seqHi: seq,
  tsMin,
  tsMax,
  crc32: seq,
});

function merge(run: readonly PartName[]): PartName {
  return {
    seqLo: run[0]!.seqLo,
    seqHi: run.at(-1)!.seqHi,
    tsMin: Math.min(...run.map((file) => file.tsMin)),
    tsMax: Math.max(...run.map((file) => file.tsMax)),
    crc32: 0,
  };
}

/** Carries a plan out on names. */
function compact(active: PartName[], now: number): PartName[] {
  const merged = planMerges(active, '2025-09', now).map(merge);
  return splitActive([...active, ...merged]).active;
}

describe('the merge policy', () => {
  it('keeps a month of live minutes within about 115 files', () => {
    let active: PartName[] = [];
    let most = 0;
    for (let minute = 0; minute < 30 * 1440; minute += 1) {
      const ts = MONTH_START + minute * MINUTE;
      active.push(part(minute + 1, ts));
      if (minute % 60 === 6) active = compact(active, ts + MINUTE);
      most = Math.max(most, active.length);
    }
    expect(most).toBeLessThanOrEqual(30 + 24 + 67);
    active = compact(active, Date.UTC(2025, 9, 1) + HOUR);
    expect(active).toHaveLength(1);
    expect(compact(active, Date.UTC(2025, 9, 2))).toEqual(active);
  });

  it('bounds the folder even when late rows keep hours and days from lining up', () => {
    let active: PartName[] = [];
    for (let minute = 0; minute < 3 * 1440; minute += 1) {
      const ts = MONTH_START + minute * MINUTE;
      active.push(part(minute + 1, minute % 2 === 0 ? ts : MONTH_START, ts));
      if (minute % 60 === 6) active = compact(active, ts + MINUTE);
      expect(active.length).toBeLessThanOrEqual(180);
    }
  });

  it('leaves the open hour and a single file alone', () => {
    const now = MONTH_START + 3 * HOUR;
    const open = [part(1, now - 30 * MINUTE), part(2, now - 20 * MINUTE)];
    expect(planMerges(open, '2025-09', now)).toEqual([]);
    expect(planMerges([part(1, MONTH_START)], '2025-09', now + 90 * DAY)).toEqual([]);
  });

  it('merges runs of neighbours only, each file once', () => {
    const files = fc
      .array(fc.tuple(fc.nat(30 * 1440), fc.nat(3000)), { maxLength: 200 })
      .map((spans) =>
        spans.map(([minute, width], at) =>
          part(at + 1, MONTH_START + minute * MINUTE, MONTH_START + (minute + width) * MINUTE),
        ),
      );
    fc.assert(
      fc.property(files, fc.nat(60 * 1440), (active, minute) => {
        const runs = planMerges(active, '2025-09', MONTH_START + minute * MINUTE);
        const seen = runs.flat().map((file) => file.seqLo);
        expect(new Set(seen).size).toBe(seen.length);
        for (const run of runs) {
          expect(run.length).toBeGreaterThan(1);
          expect(run.every((file, at) => at === 0 || file.seqLo === run[at - 1]!.seqLo + 1)).toBe(true);
        }
      }),
    );
  });
});
