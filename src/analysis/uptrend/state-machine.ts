/**
 * One step of S0–S4 per closed bar (spec uptrend-engine §5): the global exit first, then the rows of the table from the
 * top inside the current state; exactly one fires. Pure but for the memory it is given, which holds what the next bar
 * needs.
 */
import { firstDip } from './first-dip.js';
import type {
  EdxDiagnostics,
  ExitReason,
  UptrendDiagnostics,
  UptrendScores,
  UptrendState,
} from './payload.js';
import type { UptrendConfig } from './profile.js';
import {
  type BuyCheck,
  checkPasses,
  dipCheck,
  dipQuality,
  entryCheck,
  type LevelsNow,
  levelBoost,
  overExtension,
  retestCheck,
  type TaNow,
  trendStrength,
  trimFlag,
} from './scores.js';

/** What one bar leaves for the next. */
export interface MachineMemory {
  state: UptrendState | '';
  /** Open of the bar that began the episode, UTC ms. */
  s3_start_ts: number | null;
  first_dip_buy_taken: boolean;
  /** The last payload raised the emergency flag. */
  emergency_exit: boolean;
  last_s1_buy_check: (BuyCheck & { readonly ts: number }) | null;
  last_s2_retest_check: { readonly ts: number; readonly diagnostics: BuyCheck } | null;
}

/** Before the first bar: no state yet, nothing taken. */
export function newMemory(): MachineMemory {
  return {
    state: '',
    s3_start_ts: null,
    first_dip_buy_taken: false,
    emergency_exit: false,
    last_s1_buy_check: null,
    last_s2_retest_check: null,
  };
}

/** Decay of the running episode, asked only in S3. */
export interface Decay {
  /** Bars since the start of the episode. */
  readonly bars: number;
  readonly edx: number;
  readonly diagnostics: EdxDiagnostics;
}

/** The part of a payload that the state machine decides. */
export interface Outcome {
  state: UptrendState;
  buy_signal?: boolean;
  buy_flag?: boolean;
  trim_flag?: boolean;
  first_dip_buy_flag?: boolean;
  exit_position?: boolean;
  exit_reason?: ExitReason;
  emergency_exit?: boolean;
  reclaimed_ema333?: boolean;
  watch_only?: boolean;
  scores?: UptrendScores;
  diagnostics?: UptrendDiagnostics;
}

/** Fields that S3 begins anew. */
export interface EpisodeClock {
  /** Called on the bar that begins an episode. */
  begin(): void;
  /** @returns bars since the start and the decay index there */
  decay(): Decay;
}

function bearishOrder({ ema20, ema30, ema60, ema144, ema250, ema333 }: TaNow): boolean {
  return ema20 < ema60 && ema30 < ema60 && ema60 < ema144 && ema144 < ema250 && ema250 < ema333;
}

function bullishOrder({ ema20, ema30, ema60, ema144, ema250, ema333 }: TaNow): boolean {
  return ema20 > ema60 && ema30 > ema60 && ema60 > ema144 && ema144 > ema250 && ema250 > ema333;
}

function fastBandAtBottom({ ema20, ema30, ema60, ema144, ema250, ema333 }: TaNow): boolean {
  const bottom = Math.min(ema60, ema144, ema250, ema333);
  return ema20 < bottom && ema30 < bottom;
}

function allBelow333({ ema20, ema30, ema60, ema144, ema250, ema333 }: TaNow): boolean {
  return ema20 < ema333 && ema30 < ema333 && ema60 < ema333 && ema144 < ema333 && ema250 < ema333;
}

/**
 * @param ts open of the bar, UTC ms @param price its close
 * @param levels support and resistance in force
 */
export function stepMachine(
  memory: MachineMemory,
  ts: number,
  price: number,
  ta: TaNow,
  levels: LevelsNow,
  clock: EpisodeClock,
  config: UptrendConfig,
): Outcome {
  const outcome = outcomeOf(memory, ts, price, ta, levels, clock, config);
  if (outcome.state !== 'S3' && memory.s3_start_ts !== null) {
    memory.s3_start_ts = null;
    memory.first_dip_buy_taken = false;
  }
  memory.state = outcome.state;
  memory.emergency_exit = outcome.emergency_exit === true;
  return outcome;
}

function outcomeOf(
  memory: MachineMemory,
  ts: number,
  price: number,
  ta: TaNow,
  levels: LevelsNow,
  clock: EpisodeClock,
  config: UptrendConfig,
): Outcome {
  const { state } = memory;
  if (config.globalExit && (state === 'S1' || state === 'S2' || state === 'S3') && fastBandAtBottom(ta)) {
    return { state: 'S0', exit_position: true, exit_reason: 'fast_band_at_bottom' };
  }
  switch (state) {
    case '':
      if (config.bootstrapS3 && bullishOrder(ta)) {
        beginEpisode(memory, ts, clock);
        return { state: 'S3' };
      }
      return bearishOrder(ta) ? { state: 'S0' } : { state: 'S4', watch_only: true };
    case 'S4':
      if (config.s4ToS3 && bullishOrder(ta)) {
        beginEpisode(memory, ts, clock);
        return { state: 'S3', diagnostics: { bootstrap: 'S3_from_S4' } };
      }
      return bearishOrder(ta)
        ? { state: 'S0', diagnostics: { bootstrap: 'S0_from_S4' } }
        : { state: 'S4', watch_only: true };
    case 'S0':
      if (ta.ema20 > ta.ema60 && ta.ema30 > ta.ema60 && price > ta.ema60) {
        return entry(price, ta, levels, config);
      }
      return { state: 'S0' };
    case 'S1':
      return stepS1(memory, ts, price, ta, levels, config);
    case 'S2':
      if (price < ta.ema333) return { state: 'S1', diagnostics: {} };
      if (bullishOrder(ta)) {
        beginEpisode(memory, ts, clock);
        return fullS3(memory, price, ta, levels, clock, config, true);
      }
      return stayS2(memory, ts, price, ta, levels, config);
    case 'S3':
      if (allBelow333(ta)) return { state: 'S0', exit_position: true, exit_reason: 'all_emas_below_333' };
      return fullS3(memory, price, ta, levels, clock, config, false);
  }
}

