import type { Command } from 'commander';
import { runCommand } from '../run-command.js';

export function registerDev(program: Command): void {
  const dev = program.command('dev').description('suites and benches of a clone');
  dev
    .command('golden')
    .description('run the golden suites over a folder of cases')
    .argument('[dir]', 'folder of cases (GOLDEN_DIR); the copy in the repository when left out')
    .addHelpText('after', '\nExample:\n  tidewatch dev golden /data/golden')
    .action((dir: string | undefined, _options, command: Command) =>
      runCommand(command, 'dev golden', async (context) =>
        (await import('../dev.js')).runGolden(context, dir),
      ),
    );
  dev
    .command('bench')
    .description('run the benches')
    .argument('[name...]', 'names of benches; all when left out')
    .addHelpText('after', '\nExample:\n  tidewatch dev bench hmm --json')
    .action((names: string[], _options, command: Command) =>
      runCommand(command, 'dev bench', async (context) =>
        (await import('../dev.js')).runBench(context, names),
      ),
    );
}
