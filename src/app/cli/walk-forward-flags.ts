/** What people type to walk models forward: schedules, decoding rules, candidates in one word. */
import { availableParallelism } from 'node:os';
import type { DecodingRule } from '../../analysis/models/decoding.js';
import { checkSettingNames } from '../../analysis/models/families/settings.js';
import { modelFamily, requireCausal } from '../../analysis/models/model-families.js';
import { RULES, type RuleName } from '../../analysis/models/walk-forward/economic-value.js';
import type { Candidate } from '../../analysis/models/walk-forward/fold-family.js';
import type { Schedule } from '../../analysis/models/walk-forward/schedule.js';
import { TidewatchError } from '../../errors.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import type { WalkForwardContext, WalkForwardRequest } from '../regime/walk-forward-run.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseWhole } from './flags.js';

export interface ScheduleFlags {
  readonly train?: string;
  readonly refit?: string;
  readonly window: string;
  readonly restarts: string;
  readonly seed?: string;
  readonly rule: string;
  readonly costBps: string;
  readonly draws: string;
  readonly workers?: string;
  readonly memory?: string;
}

export interface DecodingFlags {
  readonly threshold?: string;
  readonly hysteresis?: string;
  readonly dwell?: string;
}

const DAY_MS = 86_400_000;
/** Days from refit to refit, and of the first training window, unless said; at most this many bars. */
const REFIT_DAYS = 21;
const TRAIN_DAYS = 365;
const LEAST_TRAIN = 750;
const MOST_TRAIN = 10_000;
const MOST_REFIT = 2_000;
const AUTO_STATES = { min: 1, max: 5 } as const;
const MOST_STATES = 12;

export function schedule(flags: ScheduleFlags, timeframe: Timeframe): Schedule {
  const perDay = DAY_MS / TIMEFRAME_MS[timeframe];
  const train = Math.min(MOST_TRAIN, Math.max(LEAST_TRAIN, Math.round(TRAIN_DAYS * perDay)));
  return {
    window: parseChoice(flags.window, 'window', ['expanding', 'rolling'] as const),
    train: flags.train === undefined ? train : parseWhole(flags.train, '--train', 200, 10_000_000),
    refit:
      flags.refit === undefined
        ? Math.min(MOST_REFIT, Math.round(REFIT_DAYS * perDay))
        : parseWhole(flags.refit, '--refit', 1, 10_000_000),
  };
}

/** @throws TidewatchError `bad_parameter` */
export function decodingRule({ threshold, hysteresis, dwell }: DecodingFlags): DecodingRule {
  const probability = (value: string, name: string): number => {
    const parsed = Number(value);
    if (value.trim() !== '' && parsed > 0 && parsed < 1) return parsed;
    throw new TidewatchError('bad_parameter', `${name} "${value}" is not a probability between 0 and 1`, {
      hint: 'give 0.6 for example',
      details: { parameter: name, value },
    });
  };
  const [enter, leave, ...rest] = hysteresis?.split(',') ?? [];
  if (hysteresis !== undefined && (leave === undefined || rest.length > 0)) {
    throw new TidewatchError('bad_parameter', `--hysteresis "${hysteresis}" is not two probabilities`, {
      hint: 'give enter,leave: 0.65,0.45 for example',
    });
  }
  return {
    ...(threshold === undefined ? {} : { threshold: probability(threshold, '--threshold') }),
    ...(enter === undefined || leave === undefined
      ? {}
      : {
          hysteresis: {
            enter: probability(enter, '--hysteresis'),
            leave: probability(leave, '--hysteresis'),
          },
        }),
    ...(dwell === undefined ? {} : { minimumDwell: parseWhole(dwell, '--dwell', 1, 100_000) }),
  };
}

/** `3`, `auto`, or a range as `2-4`. */
export function statesOf(typed: string): Candidate['states'] {
  if (typed === 'auto') return AUTO_STATES;
  const range = /^(\d+)-(\d+)$/.exec(typed);
  if (!range) return parseWhole(typed, '--states', 1, MOST_STATES);
  const [min, max] = [range[1]!, range[2]!].map((end) => parseWhole(end, '--states', 1, MOST_STATES));
  if (min! <= max!) return { min: min!, max: max! };
  throw new TidewatchError('bad_parameter', `"${typed}" is not a range of states`, {
    hint: 'give the smaller number first',
  });
}

/** @throws TidewatchError `bad_parameter`, `not_causal` */
export function familyOf(name: string): string {
  requireCausal(modelFamily(name), 'a walk-forward');
  return name;
}

/** The part of a plan that all candidates share. */
export function planOf(
  context: CommandContext,
  flags: ScheduleFlags,
  timeframe: Timeframe,
  candidate: Pick<Candidate, 'family' | 'states'> & Partial<Candidate>,
  decoding: DecodingRule = {},
): WalkForwardRequest['plan'] {
  const { seed } = flags;
  checkSettingNames(modelFamily(candidate.family), candidate.settings);
  return {
    candidate: {
      restarts: parseWhole(flags.restarts, '--restarts', 1, 1_000),
      seed: seed === undefined ? context.config.hmm.seed : parseWhole(seed, '--seed', 0, 4_294_967_295),
      ...candidate,
    },
    schedule: schedule(flags, timeframe),
    decoding,
    rule: parseChoice(flags.rule, 'rule', Object.keys(RULES) as RuleName[]),
    costBps: parseWhole(flags.costBps, '--cost-bps', 0, 1_000),
    draws: parseWhole(flags.draws, '--draws', 99, 100_000),
  };
}

export function limitsOf(flags: ScheduleFlags): Pick<WalkForwardContext, 'workers' | 'memoryLimit'> {
  return {
    workers:
      flags.workers === undefined ? availableParallelism() : parseWhole(flags.workers, '--workers', 1, 256),
    ...(flags.memory === undefined
      ? {}
      : { memoryLimit: parseWhole(flags.memory, '--memory', 1, 10_000_000) * 1e6 }),
  };
}
