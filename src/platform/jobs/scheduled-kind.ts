/** A scheduled job as a kind of job of the queue. The jobs of a lane share one queue, so that a new one costs no table. */
import { z } from 'zod';
import type { JobKind } from './job.js';
import type { ScheduledJob } from './schedule.js';
import { windowKey } from './schedule-window.js';

const windowInput = z.strictObject({
  /** The window, `[start, end)`, epoch ms. */
  start: z.number(),
  end: z.number(),
  since: z.number(),
  catch_up: z.boolean(),
  degraded: z.boolean(),
  /** A failed run is not tried again after this: the next window has come. */
  retry_until: z.number(),
});

export type WindowInput = z.infer<typeof windowInput>;

export function scheduledKind(job: ScheduledJob): JobKind<WindowInput> {
  return {
    name: job.id,
    queue: `schedule-${job.lane}`,
    input: windowInput,
    lane: job.lane,
    timeoutMs: job.timeoutMs,
    retryUntil: ({ retry_until }) => retry_until,
    async run({ start, end, since, catch_up, degraded }, { attempt, signal, report }) {
      const window = { start, end };
      return job.run(window, {
        windowKey: windowKey(job.id, window),
        attempt,
        since,
        catchUp: catch_up,
        degraded,
        signal,
        report,
      });
    },
  };
}
