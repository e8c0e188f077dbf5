import type { Command } from 'commander';
import { runCommand } from '../run-command.js';

export function registerDb(program: Command): void {
  const db = program.command('db').description('the operational database');
  db.command('status')
    .description('engine, place, migrations and rows')
    .addHelpText('after', '\nExample:\n  tidewatch db status --json')
    .action((_options, command: Command) =>
      runCommand(command, 'db status', async (context) =>
        (await import('../db-commands.js')).runDbStatus(context),
      ),
    );
  db.command('migrate')
    .description('apply what is missing of the migrations; every start does the same')
    .option('--to <version>', 'last migration to apply, by number or name')
    .addHelpText('after', '\nExample:\n  tidewatch db migrate')
    .action((flags: { to?: string }, command: Command) =>
      runCommand(
        command,
        'db migrate',
        async (context) => (await import('../db-commands.js')).runDbMigrate(context, flags),
        { finishesWrites: true },
      ),
    );
  db.command('backup')
    .description('write all rows to a file that either engine can restore')
    .option('--out <file>', 'file to write; one in <home>/db/backups when left out')
    .addHelpText('after', '\nExample:\n  tidewatch db backup --out tidewatch.ndjson.gz')
    .action((flags: { out?: string }, command: Command) =>
      runCommand(
        command,
        'db backup',
        async (context) => (await import('../db-commands.js')).runDbBackup(context, flags),
        { finishesWrites: true },
      ),
    );
  db.command('restore')
    .description('replace all rows by those of a backup')
    .argument('<file>', 'backup')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  tidewatch db restore tidewatch.ndjson.gz --yes')
    .action((file: string, flags: { yes?: boolean }, command: Command) =>
      runCommand(
        command,
        'db restore',
        async (context) => (await import('../db-commands.js')).runDbRestore(context, file, flags.yes),
        { finishesWrites: true },
      ),
    );
  db.command('verify')
    .description('whether all tables and columns are there, or whether a backup is whole')
    .argument('[file]', 'backup; the database when left out')
    .addHelpText('after', '\nExample:\n  tidewatch db verify')
    .action((file: string | undefined, _options, command: Command) =>
      runCommand(command, 'db verify', async (context) =>
        (await import('../db-commands.js')).runDbVerify(context, file),
      ),
    );
}
