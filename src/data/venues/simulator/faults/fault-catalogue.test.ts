/** docs/reference/venue-simulator.md lists the kinds of the catalogue, in its order and its words. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAULT_KINDS, faultShape } from './fault-catalogue.js';

const page = readFileSync('docs/reference/venue-simulator.md', 'utf8');

it('the table of the reference page is the catalogue', () => {
  const listed = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.+?) +\| (.*?) +\|$/gm)].filter(([, kind]) =>
    (FAULT_KINDS as readonly string[]).includes(kind!),
  );
  expect(listed.map(([, kind, layer, does, setting]) => [kind, layer, does, setting])).toEqual(
    FAULT_KINDS.map((kind) => {
      const { layer, does, ms, rows } = faultShape(kind);
      const setting = ms === undefined ? (rows === undefined ? '–' : `${rows} rows`) : `${ms} ms`;
      return [kind, layer, does, setting];
    }),
  );
});
