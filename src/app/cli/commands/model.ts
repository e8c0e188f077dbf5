import type { Command } from 'commander';
import { FAMILY_NAMES } from '../../../analysis/models/families/model-family.js';
import type { TrainFlags } from '../model-train.js';
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
    .option('--restarts <n>', 'starting points')
    .option('--set <name=value...>', 'a setting of the family, such as jump_penalty=100')
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
}
