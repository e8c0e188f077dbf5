import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrayToLines } from './json-lines.js';

/** Passes the bytes in pieces of this length. */
function lines(json: string, piece: number): Promise<string> {
  const bytes = Buffer.from(json);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += piece) pieces.push(bytes.subarray(at, at + piece));
  return text(Readable.from(pieces).pipe(arrayToLines(), { end: true }));
}

describe('arrayToLines', () => {
  it('gives each element a line of its own, however the bytes are cut and indented', async () => {
    const record = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(0, 2, '\t'),
        async (records, piece, indent) => {
          const found = (await lines(JSON.stringify(records, null, indent), piece)).trimEnd().split('\n');
          expect(found.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(records)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    ['does not end', '[{"a":1},{"a":2}'],
    ['does not end', '[{"a":"]"'],
    ['something follows', '[{"a":1}] x'],
  ])('refuses an array that %s: %s', async (reason, json) => {
    const broken = arrayToLines();
    Readable.from([Buffer.from(json)]).pipe(broken);
    await expect(text(broken)).rejects.toThrow(reason);
  });

  it('has no line for an empty array', async () => {
    expect(await lines('[ ]', 1)).toBe('');
  });
});
