import type { Command } from 'commander';
import type { FeatureFlags } from '../features-build.js';
import { runCommand } from '../run-command.js';

export function registerFeatures(program: Command): void {
  const features = program.command('features').description('columns that models learn from');
  features
    .command('build')
    .description('a feature set of a stored series as a table')
    .option(
      '--set <name>',
      'feature set: hmm, ta, uptrend, funding, open_interest, dominance, breadth, one of tidewatch.yaml, several (hmm,funding), a stack (hmm@1h+4h+1d)',
      'hmm',
    )
    .option('--symbol <symbol>', 'instrument; the first watched one when left out')
    .option('--tf <timeframe>', 'timeframe')
    .option('--flavour <name>', 'smoothing of ADX and RSI: wilder, ewm_adjusted or ewm_recursive', 'wilder')
    .option('--from <time>', 'first bar')
    .option('--to <time>', 'end of the range, not included')
    .option('--out <file>', 'write all rows to this CSV file')
    .addHelpText(
      'after',
      '\nExample:\n  tidewatch features build --symbol BTC/USDT --tf 1h --out features.csv',
    )
    .action((flags: FeatureFlags, command: Command) =>
      runCommand(command, 'features build', async (context) =>
        (await import('../features-build.js')).runFeaturesBuild(context, flags),
      ),
    );
}
