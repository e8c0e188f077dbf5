import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatPartition,
  formatPartName,
  intersects,
  overlapGroups,
  type PartName,
  parsePartition,
  parsePartName,
  periodOf,
  periodSpan,
  splitActive,
} from './part-name.js';

const interval = (most: number) =>
  fc.tuple(fc.integer({ min: 0, max: most }), fc.integer({ min: 0, max: most })).map(([a, b]) => ({
    lo: Math.min(a, b),
    hi: Math.max(a, b),
  }));

const partName: fc.Arbitrary<PartName> = fc
  .tuple(interval(9_999_999_999), interval(999_999_999_999_999), fc.integer({ min: 0, max: 0xffffffff }))
  .map(([seq, ts, crc32]) => ({ seqLo: seq.lo, seqHi: seq.hi, tsMin: ts.lo, tsMax: ts.hi, crc32 }));

const part = (seqLo: number, seqHi: number, tsMin = 0, tsMax = tsMin): PartName => ({
  seqLo,
  seqHi,
  tsMin,
  tsMax,
  crc32: 0,
});

describe('part names', () => {
  it('read back as they were written, and sort by sequence as text', () => {
    fc.assert(
      fc.property(partName, partName, (a, b) => {
        expect(parsePartName(formatPartName(a))).toEqual(a);
        if (a.seqLo < b.seqLo) expect(formatPartName(a) < formatPartName(b)).toBe(true);
      }),
    );
  });

  it.each([
    '.123-1.writing',
    `.${formatPartName(part(1, 1))}`,
    formatPartName(part(1, 1)).replace('.parquet', '.tmp'),
    formatPartName(part(2, 1)),
    formatPartName(part(1, 1, 5, 4)),
    'part-0.parquet',
    '',
  ])('%s is not one', (text) => {
    expect(parsePartName(text)).toBeUndefined();
  });

  it('never take foreign text for a name', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const name = parsePartName(text);
        if (name) expect(formatPartName(name)).toBe(text);
      }),
    );
  });
});

describe('partitions', () => {
  it('read back as they were written', () => {
    const value = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,20}$/);
    fc.assert(
      fc.property(value, value, fc.integer({ min: 0, max: 4e12 }), (venue, timeframe, ts) => {
        const partition = { venue, timeframe, period: periodOf(ts) };
        expect(parsePartition(formatPartition(partition))).toEqual(partition);
        const [first, end] = periodSpan(partition.period);
        expect(first <= ts && ts < end).toBe(true);
        expect(periodOf(end)).not.toBe(partition.period);
      }),
    );
  });

  it.each(['', '..', '.hidden', 'a/b', 'a=b', 'a b', 'ü'])('refuse "%s"', (venue) => {
    expect(() => formatPartition({ venue, timeframe: '1m', period: '2025-01' })).toThrow(
      /cannot name a lake folder/,
    );
  });
});

/** A history of appends and merges of neighbours: what a writer can leave behind, in any state of clearing away. */
const history = fc
  .array(fc.record({ merge: fc.boolean(), at: fc.nat(), width: fc.integer({ min: 2, max: 6 }) }), {
    maxLength: 60,
  })
  .map((steps) => {
    const files: PartName[] = [];
    let active: PartName[] = [];
    let next = 1;
    for (const { merge, at, width } of steps) {
      if (merge && active.length >= 2) {
        const first = at % (active.length - 1);
        const run = active.slice(first, first + width);
        const merged = part(run[0]!.seqLo, run.at(-1)!.seqHi);
        active = [...active.slice(0, first), merged, ...active.slice(first + run.length)];
        files.push(merged);
      } else {
        files.push(part(next, next));
        active.push(files.at(-1)!);
        next += 1;
      }
    }
    return { files, active };
  });

describe('the active set', () => {
  it('is what the writer holds as current, whatever replaced files still lie there', () => {
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.boolean()), ({ files, active }, deleted) => {
        const current = new Set(active);
        const onDisk = files.filter((file) => current.has(file) || !deleted.next().value);
        const split = splitActive(onDisk);
        expect(split.active).toEqual(active);
        expect(split.covered.length + split.active.length).toBe(onDisk.length);
      }),
    );
  });

  it('does not depend on the order of the listing', () => {
    fc.assert(
      fc.property(
        history.chain(({ files, active }) =>
          fc.tuple(fc.constant(active), fc.shuffledSubarray(files, { minLength: files.length })),
        ),
        ([active, shuffled]) => {
          expect(splitActive(shuffled).active).toEqual(active);
        },
      ),
    );
  });

  it('keeps both files of one interval: nothing is lost to a second writer', () => {
    const twins = [part(1, 1), { ...part(1, 1), crc32: 7 }];
    expect(splitActive(twins).active).toHaveLength(2);
    expect(splitActive([...twins, part(1, 2)]).active).toEqual([part(1, 2)]);
  });
});

describe('overlap groups', () => {
  it('hold every file once, follow each other in time, and overlap inside', () => {
    const files = fc.array(
      interval(200).map(({ lo, hi }) => part(1, 1, lo, Math.min(hi, lo + 20))),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(files, (parts) => {
        const groups = overlapGroups(parts);
        expect(groups.flat()).toHaveLength(parts.length);
        let end = -1;
        for (const group of groups) {
          expect(Math.min(...group.map((file) => file.tsMin))).toBeGreaterThan(end);
          for (const file of group) {
            const overlapping = group.some(
              (other) => other !== file && intersects(other, file.tsMin, file.tsMax + 1),
            );
            expect(overlapping || group.length === 1).toBe(true);
          }
          end = Math.max(...group.map((file) => file.tsMax));
        }
      }),
    );
  });
});
