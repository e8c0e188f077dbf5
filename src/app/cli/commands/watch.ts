import type { Command } from 'commander';
import { runCommand } from '../run-command.js';
import type { WatchFlags } from '../watch.js';

export function registerWatch(program: Command): void {
  program
    .command('watch')
    .description('Live view: price, state, flags, regime, A/E, age')
    .argument('[symbol...]', 'instruments; those of lake.watched when left out')
    .option('--tf <timeframe>', 'timeframe')
    .option('--once', 'print what is known now and end')
    .addHelpText('after', '\nExample:\n  tidewatch watch BTC/USDT --tf 1m')
    .action((symbols: string[], flags: WatchFlags, command: Command) =>
      runCommand(
        command,
        'watch',
        async (context) => (await import('../watch.js')).runWatch(context, symbols, flags),
        { finishesWrites: true },
      ),
    );
}
