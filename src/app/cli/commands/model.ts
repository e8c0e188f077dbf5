import type { Command } from 'commander';
import { FAMILY_NAMES } from '../../../analysis/models/families/model-family.js';
import type { CompareFlags } from '../model-compare.js';
import type { TrainFlags } from '../model-train.js';
import type { WalkForwardFlags } from '../model-walk-forward.js';
import { runCommand } from '../run-command.js';

export function registerModel(program: Command): void {
  const model = program.command('model').description('regime models');
  model
    .command('train')
    .description('fit a regime model to stored bars')
    .option('--symbol <symbol>', 'instrument; the first watched one when left out')
    .option('--tf <timeframe>', 'timeframe')
    .option('--model <name>', FAMILY_NAMES.join(', '), 'hmm')
    .option('--states <n>', 'number of states, or auto: chosen by how well later rows are told')
    .option('--covariance <type>', 'full, diag, tied or spherical; the profile decides when left out')
    .option('--flavour <name>', 'smoothing of ADX and RSI: wilder, ewm_adjusted or ewm_recursive')
    .option('--set <name>', 'feature set, as in features build; hmm when left out')
    .option('--restarts <n>', 'starting points')
    .option('--sticky <bars>', 'least mean stay in a state that the transitions are held to')
    .option(
      '--setting <name=value>',
      'a setting of the family, such as jump_penalty=100; may be repeated',
      collect,
    )
    .option('--threshold <p>', 'change the regime only to a state more probable than this')
    .option('--dwell <bars>', 'keep a regime at least this long, up to 500 bars')
    .option('--seed <n>', 'seed of the starting points')
    .option('--from <time>', 'first bar')
    .option('--to <time>', 'end of the range, not included')
    .addHelpText('after', '\nExample:\n  tidewatch model train --symbol BTC/USDT --tf 1h --states 3')
    .action((flags: TrainFlags, command: Command) =>
      runCommand(
        command,
        'model train',
        async (context) => (await import('../model-train.js')).runModelTrain(context, flags),
        { finishesWrites: true },
      ),
    );
  model
    .command('list')
    .description('saved models, newest first')
    .addHelpText('after', '\nExample:\n  tidewatch model list --json')
    .action((_options, command: Command) =>
      runCommand(command, 'model list', async (context) =>
        (await import('../model-commands.js')).runModelList(context),
      ),
    );
  model
    .command('show')
    .description('states, transitions and diagnostics of a model')
    .argument('[model]', 'model id; the newest when left out')
    .addHelpText('after', '\nExample:\n  tidewatch model show')
    .action((id: string | undefined, _options, command: Command) =>
      runCommand(command, 'model show', async (context) =>
        (await import('../model-commands.js')).runModelShow(context, id),
      ),
    );
  model
    .command('delete')
    .description('delete models and their results')
    .argument('<model...>', 'model ids')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  tidewatch model delete binance_BTCUSDT_1h_1763700000-0a1b2c3d --yes')
    .action((ids: string[], options: { yes?: boolean }, command: Command) =>
      runCommand(
        command,
        'model delete',
        async (context) => (await import('../model-commands.js')).runModelDelete(context, ids, options.yes),
        { finishesWrites: true },
      ),
    );
  withSchedule(
    model
      .command('walk-forward')
      .description('refit on schedule, regimes point in time, scorecard')
      .option('--symbol <symbol>', 'instrument; the first watched one when left out')
      .option('--tf <timeframe>', 'timeframe')
      .option('--model <name>', FAMILY_NAMES.join(', '), 'hmm')
      .option('--states <n>', 'number of states, a range such as 2-4, or auto')
      .option('--covariance <type>', 'full, diag, tied or spherical')
      .option('--set <name>', 'feature set', 'hmm')
      .option('--sticky <bars>', 'least mean stay that the transitions are pulled to')
      .option(
        '--setting <name=value>',
        'a setting of the family, such as jump_penalty=100; may be repeated',
        collect,
      )
      .option('--threshold <p>', 'change the regime only to a state more probable than this')
      .option('--hysteresis <enter,leave>', 'enter a regime above, leave it below')
      .option('--dwell <bars>', 'keep a regime at least this long'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  tidewatch model walk-forward --symbol BTC/USDT --tf 1h --states 3 --train 8760 --refit 504',
    )
    .action((flags: WalkForwardFlags, command: Command) =>
      runCommand(command, 'model walk-forward', async (context) =>
        (await import('../model-walk-forward.js')).runModelWalkForward(context, flags),
      ),
    );
  withSchedule(
    model
      .command('compare')
      .description('candidates side by side on walk-forward regimes')
      .argument(
        '[candidate...]',
        'family[:states][+name=value...][/set][@timeframe], or the id of a saved model; five usual ones when left out',
      )
      .option('--symbol <symbol>', 'instrument; the first watched one when left out')
      .option('--tf <timeframes>', 'timeframe, or several joined by commas')
      .option('--set <name>', 'feature set of candidates that name none', 'hmm')
      .option(
        '--setting <name=value>',
        'a setting of every candidate whose family has it; may be repeated',
        collect,
      ),
  )
    .addHelpText('after', '\nExample:\n  tidewatch model compare hmm:2 hmm:3 kmeans:3 --tf 1h')
    .action((candidates: string[], flags: CompareFlags, command: Command) =>
      runCommand(command, 'model compare', async (context) =>
        (await import('../model-compare.js')).runModelCompare(context, candidates, flags),
      ),
    );
}

/** An option that may be repeated; one that took all words after it would swallow the candidates. */
const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** What both kinds of walk-forward take. */
function withSchedule(command: Command): Command {
  return command
    .option('--train <bars>', 'rows of the first training window; about a year when left out')
    .option('--refit <bars>', 'rows from refit to refit; 21 days when left out')
    .option('--window <kind>', 'expanding or rolling', 'expanding')
    .option('--restarts <n>', 'starting points of each refit', '10')
    .option('--seed <n>', 'seed of the starting points and of the tests')
    .option('--from <time>', 'first bar')
    .option('--to <time>', 'end of the range, not included')
    .option('--rule <name>', 'fixed rule of the economic value: long_short or long_flat', 'long_short')
    .option('--cost-bps <n>', 'cost of a whole change of position, basis points', '10')
    .option('--draws <n>', 'phase shifts and bootstrap draws', '1000')
    .option('--workers <n>', 'worker threads; the results do not depend on it')
    .option('--memory <megabytes>', 'refuse to start when more would be needed; what is free when left out');
}
