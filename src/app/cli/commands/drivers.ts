import type { Command } from 'commander';
import type { DriverRunFlags, LeversFlags } from '../driver-commands.js';
import { runCommand } from '../run-command.js';

const KEEPS = { finishesWrites: true } as const;

export function registerDrivers(program: Command): void {
  const drivers = program
    .command('drivers')
    .description('the regime drivers and what they make of add appetite (A) and exit assertiveness (E)');
  drivers
    .command('run')
    .description('collect, compose and evaluate the drivers now')
    .option('--tf <timeframe>', '1d, 1h, 1m or all', 'all')
    .option('--no-prices', 'ask no venue; work with what is stored')
    .option('--no-ta', 'bars only, no technical record and no states')
    .option('--no-uptrend', 'technical record and levels, states stay as they are')
    .addHelpText('after', '\nExample:\n  tidewatch drivers run --tf 1h')
    .action((flags: DriverRunFlags, command: Command) =>
      runCommand(
        command,
        'drivers run',
        async (context) => (await import('../driver-commands.js')).runDriversRun(context, flags),
        KEEPS,
      ),
    );
  drivers
    .command('summary')
    .description('state, flags and age of the 24 driver records, with A and E of every bucket')
    .option('--book <name>', 'book whose drivers are meant', 'onchain_crypto')
    .addHelpText('after', '\nExample:\n  tidewatch drivers summary')
    .action((flags: { book?: string }, command: Command) =>
      runCommand(command, 'drivers summary', async (context) =>
        (await import('../driver-commands.js')).runDriversSummary(context, flags),
      ),
    );
  drivers
    .command('ae')
    .description('A and E of a bucket or token')
    .option('--bucket <name>', 'nano, small, mid or big')
    .option('--tf <timeframe>', 'execution timeframe: 1m, 5m, 15m, 1h, 4h or 1d', '1h')
    .option('--symbol <token>', 'a token whose market cap tells the bucket')
    .option('--explain', 'with the 15 channels and what each of them adds')
    .addHelpText('after', '\nExample:\n  tidewatch drivers ae --bucket nano --tf 1h --explain')
    .action((flags: LeversFlags, command: Command) =>
      runCommand(command, 'drivers ae', async (context) =>
        (await import('../driver-commands.js')).runDriversAe(context, flags),
      ),
    );
  drivers
    .command('backfill')
    .description('fetch the history that drivers need, compose it, replay every state')
    .option('--days <n>', 'days of every timeframe in place of 666 bars')
    .addHelpText('after', '\nExample:\n  tidewatch drivers backfill')
    .action((flags: { days?: string }, command: Command) =>
      runCommand(
        command,
        'drivers backfill',
        async (context) => (await import('../driver-commands.js')).runDriversBackfill(context, flags),
        KEEPS,
      ),
    );
  drivers
    .command('verify')
    .description('whether bars, records and A/E are there; exit 1 when a cell is empty')
    .addHelpText('after', '\nExample:\n  tidewatch drivers verify')
    .action((_flags: object, command: Command) =>
      runCommand(command, 'drivers verify', async (context) =>
        (await import('../driver-commands.js')).runDriversVerify(context),
      ),
    );
  drivers
    .command('health')
    .description('ages, gaps and alerts; exit 1 when something is late, stale or missing')
    .addHelpText('after', '\nExample:\n  tidewatch drivers health')
    .action((_flags: object, command: Command) =>
      runCommand(command, 'drivers health', async (context) =>
        (await import('../driver-commands.js')).runDriversHealth(context),
      ),
    );
}
