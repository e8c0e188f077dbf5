/**
 * Says in words why the engine is in its state and what is missing for the next one (spec uptrend-engine §5), from the
 * payload alone, so that the command line, the dashboard and a stored payload tell the same story.
 */
import type { ExitReason, UptrendEmas, UptrendPayload, UptrendState } from './payload.js';
import type { UptrendConfig } from './profile.js';

export interface Condition {
  /** `EMA20 > EMA60` */
  readonly words: string;
  readonly ok: boolean;
  /** Left over right side − 1, a fraction; null where the sides are no prices. */
  readonly gap: number | null;
}

export interface PathToState {
  readonly to: UptrendState;
  /** All of them, at a bar close. */
  readonly conditions: readonly Condition[];
  readonly sentence: string;
}

export interface SignalCheck {
  readonly flag: 'buy_signal' | 'buy_flag' | 'trim_flag';
  readonly raised: boolean;
  readonly conditions: readonly Condition[];
  readonly sentence: string;
}

export interface UptrendExplanation {
  readonly state: UptrendState;
  /** `Downtrend` */
  readonly name: string;
  /** Why this state, one or two sentences. */
  readonly sentence: string;
  readonly paths: readonly PathToState[];
  readonly signals: readonly SignalCheck[];
}

export const STATE_NAMES: Readonly<Record<UptrendState, string>> = {
  S0: 'Downtrend',
  S1: 'First lift',
  S2: 'Above the slow averages',
  S3: 'Full uptrend',
  S4: 'Not known yet',
};

export const EXIT_REASON_WORDS: Readonly<Record<ExitReason, string>> = {
  fast_band_at_bottom: 'the 20- and 30-bar averages fell below all slow ones',
  s1_to_s0_bearish_order: 'the averages are in full bearish order',
  all_emas_below_333: 'every average is below the 333-bar one',
};

type Side = keyof UptrendEmas | 'price';

const nameOf = (side: Side): string => (side === 'price' ? 'close' : side.toUpperCase());

function compare(payload: UptrendPayload, left: Side, sign: '<' | '>', right: Side): Condition {
  const value = (side: Side): number => (side === 'price' ? payload.price : payload.ema[side]);
  const [a, b] = [value(left), value(right)];
  return {
    words: `${nameOf(left)} ${sign} ${nameOf(right)}`,
    ok: sign === '<' ? a < b : a > b,
    gap: a / b - 1,
  };
}

function order(payload: UptrendPayload, sign: '<' | '>'): Condition[] {
  const chain: [Side, Side][] = [
    ['ema20', 'ema60'],
    ['ema30', 'ema60'],
    ['ema60', 'ema144'],
    ['ema144', 'ema250'],
    ['ema250', 'ema333'],
  ];
  return chain.map(([left, right]) => compare(payload, left, sign, right));
}

/** Both fast averages against the lowest of the slow ones. */
function fastBandAtBottom(payload: UptrendPayload): Condition[] {
  const { ema60, ema144, ema250, ema333 } = payload.ema;
  const bottom = Math.min(ema60, ema144, ema250, ema333);
  const lowest = (['ema60', 'ema144', 'ema250', 'ema333'] as const).find(
    (name) => payload.ema[name] === bottom,
  )!;
  return [compare(payload, 'ema20', '<', lowest), compare(payload, 'ema30', '<', lowest)];
}

function exit(payload: UptrendPayload, config: UptrendConfig): Condition[] {
  if (config.globalExit) return fastBandAtBottom(payload);
  if (payload.state === 'S1') return order(payload, '<');
  if (payload.state !== 'S3') return [];
  return (['ema20', 'ema30', 'ema60', 'ema144', 'ema250'] as const).map((name) =>
    compare(payload, name, '<', 'ema333'),
  );
}

