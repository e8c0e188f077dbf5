/** What the uptrend commands are about: bars of the lake or of a file, a profile. */
import { UPTREND_PROFILES, type UptrendConfig, uptrendConfig } from '../../analysis/uptrend/profile.js';
import { TidewatchError } from '../../errors.js';
import { parseTimeframe, type Timeframe } from '../../market/timeframe.js';
import { newerMinutes } from '../regime/newer-minutes.js';
import type { RunStore } from '../regime/run-store.js';
import { resolveSymbol } from '../resolve-symbol.js';
import { openFileBars } from '../uptrend/uptrend-bars.js';
import { UptrendService } from '../uptrend/uptrend-service.js';
import type { CommandContext } from './command-context.js';
import { parseChoice } from './flags.js';
import { timeframeOf, withServices } from './session.js';

export interface UptrendSeriesFlags {
  readonly symbol?: string;
  readonly tf?: string;
}

/** @throws TidewatchError `bad_parameter` for a profile that is not of the uptrend engine */
export function uptrendConfigOf(context: CommandContext): UptrendConfig {
  return uptrendConfig(parseChoice(context.flags.profile ?? 'standard', 'profile', UPTREND_PROFILES));
}

export interface UptrendSelection {
  readonly service: UptrendService;
  readonly instrument: string;
  readonly timeframe: Timeframe;
  /** Where runs of stored bars are kept; none for a file. */
  readonly runs?: RunStore;
}

/**
 * Every timeframe asked for, one after the other.
 * @param timeframes empty: the one of the flags, or of the file
 */
export async function eachTimeframe<T>(
  context: CommandContext,
  file: string | undefined,
  flags: UptrendSeriesFlags,
  timeframes: readonly Timeframe[],
  work: (selection: UptrendSelection) => Promise<T>,
): Promise<T[]> {
  const each = async (
    service: UptrendService,
    instrument: string,
    own: Timeframe,
    runs?: RunStore,
  ): Promise<T[]> => {
    const results: T[] = [];
    for (const timeframe of timeframes.length > 0 ? timeframes : [own]) {
      results.push(await work({ service, instrument, timeframe, ...(runs === undefined ? {} : { runs }) }));
    }
    return results;
  };
  if (file === undefined) {
    const own = timeframeOf(context, flags.tf);
    return withServices(context, async ({ data: { lake }, runs }) => {
      const { id } = await resolveSymbol(flags.symbol, context.config.lake.watched, lake);
      for (const timeframe of timeframes.length > 0 ? timeframes : [own]) {
        const warning = await newerMinutes(lake, id, timeframe);
        // what is so; the advice after it is about training
        if (warning) context.warn({ ...warning, message: warning.message.split(' · ')[0]! });
      }
      return each(new UptrendService(lake, context.clock), id, own, runs);
    });
  }
  if (flags.symbol !== undefined) {
    throw new TidewatchError('bad_parameter', 'a file and --symbol exclude each other', {
      hint: 'leave one of them out',
    });
  }
  const own = flags.tf === undefined ? undefined : parseTimeframe(flags.tf);
  const bars = await openFileBars(file, context.clock);
  try {
    for (const [code, rows] of Object.entries(bars.refused)) {
      context.warn({ code, message: `${rows} rows of ${file} left out: ${code}`, rows });
    }
    return await each(new UptrendService(bars.lake, context.clock), bars.instrument, own ?? bars.timeframe);
  } finally {
    await bars.close();
  }
}
