/** A family's own settings, checked. */
import { z } from 'zod';
import { TidewatchError } from '../../../errors.js';

/** Order in which states are numbered (state-order.ts). */
export const sortBySetting = z.enum(['cumulative_return', 'volatility', 'frequency', 'return']);

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
