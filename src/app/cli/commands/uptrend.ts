import type { Command } from 'commander';
import { runCommand } from '../run-command.js';
import type { UptrendFlags } from '../uptrend-run.js';
import type { AtBarFlags, ScanFlags } from '../uptrend-views.js';

const FILE = 'CSV, JSON or Parquet file of bars; the lake when left out';

function series(command: Command): Command {
  return command
    .argument('[file]', FILE)
    .option('--symbol <symbol>', 'instrument; the first watched one when left out')
    .option('--tf <timeframe>', "timeframe; a file's own when left out");
}

function range(command: Command): Command {
  return command
    .option('--from <time>', 'first bar that counts; earlier ones warm the engine')
    .option('--to <time>', 'end of the range, not included');
}

export function registerUptrend(program: Command): void {
  const uptrend = program.command('uptrend').description('phase of a trend, S0 to S4, with flags and scores');
  range(series(uptrend.command('run').description('the engine over a series: states, flags, scores')))
    .option('--out <file>', 'write every payload to this file as JSON lines; - streams them to stdout')
    .option('--last <n>', 'show the newest bars; in JSON their payloads', '0')
    .addHelpText(
      'after',
      '\nExample:\n  tidewatch uptrend run --symbol BTC/USDT --tf 1h --from 2024-04-01 --out btc.jsonl',
    )
    .action((file: string | undefined, flags: UptrendFlags, command: Command) =>
      runCommand(
        command,
        'uptrend run',
        async (context) => (await import('../uptrend-run.js')).runUptrendRun(context, file, flags),
        { finishesWrites: true },
      ),
    );
  range(series(uptrend.command('backtest').description('the same with summary, chart and a simple trader')))
    .option('--timeframes <list>', 'several at once, such as 1m,15m,1h,4h')
    .option('--simulate', 'trade the flags: next open, fees, slippage; not a strategy')
    .option('--fee-bps <n>', 'fee per side, basis points', '10')
    .option('--slippage-bps <n>', 'slippage per side, basis points', '5')
    .option('--out <dir>', 'write payloads and summary of every timeframe into this folder')
    .option('--chart <file>', 'write an interactive HTML chart')
    .addHelpText(
      'after',
      '\nExample:\n  tidewatch uptrend backtest --symbol BTC/USDT --tf 1h --from 2023-01-01 --simulate --chart btc.html',
    )
    .action((file: string | undefined, flags: UptrendFlags, command: Command) =>
      runCommand(
        command,
        'uptrend backtest',
        async (context) => (await import('../uptrend-run.js')).runUptrendBacktest(context, file, flags),
        { finishesWrites: true },
      ),
    );
  uptrend
    .command('scan')
    .description('state, flags and scores of every stored instrument now')
    .option('--tf <timeframe>', 'timeframe')
    .option('--state <states>', 'only these states, such as S2,S3')
    .option('--sort <order>', 'state, ox, dx, edx, ts, since or symbol', 'state')
    .addHelpText('after', '\nExample:\n  tidewatch uptrend scan --tf 1d --state S3 --sort dx')
    .action((flags: ScanFlags, command: Command) =>
      runCommand(command, 'uptrend scan', async (context) =>
        (await import('../uptrend-views.js')).runUptrendScan(context, flags),
      ),
    );
  series(uptrend.command('levels').description('support and resistance in force at a bar'))
    .option('--at <time>', 'the bar that holds this time; the newest when left out')
    .addHelpText('after', '\nExample:\n  tidewatch uptrend levels --symbol BTC/USDT --tf 1h')
    .action((file: string | undefined, flags: AtBarFlags, command: Command) =>
      runCommand(command, 'uptrend levels', async (context) =>
        (await import('../uptrend-views.js')).runUptrendLevels(context, file, flags),
      ),
    );
  series(
    uptrend.command('explain').description('why this state at a bar, and what is missing for the next one'),
  )
    .option('--at <time>', 'the bar that holds this time; the newest when left out')
    .addHelpText('after', '\nExample:\n  tidewatch uptrend explain --symbol BTC/USDT --tf 1h --at 2024-01-10')
    .action((file: string | undefined, flags: AtBarFlags, command: Command) =>
      runCommand(command, 'uptrend explain', async (context) =>
        (await import('../uptrend-views.js')).runUptrendExplain(context, file, flags),
      ),
    );
}
