import { expect, it } from 'vitest';
import type { LiveBar } from './live-event.js';
import { PartWriter } from './part-writer.js';

const bar = (ts: number, source: LiveBar['source']): LiveBar => ({
  instrumentId: 'a',
  ts,
  open: 1,
  high: 1,
  low: 1,
  close: 1,
  volume: 1,
  quoteVolume: 1,
  trades: 1,
  isClosed: true,
  source,
  receivedAt: ts,
});

it('counts as waiting what is in memory alone, and writes confirmations with the next bars', async () => {
  let time = 0;
  let isFull = true;
  const parts: number[] = [];
  const writer = new PartWriter(
    async (work) => {
      if (isFull) throw new Error('no room');
      return work({
        append: async (_: string, batch: { length: number }) => {
          if (batch.length > 0) parts.push(batch.length);
        },
      } as never);
    },
    () => time,
    10,
  );
  writer.addBar(bar(0, 'rest'), true);
  expect([writer.waiting, writer.waitingMs]).toEqual([0, 0]);
  time = 20;
  writer.tick();
  expect(parts).toEqual([]);
  writer.addBar(bar(60_000, 'ws'));
  time = 25;
  expect([writer.waiting, writer.waitingMs]).toEqual([1, 5]);
  await writer.flush();
  expect([writer.problem, writer.waiting, writer.waitingMs]).toEqual(['no room', 1, 5]);
  isFull = false;
  await writer.flush();
  expect([parts, writer.problem, writer.waiting]).toEqual([[2], null, 0]);
});
