/**
 * Lets bars go from memory once parts hold them. The lake itself is asked, not the writer, so it does not matter who
 * wrote them; a bar that never lands stays and is served.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { FreshBar } from '../../data/lake/fresh-bars.js';
import type { Lake } from '../../data/lake/lake.js';
import { INGESTED_AT } from '../../data/lake/merge-blocks.js';
import type { Clock } from '../../market/clock.js';

/** A bar younger than this can hardly have landed; one of the future is of before the clock was set back. */
const YOUNG_MS = 10_000;
const VALUES = ['open', 'high', 'low', 'close', 'volume'] as const;

/** Drops bars from memory once the lake on disk has them; young ones stay. */
export async function forgetLanded(lake: Lake, clock: Clock): Promise<void> {
  const { fresh } = lake;
  const now = clock.now();
  for (const instrument of fresh.instruments) {
    for (const [timeframe, rows] of fresh.of(instrument)) {
      const waiting = rows.filter(({ ingestedAt }) => Math.abs(now - ingestedAt) >= YOUNG_MS);
      if (waiting.length === 0) continue;
      const { ts, columns } = await lake.columns('bars', {
        subject: instrument,
        timeframe,
        from: waiting[0]!.time,
        to: waiting[waiting.length - 1]!.time + 1,
        columns: [...VALUES, INGESTED_AT],
        storedOnly: true,
      });
      const positions = new Map(Array.from(ts, (time, row) => [time, row]));
      const holds = (bar: FreshBar): boolean => {
        const row = positions.get(bar.time);
        if (row === undefined) return false;
        // another value that was written later has replaced this one
        return (
          VALUES.every((name) => columns[name]![row] === bar[name]) ||
          columns[INGESTED_AT]![row]! > bar.ingestedAt
        );
      };
      fresh.landed(instrument, timeframe, holds);
      await breathe();
    }
  }
}
