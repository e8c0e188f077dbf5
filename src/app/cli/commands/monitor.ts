import type { Command } from 'commander';
import type { MonitorFlags, SignalFlags } from '../monitor-run.js';
import { runCommand } from '../run-command.js';

/** Ctrl-C finishes the file that is being written. */
const KEEPS = { finishesWrites: true } as const;

function lakeFlags(command: Command): Command {
  return command
    .option('--experiment <file>', 'YAML laid over the section monitor of the configuration')
    .option('--lake <dir>', 'research lake, only read; <home>/lake/panel/curated/data_lake when left out')
    .option('--out <dir>', 'folder of the reports; <home>/reports/majors-alts when left out');
}

const rangeFlags = (command: Command): Command =>
  command
    .option('--start <day>', 'first day, inclusive; the first with a price when left out')
    .option('--end <day>', 'last day, inclusive; the last with a price when left out');

export function registerMonitor(program: Command): void {
  const monitor = program
    .command('monitor')
    .description('majors against alts: score, neutral book, backtest');
  rangeFlags(
    lakeFlags(monitor.command('run').description('features, regimes, walk-forward backtest, reports')),
  )
    .addHelpText(
      'after',
      '\nExample:\n  tidewatch monitor run --experiment enhanced-5.yaml --start 2024-01-07 --end 2026-02-11',
    )
    .action((flags: MonitorFlags, command: Command) =>
      runCommand(
        command,
        'monitor run',
        async (context) => (await import('../monitor-run.js')).runMonitorRun(context, flags),
        KEEPS,
      ),
    );
  lakeFlags(monitor.command('signals').description('the signal of a day, as if entering flat'))
    .option('--asof <day>', 'the day; the last one of the lake when left out')
    .addHelpText('after', '\nExample:\n  tidewatch monitor signals --asof 2026-02-09')
    .action((flags: SignalFlags, command: Command) =>
      runCommand(
        command,
        'monitor signals',
        async (context) => (await import('../monitor-run.js')).runMonitorSignals(context, flags),
        KEEPS,
      ),
    );
}
