/** A family's own settings, checked. */
import { z } from 'zod';
import { TidewatchError } from '../../../errors.js';
import type { Stickiness } from '../gaussian-hmm/sticky-prior.js';
import type { Json } from '../regime-model.js';
import type { ModelFamily } from './model-family.js';

/** Order in which states are numbered (state-order.ts). */
export const sortBySetting = z.enum(['cumulative_return', 'volatility', 'frequency', 'return']);

/** Least mean stay in a state, bars, that transitions are held to (sticky-prior.ts); `none` leaves them to the data. */
export const targetDurationSetting = z.union([z.number().min(1).max(1_000_000), z.literal('none')]);

/** What a target duration asks of a fit. */
export function stickinessOf(duration: z.infer<typeof targetDurationSetting>): { sticky?: Stickiness } {
  return duration === 'none' ? {} : { sticky: { targetDuration: duration } };
}

/**
 * Every given setting is one that the family has; whether its value makes sense is for the fit to say.
 * @throws TidewatchError `bad_parameter`
 */
export function checkSettingNames(
  { title, settings }: Pick<ModelFamily, 'title' | 'settings'>,
  given: Readonly<Record<string, Json>> = {},
): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(settings, name));
  if (unknown === undefined) return;
  const known = Object.keys(settings).join(', ');
  throw new TidewatchError('bad_parameter', `${title} has no setting "${unknown}"`, {
    hint: known === '' ? 'it has no settings' : `use one of ${known}`,
    details: { parameter: 'settings', value: unknown },
  });
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
