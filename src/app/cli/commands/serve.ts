import type { Command } from 'commander';
import { parseWhole } from '../flags.js';
import { runCommand } from '../run-command.js';
import type { ServeFlags } from '../serve.js';

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('HTTP API and reports of what is there')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port; the next free one from 8080 when left out')
    .option('--open', 'open the browser')
    .addHelpText('after', '\nExample:\n  tidewatch serve --port 9000')
    .action((flags: ServeFlags, command: Command) =>
      runCommand(
        command,
        'serve',
        async (context) => (await import('../serve.js')).runServe(context, flags),
        {
          finishesWrites: true,
          overrides: listenOverrides(flags),
        },
      ),
    );
}

/** Flags as configuration keys. */
export function listenOverrides({ host, port }: { host?: string; port?: string }): Record<string, unknown> {
  return {
    ...(host === undefined ? {} : { 'http.host': host }),
    ...(port === undefined ? {} : { 'http.port': parseWhole(port, '--port', 0, 65_535) }),
  };
}
