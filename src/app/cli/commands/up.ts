import { type Command, Option } from 'commander';
import { runCommand } from '../run-command.js';
import type { UpFlags } from '../up.js';
import { listenOverrides } from './serve.js';

export function registerUp(program: Command): void {
  program
    .command('up')
    .description('the whole system: checks, schedule, streams, API and dashboard')
    .addOption(new Option('--role <role>', 'all, data, trade, worker or web').default('all'))
    .addOption(new Option('--mode <mode>', 'paper or live').default('paper'))
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port; the next free one from 8080 when left out')
    .option('--no-backfill', 'tell what history is missing and do not fetch it at the start')
    .option('--bootstrap-only', 'check, print the report and exit')
    .addHelpText('after', '\nExample:\n  tidewatch up --role all --port 9000')
    .action((flags: UpFlags, command: Command) =>
      runCommand(command, 'up', async (context) => (await import('../up.js')).runUp(context, flags), {
        finishesWrites: true,
        overrides: listenOverrides(flags),
      }),
    );
}
