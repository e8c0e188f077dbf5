import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.js';
import type { LiveBar, LiveEvent } from './live-event.js';

const bar = (instrumentId: string, close: number, isClosed = false): LiveBar => ({
  instrumentId,
  ts: 0,
  open: 1,
  high: 9,
  low: 1,
  close,
  volume: 1,
  quoteVolume: 1,
  trades: 1,
  isClosed,
  source: 'ws',
  receivedAt: 0,
});
const forming = (id: string, close: number): LiveEvent => ({ kind: 'forming', bar: bar(id, close) });
const closed = (id: string, close: number): LiveEvent => ({ kind: 'closed', bar: bar(id, close, true) });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('event queue', () => {
  it('hands on a burst at once, of the open minute only the newest', async () => {
    const got: LiveEvent[][] = [];
    const queue = new EventQueue({ receive: (events) => void got.push([...events]) }, () => undefined);
    for (const event of [forming('a', 1), forming('a', 2), closed('b', 3), forming('b', 4)])
      queue.push(event);
    await turn();
    expect(got).toEqual([[closed('b', 3), forming('a', 2), forming('b', 4)]]);
    expect(queue.dropped).toBe(0);
  });

  it('keeps every closed bar for a listener that hangs, and drops the open ones first', async () => {
    let release = (): void => {};
    const got: LiveEvent[] = [];
    const queue = new EventQueue(
      {
        async receive(events) {
          got.push(...events);
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        },
      },
      () => undefined,
      100,
    );
    queue.push(closed('first', 1));
    await turn();
    for (let at = 0; at < 500; at += 1) {
      queue.push(forming(`i${at}`, at));
      queue.push(closed(`i${at}`, at));
      queue.push(forming(`j${at}`, at));
    }
    expect(queue.dropped).toBeGreaterThan(300);
    release();
    await turn();
    release();
    await turn();
    expect(got.filter(({ kind }) => kind === 'closed')).toHaveLength(501);
    expect(got.filter(({ kind }) => kind === 'forming').length).toBeLessThanOrEqual(100);
  });

  it('tells no open minute after the word that nothing feeds it', async () => {
    const got: LiveEvent[] = [];
    const queue = new EventQueue({ receive: (events) => void got.push(...events) }, () => undefined);
    const down: LiveEvent = { kind: 'state', instrumentId: 'a', state: 'down' };
    for (const event of [forming('a', 1), forming('b', 2), down]) queue.push(event);
    await turn();
    expect(got).toEqual([down, forming('b', 2)]);
  });

  it('ends the listening when the listener throws, and says why', async () => {
    const failures: unknown[] = [];
    let calls = 0;
    const queue = new EventQueue(
      {
        receive() {
          calls += 1;
          throw new RangeError('broken');
        },
      },
      (error) => failures.push(error),
    );
    queue.push(closed('a', 1));
    await turn();
    queue.push(closed('a', 2));
    await turn();
    expect(calls).toBe(1);
    expect(failures).toEqual([new RangeError('broken')]);
  });
});
