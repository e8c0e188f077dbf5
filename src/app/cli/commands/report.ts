import type { Command } from 'commander';
import { runCommand } from '../run-command.js';

export function registerReport(program: Command): void {
  const report = program.command('report').description('self-contained HTML reports');
  report
    .command('build')
    .description('the report of a run')
    .argument('[run]', 'run id; the newest when left out')
    .option('--out <file>', 'write here instead of <home>/reports')
    .addHelpText('after', '\nExample:\n  tidewatch report build --out btc.html')
    .action((run: string | undefined, options: { out?: string }, command: Command) =>
      runCommand(
        command,
        'report build',
        async (context) => (await import('../report-commands.js')).runReportBuild(context, run, options.out),
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
