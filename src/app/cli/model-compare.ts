/** `model compare`: candidates side by side on walk-forward rows. */
import type { TaFlavour } from '../../analysis/indicators/ta-flavour.js';
import type { CovarianceType } from '../../analysis/models/gaussian-hmm/expectation.js';
import { modelFamily } from '../../analysis/models/model-families.js';
import type { Candidate } from '../../analysis/models/walk-forward/fold-family.js';
import { TidewatchError } from '../../errors.js';
import { type Instrument, parseInstrument } from '../../market/instrument.js';
import { parseTimeframe, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { SILENT_PROGRESS } from '../../platform/progress.js';
import { type Comparison, type NamedCandidate, runComparison } from '../regime/comparison-run.js';
import { resolveSymbol } from '../resolve-symbol.js';
import type { Services } from '../services.js';
import type { CommandContext } from './command-context.js';
import { parseRange } from './flags.js';
import { count, number, percent, renderTable, signedPercent, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { timeframeOf, withServices } from './session.js';
import { parseSettings, type SettingFlags, type Settings } from './setting-flags.js';
import { familyOf, limitsOf, planOf, type ScheduleFlags, statesOf } from './walk-forward-flags.js';

export interface CompareFlags extends ScheduleFlags, Pick<SettingFlags, 'setting'> {
  readonly symbol?: string;
  readonly tf?: string;
  readonly set: string;
  readonly from?: string;
  readonly to?: string;
}

/** Compared when nothing is named. */
const USUAL = ['hmm:2', 'hmm:3', 'student-t:3', 'jump:3', 'kmeans:3'];

export async function runModelCompare(
  context: CommandContext,
  typed: readonly string[],
  flags: CompareFlags,
): Promise<CommandResult> {
  const range = parseRange(flags.from, flags.to);
  const limits = limitsOf(flags);
  const settings = parseSettings(flags.setting ?? []);
  const timeframes = (flags.tf?.split(',') ?? [undefined]).map((each) => timeframeOf(context, each?.trim()));
  return withServices(context, async (services) => {
    const instrument = await resolveSymbol(flags.symbol, context.config.lake.watched, services.data.lake);
    const named = timeframes.flatMap((timeframe) =>
      (typed.length > 0 ? typed : USUAL).map((each): NamedCandidate => {
        const usual = { instrument, timeframe, set: flags.set, settings };
        const read = readCandidate(services, each, usual);
        const { candidate, ...series } = read;
        const plan = planOf(context, flags, series.timeframe, candidate);
        return { name: each, request: { ...series, ...range, plan } };
      }),
    );
    const nobodys = Object.keys(settings).find(
      (name) => !named.some(({ request }) => name in modelFamily(request.plan.candidate.family).settings),
    );
    if (nobodys !== undefined) {
      throw new TidewatchError('bad_parameter', `no candidate has a setting "${nobodys}"`, {
        hint: 'see the settings of each family under model train in docs/reference/cli.md',
        details: { parameter: 'setting', value: nobodys },
      });
    }
    const unique = named.filter(
      ({ request }, i) =>
        named.findIndex((other) => JSON.stringify(other.request) === JSON.stringify(request)) === i,
    );
    let current = '';
    let progress = SILENT_PROGRESS;
    try {
      const { run, comparison, sha256 } = await runComparison(
        services,
        unique,
        { ...limits, signal: context.signal },
        (candidate, done, total) => {
          if (candidate !== current) {
            progress.stop();
            progress = context.progress(candidate, 'folds');
            current = candidate;
          }
          progress.update(done, total);
          if (done > 0) context.keep('the folds so far; the same command goes on from there');
        },
      );
      return {
        data: { run_id: run.run_id, sha256, ...comparison },
        text: [...table(context, comparison), `run ${run.run_id}  sha256 ${sha256.slice(0, 16)}`].join('\n'),
      };
    } finally {
      progress.stop();
    }
  });
}

interface ReadCandidate {
  readonly instrument: Instrument;
  readonly timeframe: Timeframe;
  readonly set: string;
  readonly candidate: Pick<Candidate, 'family' | 'states' | 'settings'> & {
    readonly covariance?: CovarianceType;
  };
}

/**
 * `family[:states][+name=value…][/set][@timeframe]`, or the id of a saved model, whose family, states, settings and
 * series are taken.
 * @param usual what a candidate that does not say takes; of the settings those that its family has
 * @throws TidewatchError `bad_parameter`, `unknown_model`, `not_causal`
 */
function readCandidate(
  services: Services,
  typed: string,
  { settings: shared, ...usual }: Omit<ReadCandidate, 'candidate'> & { readonly settings: Settings },
): ReadCandidate {
  const match =
    /^([a-z-]+)(?::(auto|\d+(?:-\d+)?))?((?:\+[a-z_]+=[^+/@]+)*)(?:\/(.+?))?(?:@([0-9]+[mhd]))?$/.exec(typed);
  if (match === null) {
    const { stored, record } = services.regimes.open({ modelId: typed });
    return {
      instrument: parseInstrument(stored.instrumentId),
      timeframe: stored.timeframe,
      set: withFlavour(stored.featureSet, stored.flavour),
      candidate: {
        family: familyOf(record.model),
        states: record.config.states,
        ...(record.config.covariance_type ? { covariance: record.config.covariance_type } : {}),
        ...unusual(record.model, record.config.settings),
      },
    };
  }
  const [, family, states = '3', own = '', set, timeframe] = match;
  const { settings: known } = modelFamily(family!);
  const settings = {
    ...Object.fromEntries(Object.entries(shared).filter(([name]) => name in known)),
    ...parseSettings(own.split('+').slice(1)),
  };
  return {
    ...usual,
    ...(set === undefined ? {} : { set }),
    ...(timeframe === undefined ? {} : { timeframe: parseTimeframe(timeframe) }),
    candidate: {
      family: familyOf(family!),
      states: statesOf(states),
      ...(Object.keys(settings).length === 0 ? {} : { settings }),
    },
  };
}

/** Settings that differ from the usual ones of the family. */
function unusual(family: string, given: Settings): { settings?: Settings } {
  const { settings: usual } = modelFamily(family);
  const differing = Object.entries(given).filter(([name, value]) => usual[name] !== value);
  return differing.length === 0 ? {} : { settings: Object.fromEntries(differing) };
}

/** The set of a model under a name that says its flavour. */
function withFlavour(set: string, flavour: TaFlavour): string {
  return flavour === 'wilder' ? set : set.replace(/(^|,)hmm(?=[@,]|$)/g, `$1hmm:${flavour}`);
}

function table(context: CommandContext, { candidates }: Comparison): string[] {
  const decimal = (value: number | null, digits: number): string =>
    value === null ? 'n/a' : value.toFixed(digits).replace('-', '−');
  const rows = [...candidates]
    .sort((a, b) => TIMEFRAME_MS[a.timeframe] - TIMEFRAME_MS[b.timeframe])
    .map(({ name, timeframe, scorecard: { returns, economic, persistence, rows: bars }, revision }) => [
      name,
      timeframe,
      count(bars),
      decimal(returns.over_one_state.per_row, 4),
      decimal(returns.over_one_state.t, 1),
      decimal(returns.over_no_memory.per_row, 4),
      decimal(persistence.mean_run_length, 1),
      percent(revision.revised_in_hindsight),
      decimal(economic.direction?.p ?? null, 3),
      signedPercent(economic.strategy.net_return, 0),
      signedPercent(economic.buy_and_hold.net_return, 0),
      decimal(economic.phase_shift?.p ?? null, 3),
    ]);
  return [
    renderTable(
      [
        text('Candidate'),
        text('TF'),
        number('Bars'),
        number('Nats/bar'),
        number('t'),
        number('Memory'),
        number('Stay'),
        number('Revised'),
        number('KW p'),
        number('Rule'),
        number('Hold'),
        number('Shift p'),
      ],
      rows,
      context.style,
    ),
    '',
    ...candidates.map(
      ({ name, timeframe, scorecard }) => `${name} ${timeframe}: ${scorecard.verdict.sentence}`,
    ),
  ];
}
