import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AlertToRaise } from '../../platform/alerts/alert-book.js';
import { systemClock } from '../../platform/system-clock.js';
import type { PartHost, ProcessPart } from './part.js';
import { Supervisor } from './supervisor.js';

let starts: number[];
let failing: number;
let host: PartHost;
let raised: string[];
let stops: number;

const part: ProcessPart = {
  name: 'streams',
  async start(given) {
    starts.push(Date.now());
    host = given;
    if (failing > 0) {
      failing -= 1;
      throw new Error('no route');
    }
  },
  async stop() {
    stops += 1;
  },
  status: () => ({ connections: 2 }),
};
const alerts = {
  raise: async ({ name, severity }: AlertToRaise) => void raised.push(`${severity} ${name}`),
  clear: async (name: string) => void raised.push(`clear ${name}`),
};
const open = () => new Supervisor(part, { clock: systemClock, alerts, onCrash: () => undefined });
const gaps = (): number[] => starts.slice(1).map((time, at) => time - starts[at]!);

beforeEach(() => {
  vi.useFakeTimers();
  starts = [];
  raised = [];
  failing = 0;
  stops = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a supervised part', () => {
  it('is started again after pauses of 1, 2 and 4 s until it runs', async () => {
    failing = 3;
    const supervisor = open();
    await supervisor.start();
    expect(supervisor.status()).toMatchObject({ state: 'pausing', crashes: 1, last_error: 'no route' });
    await vi.advanceTimersByTimeAsync(7_010);
    expect(gaps()).toEqual([1_000, 2_000, 4_000]);
    expect(supervisor.status()).toMatchObject({
      name: 'streams',
      state: 'running',
      facts: { connections: 2 },
    });
  });

  it('fails for good after five crashes in ten minutes, with an alert; a restart tries anew', async () => {
    failing = 100;
    const supervisor = open();
    await supervisor.start();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(starts).toHaveLength(5);
    expect(supervisor.status().state).toBe('failed');
    expect(raised).toEqual(['critical part_failed:streams']);
    failing = 0;
    await supervisor.restart();
    expect(supervisor.status().state).toBe('running');
    expect(raised.at(-1)).toBe('clear part_failed:streams');
  });

  it('pauses a minute at most, and briefly again after a long good run', async () => {
    const supervisor = open();
    await supervisor.start();
    const pauses: number[] = [];
    for (let crash = 0; crash < 8; crash += 1) {
      await vi.advanceTimersByTimeAsync(150_000);
      const cut = Date.now();
      host.crashed(new Error('cut off'));
      await vi.advanceTimersByTimeAsync(61_000);
      pauses.push(starts.at(-1)! - cut);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(supervisor.status().state).toBe('running');
    await vi.advanceTimersByTimeAsync(600_000);
    const before = Date.now();
    host.crashed(new Error('cut off'));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(starts.at(-1)! - before).toBe(1_000);
  });

  it('stays down when it is stopped, and one crash counts once', async () => {
    const supervisor = open();
    await supervisor.start();
    host.crashed(new Error('one'));
    host.crashed(new Error('two'));
    await vi.advanceTimersByTimeAsync(0);
    expect(supervisor.status()).toMatchObject({ crashes: 1, last_error: 'one' });
    await supervisor.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([starts.length, stops, supervisor.status().state]).toEqual([1, 1, 'stopped']);
  });
});
