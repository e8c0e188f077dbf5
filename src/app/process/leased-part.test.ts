import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeasedPart } from './leased-part.js';
import type { ProcessPart } from './part.js';

/** The leases of a database with the life that their holders give them; test/chaos/shared-server.test.ts takes a real one. */
class MemoryLeases {
  private readonly held = new Map<string, { readonly owner: string; readonly until: number }>();
  away = false;

  async hold(name: string, owner: string, _pid: number, seconds = 30): Promise<boolean> {
    if (this.away) throw new Error('no database');
    const lease = this.held.get(name);
    if (lease !== undefined && lease.owner !== owner && lease.until > Date.now()) return false;
    this.held.set(name, { owner, until: Date.now() + seconds * 1000 });
    return true;
  }

  async release(name: string, owner: string): Promise<void> {
    if (this.away) throw new Error('no database');
    if (this.held.get(name)?.owner === owner) this.held.delete(name);
  }
}

let leases: MemoryLeases;
let running: string[];
let crashes: unknown[];

function processOf(owner: string): { readonly part: LeasedPart; kill(): void } {
  const inner: ProcessPart = {
    name: 'streams',
    start: async () => void running.push(owner),
    stop: async () => void running.splice(running.indexOf(owner), 1),
    status: () => ({ followed: 3 }),
  };
  let dead = false;
  const part = new LeasedPart(
    inner,
    async () => ({
      // a process that was killed says nothing more
      hold: (...given) => (dead ? new Promise<never>(() => undefined) : leases.hold(...given)),
      release: (...given) => leases.release(...given),
    }),
    owner,
  );
  return {
    part,
    kill() {
      dead = true;
      running.splice(running.indexOf(owner), 1);
    },
  };
}

const host = { crashed: (error: unknown) => void crashes.push(error) };

beforeEach(() => {
  vi.useFakeTimers();
  leases = new MemoryLeases();
  running = [];
  crashes = [];
});
afterEach(() => void vi.useRealTimers());

describe('a part that one process of several runs', () => {
  it('is taken over within the life of the lease when its holder is killed', async () => {
    const [one, two, three] = ['one', 'two', 'three'].map(processOf);
    for (const each of [one!, two!, three!]) await each.part.start(host);
    expect(running).toEqual(['one']);
    expect(two!.part.status()).toEqual({ followed: 3, standby: true, lease_error: null });
    await vi.advanceTimersByTimeAsync(95_000);
    expect(running).toEqual(['one']);
    one!.kill();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(running).toEqual(['two']);
    expect(crashes).toEqual([]);
  });

  it('is handed over at once when its holder stops', async () => {
    const [one, two] = ['one', 'two'].map(processOf);
    await one!.part.start(host);
    await two!.part.start(host);
    await one!.part.stop();
    expect(one!.part.lease()).toBeUndefined();
    expect(running).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(running).toEqual(['two']);
    await two!.part.stop();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(running).toEqual([]);
  });

  it('goes on through ten minutes without a database, in one process, without a crash', async () => {
    const [one, two] = ['one', 'two'].map(processOf);
    await one!.part.start(host);
    await two!.part.start(host);
    leases.away = true;
    await vi.advanceTimersByTimeAsync(15_000);
    expect([one!.part.lease(), two!.part.lease()]).toEqual(['held', 'standby']);
    await vi.advanceTimersByTimeAsync(585_000);
    expect(running).toEqual(['one']);
    expect(two!.part.status()).toMatchObject({ standby: true, lease_error: 'no database' });
    expect([one!.part.lease(), two!.part.lease()]).toEqual(['lost', 'lost']);
    leases.away = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(running).toHaveLength(1);
    expect([one!.part.lease(), two!.part.lease()].sort()).toEqual(['held', 'standby']);
    expect(crashes).toEqual([]);
  });
});
