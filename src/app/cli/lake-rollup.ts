/** `lake rollup`: coarse bars from the stored minutes, written where they are new or have changed. */
import { ROLL_UP_TIMEFRAMES, rollUpLake } from '../../data/lake/roll-up.js';
import { HomeLake } from '../home-lake.js';
import { resolveSymbol } from '../resolve-symbol.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseRange } from './flags.js';
import { count, number, renderTable, text } from './output.js';
import type { CommandResult } from './run-command.js';

export interface RollupFlags {
  readonly symbol?: string;
  readonly tf?: string;
  readonly from?: string;
  readonly to?: string;
}

export async function runLakeRollup(context: CommandContext, flags: RollupFlags): Promise<CommandResult> {
  const timeframes =
    flags.tf === undefined ? ROLL_UP_TIMEFRAMES : [parseChoice(flags.tf, 'timeframe', ROLL_UP_TIMEFRAMES)];
  const { from, to } = parseRange(flags.from, flags.to);
  const data = await HomeLake.open(context.home, context.config, context.clock);
  const progress = context.progress('roll up', 'series');
  try {
    const { watched } = context.config.lake;
    const report = await rollUpLake(data.lake, {
      write: data.write,
      timeframes,
      now: context.clock.now(),
      signal: context.signal,
      onProgress: (done, total, instrument) => progress.update(done, total, instrument),
      ...(flags.symbol === undefined
        ? {}
        : { instruments: [(await resolveSymbol(flags.symbol, watched, data.lake)).id] }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
    const rows = timeframes.map((timeframe) => ({ timeframe, ...report[timeframe] }));
    context.keep('what was published');
    return {
      data: { timeframes: rows },
      text: renderTable(
        [
          text('TF'),
          number('Written'),
          number('Revised'),
          number('Unchanged'),
          number('Of the venue'),
          number('Minutes gone'),
        ],
        rows.map((row) => [
          row.timeframe,
          count(row.written),
          count(row.revised),
          count(row.unchanged),
          count(row.native),
          count(row.kept),
        ]),
        context.style,
      ),
    };
  } finally {
    progress.stop();
    await data.close();
  }
}
