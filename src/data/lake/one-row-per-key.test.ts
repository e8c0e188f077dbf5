/** The rule "one row per key" exists three times: in memory, in SQL, and as the outcome of merges. They agree. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FixedClock } from '../../market/clock.js';
import type { RowOf } from './dataset-rows.js';
import { Lake } from './lake.js';

const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const MINUTE = 60_000;
const START = Date.UTC(2025, 8, 1);
const SUBJECTS = ['binance:spot:BTCUSDT', 'binance:spot:ETHUSDT'];
const SOURCES = ['archive', 'rest', 'ws', 'rollup'];

const row = fc.record({
  subject: fc.constantFrom(...SUBJECTS),
  minute: fc.nat(30),
  source: fc.constantFrom(...SOURCES),
  partial: fc.boolean(),
});
const batches = fc.array(
  fc.record({ rows: fc.array(row, { minLength: 1, maxLength: 25 }), pause: fc.nat(1) }),
  { minLength: 1, maxLength: 8 },
);

interface Stored {
  readonly value: number;
  readonly rank: number;
  readonly at: number;
}

/** The rule in the words of the specification, row by row. */
function expectedRows(all: readonly { key: string; stored: Stored }[]): Map<string, Stored> {
  const winners = new Map<string, Stored>();
  for (const { key, stored } of all) {
    const best = winners.get(key);
    const wins = !best || stored.rank > best.rank || (stored.rank === best.rank && stored.at >= best.at);
    if (wins) winners.set(key, stored);
  }
  return winners;
}

it('gives the same rows from memory, from SQL and after merging', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (appends) => {
      const root = mkdtempSync(join(tmpdir(), 'lake-rule-'));
      const clock = new FixedClock(START + 86_400_000);
      const lake = await Lake.open(root, { clock, threads: 1 });
      try {
        const writer = await lake.writer();
        const written: { key: string; stored: Stored }[] = [];
        for (const { rows, pause } of appends) {
          clock.advance(pause);
          const batch = rows.map(({ subject, minute, source, partial }): RowOf<'bars'> => {
            const value = 1 + written.length;
            const rank = (partial ? 0 : 10) + (4 - SOURCES.indexOf(source));
            written.push({
              key: `${subject} ${START + minute * MINUTE}`,
              stored: { value, rank, at: clock.now() },
            });
            return {
              instrument_id: subject,
              timeframe: '1m',
              ts: START + minute * MINUTE,
              open: value,
              high: value,
              low: value,
              close: value,
              source,
              partial,
            };
          });
          await writer.append('bars', batch, { source: 'ws' });
        }
        const expected = [...expectedRows(written)].map(([key, { value }]) => `${key} ${value}`).sort();

        const fromMemory = async (): Promise<string[]> => {
          const lines: string[] = [];
          for (const subject of SUBJECTS) {
            const { ts, columns } = await lake.columns('bars', {
              subject,
              timeframe: '1m',
              columns: ['close'],
            });
            expect([...ts]).toEqual([...ts].sort((a, b) => a - b));
            for (const [at, time] of ts.entries()) lines.push(`${subject} ${time} ${columns.close![at]}`);
          }
          return lines.sort();
        };
        const fromSql = async (): Promise<string[]> =>
          (await lake.sql('SELECT instrument_id, ts, close FROM bars')).rows
            .map((line) => line.join(' '))
            .sort();

        expect(await fromMemory()).toEqual(expected);
        expect(await fromSql()).toEqual(expected);
        clock.advance(40 * 86_400_000);
        await lake.compact();
        expect(await lake.activeFiles('bars')).toHaveLength(1);
        expect(await fromMemory()).toEqual(expected);
        expect(await fromSql()).toEqual(expected);
      } finally {
        await lake.close();
        rmSync(root, { recursive: true, force: true });
      }
    }),
    { numRuns: NIGHTLY ? 200 : 20 },
  );
});
