import { describe, expect, it } from 'vitest';
import { eachItem, Schedule, scheduled } from './schedule.js';
import { SCHEDULE_TABLE } from './schedule-table.js';
import { periodOf } from './schedule-window.js';

const nothing = async (): Promise<undefined> => undefined;

describe('the table', () => {
  it('names each job once, after what it waits for, and starts it within its period', () => {
    const seen = new Set<string>();
    for (const { id, dependsOn, offsetMs, cadence, timeoutMs } of SCHEDULE_TABLE) {
      expect(seen.has(id), id).toBe(false);
      const later = dependsOn.filter(({ job }) => !seen.has(job));
      expect(later, id).toEqual([]);
      expect(offsetMs, id).toBeLessThan(periodOf(cadence));
      expect(timeoutMs, id).toBeGreaterThan(0);
      seen.add(id);
    }
  });
});

describe('a schedule', () => {
  it('takes each job once and only jobs of the table', () => {
    const schedule = new Schedule(new Set(['backup']));
    schedule.add(scheduled('heartbeat', nothing), scheduled('backup', nothing));
    expect(() => schedule.add(scheduled('backup', nothing))).toThrow('scheduled already');
    expect(() => scheduled('tea', nothing)).toThrow('no job tea');
    expect(schedule.enabled.map(({ id }) => id)).toEqual(['heartbeat']);
    expect(schedule.all).toHaveLength(2);
    expect(() => schedule.find('tea')).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
  });
});

describe('items of a run', () => {
  const run = (count: number, failing: number) =>
    eachItem(
      Array.from({ length: count }, (_, at) => at),
      (item) => `item ${item}`,
      async (item) => {
        if (item < failing) throw new Error('no answer');
      },
      new AbortController().signal,
    );

  it('fail one by one up to the half of them, then the run fails', async () => {
    expect(await run(4, 2)).toEqual({
      items: 4,
      failed: [
        { item: 'item 0', error: 'no answer' },
        { item: 'item 1', error: 'no answer' },
      ],
    });
    await expect(run(4, 3)).rejects.toMatchObject({ code: 'items_failed' });
    expect(await run(0, 0)).toEqual({ items: 0, failed: [] });
  });

  it('stop when the run is stopped', async () => {
    const stop = new AbortController();
    const done: number[] = [];
    const work = eachItem(
      [1, 2, 3],
      String,
      async (item) => {
        done.push(item);
        stop.abort(new Error('stopping'));
      },
      stop.signal,
    );
    await expect(work).rejects.toThrow('stopping');
    expect(done).toEqual([1]);
  });
});
