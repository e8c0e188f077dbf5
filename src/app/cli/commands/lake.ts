import type { Command } from 'commander';
import type { ExportFlags } from '../lake-export.js';
import type { GapFlags } from '../lake-gaps.js';
import type { ImportFlags } from '../lake-import.js';
import type { PruneFlags } from '../lake-prune.js';
import type { RollupFlags } from '../lake-rollup.js';
import type { SqlFlags } from '../lake-sql.js';
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
    .command('prune')
    .description('delete what is older than lake.retention allows')
    .option('--dry-run', 'say what would be deleted and delete nothing')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  tidewatch lake prune --dry-run')
    .action((options: PruneFlags, command: Command) =>
      runCommand(
        command,
        'lake prune',
        async (context) => (await import('../lake-prune.js')).runLakePrune(context, options),
        { finishesWrites: true },
      ),
    );
  lake
    .command('rollup')
    .description('5m, 15m, 1h, 4h and 1d bars from stored minutes')
    .option('--symbol <symbol>', 'only this instrument')
    .option('--tf <timeframe>', 'only this timeframe')
    .option('--from <time>', 'first minute; widened to whole days')
    .option('--to <time>', 'end of the range, not included')
    .addHelpText('after', '\nExample:\n  tidewatch lake rollup --symbol BTC/USDT')
    .action((options: RollupFlags, command: Command) =>
      runCommand(
        command,
        'lake rollup',
        async (context) => (await import('../lake-rollup.js')).runLakeRollup(context, options),
        { finishesWrites: true },
      ),
    );
  lake
    .command('sql')
    .description('read-only query over the datasets, one row per key')
    .argument('<query>', 'one SELECT')
    .option('--format <format>', 'table, csv or parquet; by the ending of --out when left out')
    .option('--out <file>', 'write csv or parquet to this file')
    .option('--limit <rows>', 'rows of a table at most', '1000')
    .addHelpText(
      'after',
      '\nExample:\n  tidewatch lake sql "select instrument_id, count(*) from bars group by 1"',
    )
    .action((query: string, options: SqlFlags, command: Command) =>
      runCommand(command, 'lake sql', async (context) =>
        (await import('../lake-sql.js')).runLakeSql(context, query, options),
      ),
    );
  lake
    .command('gaps')
    .description('missing bars, by the calendar of each market')
    .option('--symbol <symbol>', 'only this instrument')
    .option('--tf <timeframe>', 'only this timeframe')
    .option('--shortest <bars>', 'fewest missing bars of a gap; 10 at 1m and 1 elsewhere when left out')
    .option('--repair', 'ask the venue for what is missing')
    .addHelpText('after', '\nExample:\n  tidewatch lake gaps --symbol BTC/USDT --tf 1h')
    .action((options: GapFlags, command: Command) =>
      runCommand(
        command,
        'lake gaps',
        async (context) => (await import('../lake-gaps.js')).runLakeGaps(context, options),
        { finishesWrites: options.repair === true },
      ),
    );
  lake
    .command('verify')
    .description('integrity of files, keys and series')
    .option('--dataset <name>', 'only this dataset')
    .addHelpText('after', '\nExample:\n  tidewatch lake verify --json')
    .action((options: Selection, command: Command) =>
      runCommand(command, 'lake verify', async (context) =>
        (await import('../lake-verify.js')).runLakeVerify(context, options),
      ),
    );
  lake
    .command('export')
    .description('rows into one file: CSV, Parquet, JSON or NDJSON by its ending')
    .requiredOption('--out <file>', 'file to write; .gz packs CSV and JSON')
    .option('--as <dataset>', 'dataset to read', 'bars')
    .option('--symbol <symbol>', 'only this instrument or driver')
    .option('--tf <timeframe>', 'only this timeframe')
    .option('--from <time>', 'first row')
    .option('--to <time>', 'end of the range, not included')
    .option('--format <format>', 'csv, parquet, json or ndjson')
    .addHelpText('after', '\nExample:\n  tidewatch lake export --symbol BTC/USDT --tf 1h --out btc-1h.csv')
    .action((options: ExportFlags, command: Command) =>
      runCommand(
        command,
        'lake export',
        async (context) => (await import('../lake-export.js')).runLakeExport(context, options),
        { finishesWrites: true },
      ),
    );
  lake
    .command('import')
    .description('files into the lake: CSV, JSON, Parquet, feather, zip, gzip, folders of them')
    .argument('<file...>', 'files or folders')
    .option('--as <dataset>', 'dataset to write to', 'bars')
    .option(
      '--symbol <id>',
      'instrument id of the rows; {symbol} and {file} stand for what the file or its name says',
    )
    .option(
      '--tf <timeframe>',
      'timeframe of the rows; told from their spacing when left out, needed for trades',
    )
    .option('--map <columns>', 'target=source pairs, for example ts=time,volume=vol')
    .option('--delimiter <character>', 'field delimiter; found when left out')
    .option('--assume-utc', 'take date-times without zone as UTC')
    .option('--tolerant', 'leave rows out that cannot be stored, and count them')
    .option('--merge-partials', 'rows under one key are parts of one candle')
    .addHelpText('after', '\nExample:\n  tidewatch lake import btc-1h.csv --symbol file:spot:BTCUSD --tf 1h')
    .action((files: string[], options: ImportFlags, command: Command) =>
      runCommand(
        command,
        'lake import',
        async (context) => (await import('../lake-import.js')).runLakeImport(context, files, options),
        { finishesWrites: true },
      ),
    );
}
