import type { Command } from 'commander';
import type { LookaheadFlags } from '../audit-lookahead.js';
import { runCommand } from '../run-command.js';

export function registerAudit(program: Command): void {
  const audit = program.command('audit').description('whether results can be believed');
  audit
    .command('lookahead')
    .description('whether a feature set or a model looks at anything later; exit 1 when it does')
    .argument('<target>', 'feature set (hmm, hmm@1h+4h+1d, hmm,funding, one of tidewatch.yaml) or model id')
    .option('--points <n>', 'moments at which the future is hidden and replaced', '50')
    .option(
      '--symbol <symbol>',
      'instrument; the first watched one when left out, the model’s own for a model',
    )
    .option(
      '--tf <timeframe>',
      'timeframe; the first of a stack such as hmm@1h+4h, the model’s own for a model',
    )
    .option('--flavour <name>', 'smoothing of ADX and RSI: wilder, ewm_adjusted or ewm_recursive', 'wilder')
    .option('--bars <n>', 'newest bars to try it on', '20000')
    .option('--seed <n>', 'seed of the moments', '42')
    .option('--from <time>', 'first bar')
    .option('--to <time>', 'end of the range, not included')
    .addHelpText(
      'after',
      '\nExample:\n  tidewatch audit lookahead hmm@1h+4h+1d --symbol BTC/USDT --points 100',
    )
    .action((target: string, flags: LookaheadFlags, command: Command) =>
      runCommand(command, 'audit lookahead', async (context) =>
        (await import('../audit-lookahead.js')).runAuditLookahead(context, target, flags),
      ),
    );
}
