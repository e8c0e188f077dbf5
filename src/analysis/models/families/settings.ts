/** A family's own settings, checked. */
import { z } from 'zod';
import { TidewatchError } from '../../../errors.js';
import type { Stickiness } from '../gaussian-hmm/sticky-prior.js';

/** Order in which states are numbered (state-order.ts). */
export const sortBySetting = z.enum(['cumulative_return', 'volatility', 'frequency', 'return']);

/** Least mean stay in a state, bars, that transitions are held to (sticky-prior.ts); `none` leaves them to the data. */
export const targetDurationSetting = z.union([z.number().min(1).max(1_000_000), z.literal('none')]);

/** What a target duration asks of a fit. */
export function stickinessOf(duration: z.infer<typeof targetDurationSetting>): { sticky?: Stickiness } {
  return duration === 'none' ? {} : { sticky: { targetDuration: duration } };
}

/** @throws TidewatchError `bad_parameter` */
export function readSettings<T>(family: string, schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new TidewatchError(
    'bad_parameter',
    `the settings of ${family} are not what it takes · ${z.prettifyError(parsed.error)}`,
    { hint: 'see the settings in docs/reference/cli.md', details: { model: family } },
  );
}
