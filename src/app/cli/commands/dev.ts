import type { Command } from 'commander';
import type { MockVenueFlags } from '../mock-venue.js';
import { runCommand } from '../run-command.js';

export function registerDev(program: Command): void {
  const dev = program.command('dev').description('suites, benches and simulated venues');
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
  dev
    .command('mock-venue')
    .description('serve simulated venues that replay the sample data, with faults')
    .option('--port <port>', 'port (default 8790; 0 for any free one)')
    .option('--venue <name...>', 'venues to serve (default all)')
    .option('--speed <factor>', 'multiple of real time (default 1; 0 stands still)')
    .option('--seed <n>', 'seed of the faults, and of the synthetic market (default 1)')
    .option('--faults <rules>', 'faults to inject, such as mix=0.05 (default none)')
    .option('--start <time>', 'virtual time at the start (default a day before the minutes end)')
    .option('--synthetic', 'a market of the seed in place of the sample data, and a home for it (--home)')
    .addHelpText(
      'after',
      '\nExample:\n  tidewatch dev mock-venue --venue binanceusdm --seed 7 --faults mix=0.05',
    )
    .action((flags: MockVenueFlags, command: Command) =>
      runCommand(
        command,
        'dev mock-venue',
        async (context) => (await import('../mock-venue.js')).runMockVenue(context, flags),
        { finishesWrites: true },
      ),
    );
}
