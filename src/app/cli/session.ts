/** Opens the services of a command, closes them after it. */
import { TRAINABLE } from '../../analysis/models/model-families.js';
import { parseTimeframe, type Timeframe } from '../../market/timeframe.js';
import { newerMinutes } from '../regime/newer-minutes.js';
import type { ModelChoice } from '../regime/regime-service.js';
import { resolveSymbol } from '../resolve-symbol.js';
import { openServices, type Services } from '../services.js';
import type { CommandContext } from './command-context.js';

export async function withServices<T>(
  context: CommandContext,
  work: (services: Services) => Promise<T>,
): Promise<T> {
  const services = await openServices(context.home, context.loaded, context.clock);
  try {
    return await work(services);
  } finally {
    await services.close();
  }
}

export interface SelectionFlags {
  readonly model?: string;
  readonly symbol?: string;
  readonly tf?: string;
}

export function timeframeOf(context: CommandContext, typed: string | undefined): Timeframe {
  return parseTimeframe(typed ?? context.config.hmm.timeframe);
}

/** The model named by id, or the newest (of the family named) of the series named. */
export async function modelChoice(
  context: CommandContext,
  services: Services,
  flags: SelectionFlags,
): Promise<ModelChoice> {
  const family = TRAINABLE.find((name) => name === flags.model);
  if (flags.model !== undefined && family === undefined) return { modelId: flags.model };
  return {
    ...(family === undefined ? {} : { family }),
    instrument: await resolveSymbol(flags.symbol, context.config.lake.watched, services.data.lake),
    timeframe: timeframeOf(context, flags.tf),
  };
}

/** Says that minutes of the same instrument go on where the bars asked for end. */
export async function warnOfNewerMinutes(
  context: CommandContext,
  services: Services,
  instrument: string,
  timeframe: Timeframe,
): Promise<void> {
  const warning = await newerMinutes(services.data.lake, instrument, timeframe);
  if (warning !== undefined) context.warn({ ...warning });
}
