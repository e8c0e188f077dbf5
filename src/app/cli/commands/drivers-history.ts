/** The commands of the posture's past, in the group `drivers`. */
import type { Command } from 'commander';
import { DEFAULT_BOOK } from '../../../analysis/drivers/driver.js';
import type { HistoryFlags } from '../drivers-history.js';
import type { StudyFlags } from '../drivers-study.js';
import { runCommand } from '../run-command.js';

/** To be called after whatever else registers the group. */
export function registerDriversHistory(program: Command): void {
  const drivers =
    program.commands.find((command) => command.name() === 'drivers') ??
    program.command('drivers').description('regime drivers, A and E');
  drivers
    .command('history')
    .description('A and E of the past into the lake, each row from what was known then')
    .option('--bucket <bucket>', 'nano, small, mid or big; all when left out')
    .option('--tf <timeframe>', 'execution timeframe: 1m, 5m, 15m, 1h, 4h or 1d; all when left out')
    .option('--book <id>', 'book whose drivers are read', DEFAULT_BOOK)
    .option('--sample', 'drivers composed from the sample data in place of the stored ones')
    .addHelpText('after', '\nExample:\n  tidewatch drivers history --bucket big --tf 1h')
    .action((options: HistoryFlags, command: Command) =>
      runCommand(
        command,
        'drivers history',
        async (context) => (await import('../drivers-history.js')).runDriversHistory(context, options),
        { finishesWrites: true },
      ),
    );
  drivers
    .command('study')
    .description('what A and E were worth on the sample data, channel by channel')
    .option('--data <dir>', 'folder with the files of the sample data; the one of the package when left out')
    .option('--draws <n>', 'bootstrap draws', '1000')
    .option('--seed <n>', 'seed of the bootstrap', '42')
    .addHelpText('after', '\nExample:\n  tidewatch drivers study --draws 200')
    .action((options: StudyFlags, command: Command) =>
      runCommand(command, 'drivers study', async (context) =>
        (await import('../drivers-study.js')).runDriversStudy(context, options),
      ),
    );
}
