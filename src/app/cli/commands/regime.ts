import type { Command } from 'commander';
import type { RegimeFlags } from '../regime-commands.js';
import { runCommand } from '../run-command.js';

function selection(command: Command): Command {
  return command
    .option('--model <id>', 'model id, or a family such as kmeans; the newest of the series when left out')
    .option('--symbol <symbol>', 'instrument; the first watched one when left out')
    .option('--tf <timeframe>', 'timeframe');
}

export function registerRegime(program: Command): void {
  const regime = program.command('regime').description('regimes per bar');
  selection(regime.command('history').description('regime of every bar, filtered: known when the bar closed'))
    .option('--limit <n>', 'newest rows; 24 when left out, with --out all')
    .option('--from <time>', 'first bar')
    .option('--to <time>', 'end of the range, not included')
    .option('--smoothed', 'with knowledge of later bars: for study, tagged lookahead')
    .option('--recompute', 'leave stored rows aside: what the bars say today')
    .option('--out <file>', 'write the rows to this file: .csv, .csv.gz, .parquet, .json or .ndjson')
    .addHelpText(
      'after',
      '\nExample:\n  tidewatch regime history --symbol BTC/USDT --tf 1h --out regimes.parquet',
    )
    .action((flags: RegimeFlags, command: Command) =>
      runCommand(
        command,
        'regime history',
        async (context) => (await import('../regime-commands.js')).runHistory(context, flags),
        { finishesWrites: true },
      ),
    );
  selection(regime.command('latest').description('regime of the newest bar'))
    .addHelpText('after', '\nExample:\n  tidewatch regime latest --json')
    .action((flags: RegimeFlags, command: Command) =>
      runCommand(
        command,
        'regime latest',
        async (context) => (await import('../regime-commands.js')).runLatest(context, flags),
        { finishesWrites: true },
      ),
    );
  selection(regime.command('forecast').description('probability of each state some bars ahead'))
    .option('--bars <list>', 'bars ahead', '1,5,20')
    .addHelpText('after', '\nExample:\n  tidewatch regime forecast --bars 1,24')
    .action((flags: RegimeFlags & { bars: string }, command: Command) =>
      runCommand(
        command,
        'regime forecast',
        async (context) => (await import('../regime-commands.js')).runForecast(context, flags),
        { finishesWrites: true },
      ),
    );
}
