/** `model walk-forward`. */

import type { CovarianceType } from '../../analysis/models/gaussian-hmm/expectation.js';
import type { WalkForwardReport } from '../../analysis/models/walk-forward/walk-forward-report.js';
import { wealthBelief } from '../../backtest/believability/return-belief.js';
import { displaySymbol } from '../../market/instrument.js';
import { runWalkForward } from '../regime/walk-forward-run.js';
import { resolveSymbol } from '../resolve-symbol.js';
import { beliefLines } from './belief-text.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseRange } from './flags.js';
import { count, day, number, percent, renderTable, signedPercent, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { timeframeOf, withServices } from './session.js';
import { type SettingFlags, settingsOf } from './setting-flags.js';
import {
  type DecodingFlags,
  decodingRule,
  familyOf,
  limitsOf,
  planOf,
  type ScheduleFlags,
  statesOf,
} from './walk-forward-flags.js';

export interface WalkForwardFlags extends ScheduleFlags, DecodingFlags, SettingFlags {
  readonly symbol?: string;
  readonly tf?: string;
  readonly model: string;
  readonly states?: string;
  readonly covariance?: string;
  readonly set: string;
  readonly from?: string;
  readonly to?: string;
}

const COVARIANCES: readonly CovarianceType[] = ['full', 'diag', 'tied', 'spherical'];

export async function runModelWalkForward(
  context: CommandContext,
  flags: WalkForwardFlags,
): Promise<CommandResult> {
  const timeframe = timeframeOf(context, flags.tf);
  const range = parseRange(flags.from, flags.to);
  const limits = limitsOf(flags);
  const plan = planOf(
    context,
    flags,
    timeframe,
    {
      family: familyOf(flags.model),
      states: statesOf(flags.states ?? String(context.config.hmm.states)),
      ...(flags.covariance === undefined
        ? {}
        : { covariance: parseChoice(flags.covariance, 'covariance', COVARIANCES) }),
      ...settingsOf(flags),
    },
    decodingRule(flags),
  );
  return withServices(context, async (services) => {
    const instrument = await resolveSymbol(flags.symbol, context.config.lake.watched, services.data.lake);
    const progress = context.progress('walk-forward', 'folds');
    try {
      const { run, report, resumed, sha256 } = await runWalkForward(
        services,
        { instrument, timeframe, ...range, set: flags.set, plan },
        {
          ...limits,
          signal: context.signal,
          onFold: (done, total) => {
            progress.update(done, total);
            if (done > 0) context.keep(`${done} of ${total} folds; the same command goes on from there`);
          },
        },
      );
      return {
        data: {
          run_id: run.run_id,
          sha256,
          outputs: run.outputs,
          resumed_folds: resumed,
          ...report,
          believability: wealthBelief(report.curve),
        },
        text: [
          `${displaySymbol(instrument)} ${timeframe}  ${flags.model}, refitted ${count(report.folds.length)} times, ${count(report.rows)} bars point in time (${day(report.first_ts)} to ${day(report.last_ts)})`,
          ...summary(context, report),
          `run ${run.run_id}  sha256 ${sha256.slice(0, 16)}`,
        ].join('\n'),
        asOf: report.last_ts,
      };
    } finally {
      progress.stop();
    }
  });
}

function summary(context: CommandContext, { scorecard, revision, curve }: WalkForwardReport): string[] {
  const { economic, returns, stability, persistence, likelihood } = scorecard;
  const decimal = (value: number | null | undefined, digits = 3): string =>
    value === null || value === undefined ? 'n/a' : value.toFixed(digits).replace('-', '−');
  const { strategy, buy_and_hold: hold, phase_shift: shift } = economic;
  return [
    renderTable(
      [
        text('State'),
        number('Bars'),
        number('Next bar'),
        number('t'),
        number('Bootstrap p'),
        number('Volatility'),
      ],
      economic.states.map((state) => [
        `${state.label} (${state.identity})`,
        count(state.count),
        signedPercent(state.next_mean),
        decimal(state.t, 1),
        decimal(state.bootstrap_p),
        percent(state.next_volatility, 2),
      ]),
      context.style,
    ),
    '',
    renderTable(
      [text('Measure'), number('Value')],
      [
        [
          'Next return over one state, nats per bar',
          `${decimal(returns.over_one_state.per_row, 4)} (t ${decimal(returns.over_one_state.t, 1)})`,
        ],
        [
          'Next return over no memory, nats per bar',
          `${decimal(returns.over_no_memory.per_row, 4)} (t ${decimal(returns.over_no_memory.t, 1)})`,
        ],
        ['Features over one state, nats per bar', decimal(likelihood.over_one_state?.per_row)],
        ['Mean stay, bars', decimal(persistence.mean_run_length, 1)],
        ['Certainty', percent(scorecard.certainty)],
        ['Labels changed by later refits', percent(revision.revised_by_refits)],
        ['Labels changed in hindsight', percent(revision.revised_in_hindsight)],
        ['Median detection lag, bars', decimal(revision.detection.median_lag, 1)],
        ['Refits with a label break', percent(stability.label_breaks)],
        [
          `Rule ${economic.rule} after costs`,
          `${signedPercent(strategy.net_return, 1)} (Sharpe ${decimal(strategy.sharpe, 2)})`,
        ],
        ['Buy and hold', `${signedPercent(hold.net_return, 1)} (Sharpe ${decimal(hold.sharpe, 2)})`],
        ['As good at other dates', shift === null ? 'n/a' : percent(shift.p)],
        ['Faked by lookahead, per bar', signedPercent(revision.profit.faked_per_bar)],
      ],
      context.style,
    ),
    '',
    scorecard.verdict.sentence,
    ...beliefLines(wealthBelief(curve)),
  ];
}
