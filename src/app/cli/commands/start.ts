import type { Command } from 'commander';
import { runCommand } from '../run-command.js';
import type { StartFlags } from '../start.js';
import { listenOverrides } from './serve.js';

export function registerStart(program: Command): void {
  program
    .command('start')
    .description('first run: sample data, model, regimes, report, server; later runs serve what is there')
    .option('--offline', 'no network beyond this machine (nothing needs one yet)')
    .option('--no-open', 'do not open the browser')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port; the next free one from 8080 when left out')
    .option('--no-serve', 'compute, print and exit')
    .addHelpText('after', '\nExample:\n  tidewatch start --no-open --port 9000')
    .action((flags: StartFlags, command: Command) =>
      runCommand(
        command,
        'start',
        async (context) => (await import('../start.js')).runStart(context, flags),
        {
          finishesWrites: true,
          overrides: listenOverrides(flags),
        },
      ),
    );
}
