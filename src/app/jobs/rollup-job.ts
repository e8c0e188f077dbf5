/** Roll-ups as a job. Idempotent: what is stored says what is to be written, so running it twice changes nothing. */
import { z } from 'zod';
import { rollUpLake } from '../../data/lake/roll-up.js';
import type { Clock } from '../../market/clock.js';
import type { JobKind } from '../../platform/jobs/job.js';
import type { HomeLake } from '../home-lake.js';

const input = z.strictObject({
  /** Null: every instrument with minutes. */
  instrument_ids: z.array(z.string()).nullable(),
  /** Half-open range of minutes, epoch ms; open where null. */
  from: z.number().nullable(),
  to: z.number().nullable(),
});

type RollupInput = z.infer<typeof input>;

export function rollupJob(data: HomeLake, clock: Clock): JobKind<RollupInput> {
  return {
    name: 'rollup',
    input,
    lane: 'io',
    timeoutMs: 3_600_000,
    async run({ instrument_ids, from, to }, { signal, report }) {
      return await rollUpLake(data.lake, {
        write: data.write,
        now: clock.now(),
        signal,
        onProgress: (done, total) => report(total === 0 ? 1 : done / total),
        ...(instrument_ids === null ? {} : { instruments: instrument_ids }),
        ...(from === null ? {} : { from }),
        ...(to === null ? {} : { to }),
      });
    },
  };
}
