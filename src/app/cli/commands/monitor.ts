import type { Command } from 'commander';
import type { CompareFlags } from '../monitor-compare.js';
import type { LegacyFlags } from '../monitor-legacy.js';
import type { MonitorFlags, SignalFlags } from '../monitor-run.js';
import type { SweepFlags } from '../monitor-sweep.js';
import type { UniverseFlags } from '../monitor-universe.js';
import { runCommand } from '../run-command.js';

/** Ctrl-C finishes the file that is being written. */
const KEEPS = { finishesWrites: true } as const;

function lakeFlags(command: Command): Command {
  return command
    .option('--experiment <file>', 'YAML laid over the section monitor of the configuration')
    .option(
      '--lake <dir>',
      'research lake, or `bars` for those of the home; only read; <home>/lake/panel/curated/data_lake when left out',
    )
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
  monitor
    .command('universe')
    .description('the assets that there were on a day, as known then: snapshots, else prices and caps')
    .option('--asof <day>', 'the day; the last one of the lake when left out')
    .option(
      '--lake <dir>',
      'research lake, or `bars` for those of the home; only read; <home>/lake/panel/curated/data_lake when left out',
    )
    .addHelpText('after', '\nExample:\n  tidewatch monitor universe --asof 2025-02-01')
    .action((flags: UniverseFlags, command: Command) =>
      runCommand(command, 'monitor universe', async (context) =>
        (await import('../monitor-universe.js')).runMonitorUniverse(context, flags),
      ),
    );
  rangeFlags(
    monitor.command('sweep').description('many experiments on all cores, and how far to believe the best'),
  )
    .requiredOption('--glob <pattern>', 'experiment files; the last part of the path may hold * and ?')
    .option('--fail-fast', 'stop at the first experiment that fails')
    .option(
      '--lake <dir>',
      'research lake, or `bars` for those of the home; only read; <home>/lake/panel/curated/data_lake when left out',
    )
    .option('--out <dir>', 'folder of the reports; <home>/reports/majors-alts when left out')
    .addHelpText('after', '\nExample:\n  tidewatch monitor sweep --glob "experiments/*.yaml"')
    .action((flags: SweepFlags, command: Command) =>
      runCommand(
        command,
        'monitor sweep',
        async (context) => (await import('../monitor-sweep.js')).runMonitorSweep(context, flags),
        KEEPS,
      ),
    );
  rangeFlags(lakeFlags(monitor.command('compare').description('one of five questions about a configuration')))
    .requiredOption('--what <question>', 'baseline, basket, risk, legacy or run')
    .option('--run <id>', 'the run to take apart with --what run; the newest when left out')
    .addHelpText('after', '\nExample:\n  tidewatch monitor compare --what baseline')
    .action((flags: CompareFlags, command: Command) =>
      runCommand(
        command,
        'monitor compare',
        async (context) => (await import('../monitor-compare.js')).runMonitorCompare(context, flags),
        KEEPS,
      ),
    );
  monitor
    .command('legacy')
    .description('the older score of 0 to 100, for comparison')
    .argument('[mode]', 'live, historical, backfill (update) or extract', 'live')
    .option('--days <n>', 'days of historical (720) or rows of extract (365)')
    .option('--alts <n>', 'alts asked for; 191 live, 60 otherwise')
    .option('--file <path>', 'history file; regime_history.csv in the report folder when left out')
    .option('--out <dir>', 'folder of the reports; <home>/reports/majors-alts when left out')
    .addHelpText('after', '\nExample:\n  tidewatch monitor legacy historical --days 720')
    .action((mode: string | undefined, flags: LegacyFlags, command: Command) =>
      runCommand(
        command,
        'monitor legacy',
        async (context) => (await import('../monitor-legacy.js')).runMonitorLegacy(context, mode, flags),
        KEEPS,
      ),
    );
}
