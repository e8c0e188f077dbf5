/** `audit lookahead`: tries whether a feature set, or a model from bars to probabilities, looks at anything later. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { CausalityProof } from '../../analysis/causality/causality-proof.js';
import {
  type CausalSubject,
  causalityTrials,
  type ProofOptions,
} from '../../analysis/causality/prove-causality.js';
import type { ChannelName, FeatureInputs } from '../../analysis/features/feature-inputs.js';
import { TA_FLAVOURS } from '../../analysis/indicators/ta-flavour.js';
import { parseTimeframe, type Timeframe } from '../../market/timeframe.js';
import { loadFeatureSources } from '../feature-sources.js';
import { filterSubject } from '../regime/causal-filter.js';
import { resolveSymbol } from '../resolve-symbol.js';
import type { Services } from '../services.js';
import { isStrategy, runStrategyLookahead } from './audit-strategy.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseRange, parseWhole } from './flags.js';
import { lookaheadSummary } from './lookahead-summary.js';
import type { CommandResult } from './run-command.js';
import { timeframeOf, withServices } from './session.js';

export interface LookaheadFlags {
  readonly points: string;
  readonly symbol?: string;
  readonly tf?: string;
  readonly flavour: string;
  readonly bars: string;
  readonly seed: string;
  readonly from?: string;
  readonly to?: string;
}

interface Target {
  readonly kind: 'feature_set' | 'model';
  readonly subject: CausalSubject;
  readonly needs: readonly ChannelName[];
  readonly instrument: string;
  readonly timeframe: Timeframe;
}

export function runAuditLookahead(
  context: CommandContext,
  name: string,
  flags: LookaheadFlags,
): Promise<CommandResult> {
  const points = parseWhole(flags.points, '--points', 1, 100_000);
  const maxBars = parseWhole(flags.bars, '--bars', 100, 10_000_000);
  const seed = parseWhole(flags.seed, '--seed', 0, 4_294_967_295);
  if (isStrategy(context, name)) return runStrategyLookahead(context, name, { points, seed });
  const { from, to } = parseRange(flags.from, flags.to);
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  return withServices(context, async (services) => {
    const target = await targetOf(context, services, name, flags);
    const { lake } = services.data;
    const { series, kind } = await lake.series(target.instrument, target.timeframe, range);
    const { beside, sources } = await loadFeatureSources(lake, target.needs, target, range);
    const proof = await tried(
      context,
      target.subject,
      { ...beside, bars: series },
      { points, seed, maxBars },
    );
    for (const column of proof.unproven) {
      context.warn({ code: 'unproven', message: `${column} had no value to compare on these bars` });
    }
    return {
      data: { target: name, kind: target.kind, source: kind, sources, ...proof },
      ...lookaheadSummary(proof, series.length, context.style),
    };
  });
}

/** The proof, with progress; the event loop is free between two moments, so that Ctrl-C is heard. */
async function tried(
  context: CommandContext,
  subject: CausalSubject,
  inputs: FeatureInputs,
  options: ProofOptions,
): Promise<CausalityProof> {
  const progress = context.progress('audit', 'moments');
  try {
    const trials = causalityTrials(subject, inputs, options);
    for (;;) {
      const step = trials.next();
      if (step.done) return step.value;
      progress.update(step.value.done, step.value.total);
      await breathe();
      context.signal.throwIfAborted();
    }
  } finally {
    progress.stop();
  }
}

/** A saved model where one has this id, else a feature set. */
async function targetOf(
  context: CommandContext,
  services: Services,
  name: string,
  flags: LookaheadFlags,
): Promise<Target> {
  const { models, regimes, features, data } = services;
  if (models.list().models.some(({ id }) => id === name)) {
    const regime = regimes.open({ modelId: name });
    const { instrumentId, timeframe } = regime.stored;
    return {
      kind: 'model',
      subject: filterSubject(regime),
      needs: regime.needs,
      instrument: instrumentId,
      timeframe,
    };
  }
  const stacked = /@([^+,]+)/.exec(name)?.[1];
  const timeframe =
    flags.tf === undefined && stacked !== undefined
      ? parseTimeframe(stacked)
      : timeframeOf(context, flags.tf);
  const flavour = parseChoice(flags.flavour, 'flavour', TA_FLAVOURS);
  const set = features.get(name, { timeframe, flavour });
  const instrument = await resolveSymbol(flags.symbol, context.config.lake.watched, data.lake);
  return { kind: 'feature_set', subject: set, needs: set.needs, instrument: instrument.id, timeframe };
}
