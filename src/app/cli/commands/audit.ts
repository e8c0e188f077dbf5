import type { Command } from 'commander';
import type { LookaheadFlags } from '../audit-lookahead.js';
import type { AuditRunFlags } from '../audit-run.js';
import { runCommand } from '../run-command.js';

export function registerAudit(program: Command): void {
  const audit = program.command('audit').description('whether results can be believed');
  audit
    .command('lookahead')
    .description('whether a feature set, a model or a strategy looks at anything later; exit 1 when it does')
    .argument(
      '<target>',
      'feature set (hmm, hmm@1h+4h+1d, hmm,funding, one of tidewatch.yaml), model id, majors-alts, or a run of it',
    )
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
  audit
    .command('run')
    .description('whether a run can be believed, whatever its kind; exit 1 when something was found')
    .argument('<run>', 'run id, of any kind')
    .option('--points <n>', 'moments at which the future is cut off', '5')
    .option('--draws <n>', 'draws of the block bootstrap', '2000')
    .option('--seed <n>', 'seed of the days and the draws', '42')
    .addHelpText('after', '\nExample:\n  tidewatch audit run majors_alts_default_1d_0a1b2c3d')
    .action((run: string, flags: AuditRunFlags, command: Command) =>
      runCommand(command, 'audit run', async (context) =>
        (await import('../audit-run.js')).runAuditRun(context, run, flags),
      ),
    );
  audit
    .command('replay')
    .description('make a run again from its manifest and compare it byte for byte; exit 1 when it differs')
    .argument('<run>', 'run id, of any kind')
    .addHelpText('after', '\nExample:\n  tidewatch audit replay majors_alts_default_1d_0a1b2c3d')
    .action((run: string, _flags: object, command: Command) =>
      runCommand(command, 'audit replay', async (context) =>
        (await import('../audit-run.js')).runAuditReplay(context, run),
      ),
    );
}
