/** `model train`. */
import { TA_FLAVOURS } from '../../analysis/indicators/ta-flavour.js';
import { modelFamily } from '../../analysis/models/model-families.js';
import { PROFILES } from '../../analysis/models/training-profile.js';
import { displaySymbol, parseInstrument } from '../../market/instrument.js';
import { modelJson, statisticsJson } from '../regime/regime-answers.js';
import type { TrainedRegime, TrainingOptions } from '../regime/trained-regime.js';
import { resolveSymbol } from '../resolve-symbol.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseRange, parseWhole } from './flags.js';
import { regimeTable } from './regime-summary.js';
import type { CommandResult } from './run-command.js';
import { timeframeOf, warnOfNewerMinutes, withServices } from './session.js';
import { type SettingFlags, settingsOf } from './setting-flags.js';
import { decodingRule } from './walk-forward-flags.js';

export interface TrainFlags extends SettingFlags {
  readonly symbol?: string;
  readonly tf?: string;
  readonly model: string;
  readonly states?: string;
  readonly covariance?: string;
  readonly flavour?: string;
  readonly set?: string;
  readonly restarts?: string;
  readonly seed?: string;
  readonly from?: string;
  readonly to?: string;
  readonly threshold?: string;
  readonly dwell?: string;
}

/** `--states auto` tries these; one state is among them, because "no regimes" is an answer too. */
const AUTO_STATES = { min: 1, max: 5 } as const;
/** The range of profile scaled_autok, which chooses by BIC. */
const AUTO_STATES_BY_BIC = { min: 2, max: 4 } as const;

export function trainingOptions(context: CommandContext, flags: Partial<TrainFlags>): TrainingOptions {
  const { hmm } = context.config;
  const named = context.flags.profile ?? (context.loaded.environment.TIDEWATCH_PROFILE || undefined);
  const chosen = named === undefined ? hmm.profile : parseChoice(named, 'profile', PROFILES);
  const automatic = flags.states === 'auto' || (flags.states === undefined && chosen === 'scaled_autok');
  const family = modelFamily(flags.model ?? 'hmm');
  const { threshold, dwell } = flags;
  const ruleFlags = {
    ...(threshold === undefined ? {} : { threshold }),
    ...(dwell === undefined ? {} : { dwell }),
  };
  return {
    ...(family.name === 'hmm' ? {} : { model: family.name }),
    profile: chosen,
    states:
      flags.states === undefined || automatic ? hmm.states : parseWhole(flags.states, '--states', 1, 12),
    seed: flags.seed === undefined ? hmm.seed : parseWhole(flags.seed, '--seed', 0, 4_294_967_295),
    ...(automatic ? { autoStates: chosen === 'scaled_autok' ? AUTO_STATES_BY_BIC : AUTO_STATES } : {}),
    ...(flags.covariance === undefined
      ? {}
      : {
          covarianceType: parseChoice(flags.covariance, 'covariance', ['full', 'diag', 'tied', 'spherical']),
        }),
    flavour: parseChoice(flags.flavour ?? 'wilder', 'flavour', TA_FLAVOURS),
    ...(flags.set === undefined ? {} : { featureSet: flags.set }),
    ...settingsOf(flags),
    ...(flags.restarts === undefined ? {} : { restarts: parseWhole(flags.restarts, '--restarts', 1, 1000) }),
    ...(threshold === undefined && dwell === undefined ? {} : { decode: decodingRule(ruleFlags) }),
  };
}

/** Says what the training itself doubts. */
export function warnOf(context: CommandContext, { record }: TrainedRegime): void {
  for (const { code, message } of record.diagnostics.warnings) context.warn({ code, message });
}

export async function runModelTrain(context: CommandContext, flags: TrainFlags): Promise<CommandResult> {
  const options = trainingOptions(context, flags);
  const range = parseRange(flags.from, flags.to);
  const timeframe = timeframeOf(context, flags.tf);
  return withServices(context, async (services) => {
    const instrument = await resolveSymbol(flags.symbol, context.config.lake.watched, services.data.lake);
    const { regime, reused } = await services.regimes.train(
      { instrument, timeframe, ...range, options },
      context.signal,
    );
    context.keep(`model ${regime.stored.id}`);
    warnOf(context, regime);
    if (range.to === undefined) await warnOfNewerMinutes(context, services, instrument.id, timeframe);
    const { stored } = regime;
    return {
      data: {
        model_id: stored.id,
        reused,
        model: modelJson(stored),
        stats: statisticsJson(regime.record),
        diagnostics: regime.record.diagnostics,
      },
      text: [
        `${displaySymbol(parseInstrument(stored.instrumentId))} ${timeframe}  model ${stored.id}${
          reused ? ' (was there already)' : ''
        }`,
        regimeTable(regime, context.style),
      ].join('\n'),
    };
  });
}
