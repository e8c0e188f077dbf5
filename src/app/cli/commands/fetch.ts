import type { Command } from 'commander';
import type { FetchFlags } from '../fetch-history.js';
import type { PanelFlags } from '../fetch-panel.js';
import { runCommand } from '../run-command.js';

/** Ctrl-C publishes what is in memory before it ends the process. */
const KEEPS = { finishesWrites: true } as const;

function historyFlags(command: Command): Command {
  return command
    .option('--venue <name>', 'binanceusdm, binance, bybit, okx, hyperliquid or kraken')
    .option('--symbol <symbols>', 'one or several, separated by commas; the watched ones when left out')
    .option('--from <time>', 'first time; when left out, go on from what is stored')
    .option('--to <time>', 'end of the range, not included; now when left out');
}

export function registerFetch(program: Command): void {
  const fetch = program.command('fetch').description('history from venues, resumable');
  historyFlags(fetch.command('candles').description('bars, final ones only'))
    .option('--tf <timeframe>', 'timeframe', '1m')
    .option('--full', 'from the first bar that the venue has')
    .addHelpText(
      'after',
      '\nExample:\n  tidewatch fetch candles --venue binanceusdm --symbol BTC/USDT --full',
    )
    .action((options: FetchFlags, command: Command) =>
      runCommand(
        command,
        'fetch candles',
        async (context) => (await import('../fetch-history.js')).runFetchCandles(context, options),
        KEEPS,
      ),
    );
  historyFlags(fetch.command('funding').description('funding as events, with their own times'))
    .option('--full', 'everything the venue has, stored or not')
    .addHelpText('after', '\nExample:\n  tidewatch fetch funding --venue bybit --symbol ETH/USDT')
    .action((options: FetchFlags, command: Command) =>
      runCommand(
        command,
        'fetch funding',
        async (context) => (await import('../fetch-history.js')).runFetchFunding(context, options),
        KEEPS,
      ),
    );
  historyFlags(fetch.command('open-interest').description('open interest of the window that the venue keeps'))
    .option('--tf <timeframe>', 'period, five minutes or longer', '5m')
    .option('--full', 'everything the venue keeps; the newest 30 days and what is stored when left out')
    .addHelpText('after', '\nExample:\n  tidewatch fetch open-interest --venue binanceusdm --symbol BTC/USDT')
    .action((options: FetchFlags, command: Command) =>
      runCommand(
        command,
        'fetch open-interest',
        async (context) => (await import('../fetch-history.js')).runFetchOpenInterest(context, options),
        KEEPS,
      ),
    );
  historyFlags(
    fetch
      .command('liquidations')
      .description('not to be had afterwards: venues only stream them, and this command says so'),
  )
    .option('--tf <timeframe>', 'of no use here')
    .option('--full', 'of no use here')
    .addHelpText('after', '\nExample:\n  tidewatch fetch liquidations --venue binanceusdm')
    .action((options: FetchFlags, command: Command) =>
      runCommand(command, 'fetch liquidations', async () =>
        (await import('../fetch-history.js')).refuseLiquidations(options),
      ),
    );
  fetch
    .command('panel')
    .description('daily facts of many coins from CoinGlass and CoinGecko, for the monitor')
    .option('--funding', 'funding at 00:00 UTC; of the first three all when none is named')
    .option('--oi', 'open interest over all exchanges')
    .option('--liquidations', 'liquidations of longs and of shorts')
    .option('--caps', 'prices, market caps and volumes, from CoinGecko')
    .option('--symbols <coins>', 'coins separated by commas')
    .option('--symbols-source <name>', 'auto, instruments, funding, listings or universe', 'auto')
    .option('--exchange <name>', 'exchange of the funding', 'Binance')
    .option('--from <time>', 'first day; 730 days back when left out')
    .option('--to <time>', 'end of the range, not included; the last whole day when left out')
    .option('--liquidity-gate', 'only the 150 largest by their newest stored cap')
    .option('--incremental', 'begin after the last stored day of each coin')
    .option('--rate-limit <calls>', 'calls a minute at CoinGlass', '30')
    .option('--lake <folder>', "a research lake to add to; the home's own panel when left out")
    .addHelpText(
      'after',
      '\nExample:\n  tidewatch fetch panel --funding --oi --symbols BTC,ETH --incremental',
    )
    .action((options: PanelFlags, command: Command) =>
      runCommand(
        command,
        'fetch panel',
        async (context) => (await import('../fetch-panel.js')).runFetchPanel(context, options),
        KEEPS,
      ),
    );
  fetch
    .command('universe')
    .description('the markets that a venue lists')
    .option('--venue <name>', 'binanceusdm, binance, bybit, okx, hyperliquid or kraken', 'binanceusdm')
    .addHelpText('after', '\nExample:\n  tidewatch fetch universe --venue hyperliquid')
    .action((options: { venue?: string }, command: Command) =>
      runCommand(command, 'fetch universe', async (context) =>
        (await import('../fetch-once.js')).runFetchUniverse(context, options),
      ),
    );
  fetch
    .command('dominance')
    .description('one sample of the shares of bitcoin and tether, stored at the time of the provider')
    .addHelpText('after', '\nExample:\n  tidewatch fetch dominance')
    .action((_options: object, command: Command) =>
      runCommand(
        command,
        'fetch dominance',
        async (context) => (await import('../fetch-once.js')).runFetchDominance(context),
        KEEPS,
      ),
    );
  fetch
    .command('caps')
    .description('market caps of the largest coins, stored for the instruments of the home')
    .option('--limit <coins>', 'coins at most', '250')
    .addHelpText('after', '\nExample:\n  tidewatch fetch caps --limit 20')
    .action((options: { limit?: string }, command: Command) =>
      runCommand(command, 'fetch caps', async (context) =>
        (await import('../fetch-once.js')).runFetchCaps(context, options),
      ),
    );
}
