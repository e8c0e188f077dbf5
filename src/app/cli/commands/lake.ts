import type { Command } from 'commander';
import { runCommand } from '../run-command.js';

interface Selection {
  dataset?: string;
  symbol?: string;
  tf?: string;
}

export function registerLake(program: Command): void {
  const lake = program.command('lake').description('market data on disk');
  lake
    .command('status')
    .description('datasets, spans, rows, size, freshness')
    .option('--dataset <name>', 'only this dataset')
    .option('--symbol <symbol>', 'only this instrument')
    .addHelpText('after', '\nExample:\n  tidewatch lake status --dataset bars')
    .action((options: Selection, command: Command) =>
      runCommand(command, 'lake status', async (context) =>
        (await import('../lake-status.js')).runLakeStatus(context, options),
      ),
    );
  lake
    .command('compact')
    .description('merge small files')
    .option('--dataset <name>', 'only this dataset')
    .addHelpText('after', '\nExample:\n  tidewatch lake compact')
    .action((options: Selection, command: Command) =>
      runCommand(
        command,
        'lake compact',
        async (context) => (await import('../lake-compact.js')).runLakeCompact(context, options),
        { finishesWrites: true },
      ),
    );
  lake
    .command('sql')
    .description('read-only query over the datasets, one row per key')
    .argument('<query>', 'one SELECT')
    .option('--format <format>', 'table, csv or parquet', 'table')
    .option('--out <file>', 'write csv or parquet to this file')
    .option('--limit <rows>', 'rows of a table at most', '1000')
    .addHelpText(
      'after',
      '\nExample:\n  tidewatch lake sql "select instrument_id, count(*) from bars group by 1"',
    )
    .action((query: string, options: { format: string; out?: string; limit: string }, command: Command) =>
      runCommand(command, 'lake sql', async (context) =>
        (await import('../lake-sql.js')).runLakeSql(context, query, options),
      ),
    );
}