function beginEpisode(memory: MachineMemory, ts: number, clock: EpisodeClock): void {
  memory.s3_start_ts = ts;
  memory.first_dip_buy_taken = false;
  clock.begin();
}

function entry(price: number, ta: TaNow, levels: LevelsNow, config: UptrendConfig): Outcome {
  const check = entryCheck(price, ta, levels, config);
  return { state: 'S1', buy_signal: checkPasses(check), diagnostics: { buy_check: check } };
}

function stepS1(
  memory: MachineMemory,
  ts: number,
  price: number,
  ta: TaNow,
  levels: LevelsNow,
  config: UptrendConfig,
): Outcome {
  if (bearishOrder(ta)) {
    memory.last_s1_buy_check = { ts, ...entryCheck(price, ta, levels, config) };
    return {
      state: 'S0',
      exit_position: true,
      exit_reason: 's1_to_s0_bearish_order',
      emergency_exit: true,
    };
  }
  if (price > ta.ema333) {
    memory.last_s1_buy_check = { ts, ...entryCheck(price, ta, levels, config) };
    return { state: 'S2', diagnostics: {} };
  }
  return entry(price, ta, levels, config);
}

function stayS2(
  memory: MachineMemory,
  ts: number,
  price: number,
  ta: TaNow,
  levels: LevelsNow,
  config: UptrendConfig,
): Outcome {
  const check = retestCheck(price, ta, levels, config);
  const { ox } = overExtension(price, ta, config);
  memory.last_s2_retest_check = { ts, diagnostics: check };
  return {
    state: 'S2',
    trim_flag: trimFlag(ox, price, ta.atr, levels, config),
    buy_flag: checkPasses(check),
    scores: { ox },
    diagnostics: { s2_retest_check: check },
  };
}

const NO_CHECK = {};

/** @param entering true on the bar that came from S2 */
function fullS3(
  memory: MachineMemory,
  price: number,
  ta: TaNow,
  levels: LevelsNow,
  clock: EpisodeClock,
  config: UptrendConfig,
  entering: boolean,
): Outcome {
  const { bars, edx, diagnostics: decay } = clock.decay();
  const extension = overExtension(price, ta, config, edx);
  const dip = dipQuality(price, ta, edx, config);
  const ts = trendStrength(ta.rsi_slope_10, ta.adx_slope_10);
  const boost = levelBoost(levels, ta.ema333, ta.atr, config);
  const check = dipCheck(price, ta, dip.dx, edx, ts, boost, config);
  const emergency = price < ta.ema333;
  const firstDipCheck =
    entering || !config.firstDipBuy
      ? undefined
      : firstDip(price, ta, bars, memory.first_dip_buy_taken, ts, boost, config);
  const dipFlag =
    firstDipCheck !== undefined && 'first_dip_buy_flag' in firstDipCheck && firstDipCheck.first_dip_buy_flag;
  if (dipFlag) memory.first_dip_buy_taken = true;
  // written out twice: naming fields is several times as fast as copying an object, and this is done at every S3 bar
  const diagnostics: UptrendDiagnostics = entering
    ? {
        decay,
        rail_fast: extension.rail_fast,
        rail_mid: extension.rail_mid,
        rail_144: extension.rail_144,
        rail_250: extension.rail_250,
        exp_fast: extension.exp_fast,
        exp_mid: extension.exp_mid,
        atr_surge: extension.atr_surge,
        fragility: extension.fragility,
        dx_location: dip.dx_location,
        exhaustion: dip.exhaustion,
        relief: dip.relief,
        edx_raw: edx,
        s3_buy_check: check,
      }
    : {
        decay,
        rail_fast: extension.rail_fast,
        rail_mid: extension.rail_mid,
        rail_144: extension.rail_144,
        rail_250: extension.rail_250,
        exp_fast: extension.exp_fast,
        exp_mid: extension.exp_mid,
        atr_surge: extension.atr_surge,
        fragility: extension.fragility,
        dx_location: dip.dx_location,
        exhaustion: dip.exhaustion,
        relief: dip.relief,
        edx_raw: edx,
        s3_buy_check: check,
        first_dip_buy_check: firstDipCheck ?? NO_CHECK,
      };
  return {
    state: 'S3',
    trim_flag: trimFlag(extension.ox, price, ta.atr, levels, config),
    buy_flag: check.buy_flag,
    first_dip_buy_flag: dipFlag,
    emergency_exit: emergency,
    reclaimed_ema333: memory.emergency_exit && price >= ta.ema333,
    scores: { ox: extension.ox, dx: dip.dx, edx, ts, ts_with_boost: ts + boost, sr_boost: boost },
    diagnostics,
  };
}

/** The decay index as an episode reports it while too short. */
export function noDecay(bars: number, diagnostics: EdxDiagnostics): Decay {
  return { bars, edx: 0.5, diagnostics };
}
