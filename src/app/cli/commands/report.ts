import type { Command } from 'commander';
import type { ReportFlags } from '../report-commands.js';
import { runCommand } from '../run-command.js';

export function registerReport(program: Command): void {
  const report = program.command('report').description('self-contained HTML reports');
  report
    .command('build')
    .description('the report of a run, or of a model')
    .argument('[run]', 'run id; the newest when left out')
    .option('--model <id>', 'report of this model over all stored bars')
    .option('--symbol <symbol>', 'report of the newest model of this instrument')
    .option('--tf <timeframe>', 'timeframe of that model')
    .option('--out <file>', 'write here instead of <home>/reports')
    .addHelpText('after', '\nExample:\n  tidewatch report build --symbol BTC/USDT --tf 1h --out btc.html')
    .action((run: string | undefined, flags: ReportFlags, command: Command) =>
      runCommand(
        command,
        'report build',
        async (context) => (await import('../report-commands.js')).runReportBuild(context, run, flags),
        { finishesWrites: true },
      ),
    );
  report
    .command('open')
    .description('open a report in the browser')
    .argument('[run]', 'run id; the newest when left out')
    .addHelpText('after', '\nExample:\n  tidewatch report open')
    .action((run: string | undefined, _options, command: Command) =>
      runCommand(
        command,
        'report open',
        async (context) => (await import('../report-commands.js')).runReportOpen(context, run),
        { finishesWrites: true },
      ),
    );
}
