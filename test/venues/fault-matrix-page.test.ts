/** The page of the fault matrix knows every kind of fault and every venue, and no pair of it failed. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAULT_KINDS, faultShape } from '../../src/data/venues/simulator/faults/fault-catalogue.js';
import { VENUE_IDS } from '../../src/data/venues/simulator/venue-ids.js';

const page = readFileSync('docs/reference/fault-matrix.md', 'utf8');
const rows = page.split('\n').flatMap((line) => {
  if (!line.startsWith('| ')) return [];
  return [
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  ];
});
const kindsIn = (part: string): string[] => [...part.matchAll(/^\| `(\w+)`/gm)].map(([, kind]) => kind!);

it('has a row for every kind, and for every kind of streams one among the streams', () => {
  expect(new Set(kindsIn(page))).toEqual(new Set(FAULT_KINDS));
  const streams = kindsIn(page.slice(page.indexOf('## Streams')));
  const ofStreams = FAULT_KINDS.filter((kind) => faultShape(kind).endpoints.includes('stream'));
  expect(streams).toEqual(expect.arrayContaining(ofStreams));
});

it('has a column for every venue', () => {
  const heads = rows.filter(([first]) => first === 'Fault').flat();
  expect(heads).toEqual(expect.arrayContaining([...VENUE_IDS]));
});

it('has an outcome in every cell, and none that failed', () => {
  const cells = rows.filter(([first]) => first!.startsWith('`')).flatMap(([, ...outcomes]) => outcomes);
  expect(cells.length).toBeGreaterThan(400);
  expect(cells.filter((cell) => cell === '' || cell === 'failed')).toEqual([]);
});
