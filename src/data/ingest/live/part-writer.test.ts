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
  const writer = new PartWriter({
    write: async (work) => {
      if (isFull) throw new Error('no room');
      return work({
        append: async (_: string, batch: { length: number }) => {
          if (batch.length > 0) parts.push(batch.length);
        },
      } as never);
    },
    now: () => time,
    gatherMs: 10,
  });
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

/** A writer whose disk answers when it is told to. */
function held(mostRows = 100) {
  const answers: ((error?: Error) => void)[] = [];
  const told: string[] = [];
  const written: number[] = [];
  let lost = 0;
  const clock = { time: 0 };
  const writer = new PartWriter({
    write: (work) =>
      new Promise((resolve, reject) => {
        answers.push((error) => {
          if (error) reject(error);
          else
            resolve(
              work({
                append: async (name: string, batch: { length: number; columns?: { ts: Float64Array } }) => {
                  if (name === 'bars') written.push(...batch.columns!.ts);
                },
              } as never),
            );
        });
      }),
    now: () => clock.time,
    gatherMs: 10,
    mostRows,
    onTrouble: (problem) => told.push(problem),
    onLost: () => {
      lost += 1;
    },
  });
  return { writer, answers, told, written, clock, lost: () => lost };
}

it('counts what a slow disk has not confirmed as waiting, from when it was gathered', async () => {
  const { writer, answers, written, clock } = held();
  writer.addBar(bar(0, 'ws'));
  clock.time = 20;
  writer.tick();
  writer.addBar(bar(60_000, 'ws'));
  clock.time = 90_000;
  writer.tick();
  expect(answers, 'one at a time').toHaveLength(1);
  expect([writer.waiting, writer.waitingMs]).toEqual([2, 90_000]);
  answers[0]!();
  await expect.poll(() => written).toEqual([0]);
  await expect.poll(() => [writer.waiting, writer.waitingMs]).toEqual([1, 89_980]);
});

it('tells each reason once, and after too long asks for what it let go', async () => {
  const { writer, answers, told, written, clock, lost } = held(10);
  const attempt = async (error?: Error): Promise<void> => {
    const flushed = writer.flush();
    answers.pop()!(error);
    await flushed;
  };
  writer.addBar(bar(0, 'ws'));
  for (const reason of ['full', 'full', 'away']) await attempt(new Error(reason));
  expect(told).toEqual(['bars wait in memory · full', 'bars wait in memory · away']);
  for (let minute = 1; minute < 30; minute += 1) {
    clock.time = minute * 60_000;
    writer.addBar(bar(clock.time, 'ws'));
  }
  expect(told.slice(2)).toEqual([expect.stringMatching(/too many bars wait/)]);
  expect(lost()).toBe(0);
  await attempt();
  expect([lost(), written.at(-1), writer.problem, writer.waiting]).toEqual([1, 29 * 60_000, null, 0]);
  writer.addBar(bar(30 * 60_000, 'ws'));
  await attempt();
  expect(lost(), 'once').toBe(1);
});