/** `+1.28 %`, `−0.05 %` */
function percentWords(fraction: number): string {
  const digits = Math.abs(fraction * 100).toFixed(2);
  const sign = Number(digits) === 0 ? '' : fraction < 0 ? '\u2212' : '+';
  return `${sign}${digits}\u00a0%`;
}

function conditionWords({ words, gap }: Condition): string {
  return gap === null ? words : `${words} (now ${percentWords(gap)})`;
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function path(to: UptrendState, conditions: readonly Condition[]): PathToState[] {
  if (conditions.length === 0) return [];
  const missing = conditions.filter(({ ok }) => !ok);
  const met = conditions.length - missing.length;
  const sentence =
    missing.length === 0
      ? `${to}: every condition holds; it follows at the next close that keeps them.`
      : `${to} still needs ${listed(missing.map(conditionWords))}${met > 0 ? `; ${met} of ${conditions.length} hold` : ''}.`;
  return [{ to, conditions, sentence }];
}

function pathsFrom(payload: UptrendPayload, config: UptrendConfig): PathToState[] {
  switch (payload.state) {
    case 'S4':
      return [...(config.s4ToS3 ? path('S3', order(payload, '>')) : []), ...path('S0', order(payload, '<'))];
    case 'S0':
      return path('S1', [
        compare(payload, 'ema20', '>', 'ema60'),
        compare(payload, 'ema30', '>', 'ema60'),
        compare(payload, 'price', '>', 'ema60'),
      ]);
    case 'S1':
      return [
        ...path('S2', [compare(payload, 'price', '>', 'ema333')]),
        ...path('S0', exit(payload, config)),
      ];
    case 'S2':
      return [
        ...path('S3', order(payload, '>')),
        ...path('S1', [compare(payload, 'price', '<', 'ema333')]),
        ...path('S0', exit(payload, config)),
      ];
    case 'S3':
      return path('S0', exit(payload, config));
  }
}

const test = (words: string, ok: boolean): Condition => ({ words, ok, gap: null });
const score = (value: number): string => value.toFixed(2);

const SLOW = ['EMA250', 'EMA333'] as const;

/** Slopes are fractions a bar. */
function rising([a, b]: readonly [string, string], first = 0, second = 0): string {
  return `a rising ${a} or ${b} (now ${slopeWords(first)} and ${slopeWords(second)} a bar)`;
}

/** `\u22120.0031 %`: slopes are small. */
function slopeWords(slope: number): string {
  const digits = Math.abs(slope * 100).toFixed(4);
  const sign = Number(digits) === 0 ? '' : slope < 0 ? '\u2212' : '+';
  return `${sign}${digits}\u00a0%`;
}

function signal(flag: SignalCheck['flag'], raised: boolean, conditions: readonly Condition[]): SignalCheck {
  const missing = conditions.filter(({ ok }) => !ok).map(conditionWords);
  const name = { buy_signal: 'First entry', buy_flag: 'Buy', trim_flag: 'Trim' }[flag];
  const sentence = raised
    ? `${name}: raised on this bar.`
    : missing.length === 0
      ? `${name}: not raised on this bar.`
      : `${name}: not raised, it lacks ${listed(missing)}.`;
  return { flag, raised, conditions, sentence };
}

function signalsOf(payload: UptrendPayload, config: UptrendConfig): SignalCheck[] {
  const { diagnostics = {}, scores } = payload;
  const signals: SignalCheck[] = [];
  const check = diagnostics.buy_check ?? diagnostics.s2_retest_check;
  if (check !== undefined) {
    const anchor = diagnostics.buy_check === undefined ? 'EMA333' : 'EMA60';
    const flag = diagnostics.buy_check === undefined ? 'buy_flag' : 'buy_signal';
    const [first, second] =
      flag === 'buy_signal'
        ? [check.ema60_slope, check.ema144_slope]
        : [check.ema250_slope, check.ema333_slope];
    const away = Math.abs(check.price - check.ema_anchor) / (check.atr || 1);
    signals.push(
      signal(flag, payload[flag] === true, [
        test(
          `a close within ${score(check.halo / (check.atr || 1))} ATR of ${anchor} (now ${score(away)})`,
          check.entry_zone_ok,
        ),
        test(rising(flag === 'buy_signal' ? ['EMA60', 'EMA144'] : SLOW, first, second), check.slope_ok),
        test(
          `trend strength \u2265 ${score(config.tsThreshold)} (now ${score(check.ts_with_boost)})`,
          check.ts_ok,
        ),
      ]),
    );
  }
  const dip = diagnostics.s3_buy_check;
  if (dip !== undefined) {
    signals.push(
      signal('buy_flag', dip.buy_flag, [
        {
          words: 'a close at or below EMA144',
          ok: dip.price_in_discount_zone,
          gap: dip.price / dip.ema144 - 1,
        },
        test(`dip quality \u2265 ${score(dip.dx_threshold_final)} (now ${score(dip.dx)})`, dip.dx_ok),
        test(rising(SLOW, dip.ema250_slope, dip.ema333_slope), dip.slope_ok),
        test(
          `trend strength \u2265 ${score(config.tsThreshold)} (now ${score(dip.ts_with_boost)})`,
          dip.ts_ok,
        ),
        {
          words: 'a close at or above EMA333',
          ok: !dip.emergency_exit,
          gap: dip.price / dip.ema333 - 1,
        },
      ]),
    );
  }
  if (scores !== undefined) {
    const stretched = scores.ox >= config.oxSell;
    const raised = payload.trim_flag === true;
    signals.push(
      signal('trim_flag', raised, [
        test(`over-extension \u2265 ${score(config.oxSell)} (now ${score(scores.ox)})`, stretched),
        // without over-extension nobody looked for a level
        ...(stretched ? [test(`a level within ${score(config.trimHalo)} ATR`, raised)] : []),
      ]),
    );
  }
  return signals;
}

function reasonOf(payload: UptrendPayload, config: UptrendConfig): string {
  const { state, prev_state: before, diagnostics } = payload;
  if (payload.exit_reason !== undefined) {
    return `${before} ended on this bar: ${EXIT_REASON_WORDS[payload.exit_reason]}. A position must be closed.`;
  }
  const entered = before !== state;
  switch (state) {
    case 'S4':
      return 'The averages are in neither full order yet, so no trend has been established.';
    case 'S0':
      if (before === '' || diagnostics?.bootstrap !== undefined) {
        return 'The averages are in full bearish order.';
      }
      return 'A downtrend lasts until both fast averages and the close stand above EMA60.';
    case 'S1':
      if (before === 'S2') return 'The close fell back below EMA333: a first lift again.';
      if (entered) return 'Both fast averages and the close rose above EMA60.';
      return 'Price lifts off, but has not closed above EMA333.';
    case 'S2':
      return entered
        ? 'The close rose above EMA333.'
        : 'The close holds EMA333, but the averages are not in full bullish order.';
    case 'S3': {
      const below =
        payload.price < payload.ema.ema333
          ? ' The close is below EMA333: emergency, leave and wait for it to be reclaimed.'
          : '';
      if (entered) return `The averages are in full bullish order.${below}`;
      const end = config.globalExit
        ? 'both fast averages are below all slow ones'
        : 'every average is below EMA333';
      return `An uptrend lasts until ${end}.${below}`;
    }
  }
}

/** @param config that of the run which made the payload */
export function explainUptrend(payload: UptrendPayload, config: UptrendConfig): UptrendExplanation {
  const { state } = payload;
  const cold = payload.warm
    ? ''
    : ' Not warm yet: fewer than 333 bars, the slow averages still owe much to the first.';
  return {
    state,
    name: STATE_NAMES[state],
    sentence: `${reasonOf(payload, config)}${cold}`,
    paths: pathsFrom(payload, config),
    signals: signalsOf(payload, config),
  };
}
