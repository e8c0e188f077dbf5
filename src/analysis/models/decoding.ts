/**
 * From filtered probabilities to one regime per bar, without flicker.
 *
 * Why: the most probable state changes on every doubt; whoever acts on it pays for each change. Method (HMM spec
 * §11.5), causal, one step per bar, batch = the same step:
 * - threshold: the regime changes only to a state more probable than the threshold;
 * - hysteresis: a regime is entered above `enter`, left below `leave`; in between stands "undecided" (−1);
 * - minimum dwell: a regime that was entered is kept for at least m bars.
 * Every rule buys fewer changes with delay: the report says how much of each.
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import type { FilteredProbability, Json } from './regime-model.js';

/** The regime of a bar on which no state is probable enough (hysteresis only). */
export const UNDECIDED = -1;

/**
 * When a regime is changed; several rules hold together. An impossible one is refused with `bad_parameter`.
 */
export interface DecodingRule {
  /** 0 to 1; 0.6 is customary. Without it the most probable state is taken. Not together with hysteresis. */
  readonly threshold?: number;
  /** 0 < leave ≤ enter < 1; 0.65 and 0.45 are customary. */
  readonly hysteresis?: { readonly enter: number; readonly leave: number };
  /** Whole bars ≥ 1; 1 unless said. */
  readonly minimumDwell?: number;
}

/**
 * The rules for regimes that a model stores and serves, where every bar has a state: hysteresis, which leaves bars
 * undecided, is not among them.
 */
export type ServedRule = Pick<DecodingRule, 'threshold' | 'minimumDwell'>;

/** A dwell is shorter than the warm-up that a window of regimes reads in front, so that it is known how long one lasts. */
const LONGEST_SERVED_DWELL = 500;

/** Such a rule as JSON. */
export const servedRuleSchema = z.strictObject({
  threshold: z.number().gt(0).lt(1).exactOptional(),
  minimum_dwell: z.int().min(1).max(LONGEST_SERVED_DWELL).exactOptional(),
});

/** The rule of a document; undefined without one. */
export function servedRule(json: z.infer<typeof servedRuleSchema> | undefined): ServedRule | undefined {
  if (json === undefined) return undefined;
  const { threshold, minimum_dwell: minimumDwell } = json;
  return {
    ...(threshold === undefined ? {} : { threshold }),
    ...(minimumDwell === undefined ? {} : { minimumDwell }),
  };
}

/** The rule, checked. @throws TidewatchError `bad_parameter` */
export function checkServedRule(rule: ServedRule): ServedRule {
  if ((rule.minimumDwell ?? 1) > LONGEST_SERVED_DWELL) {
    refuse(
      `${rule.minimumDwell} bars is no dwell for regimes that are stored`,
      `give at most ${LONGEST_SERVED_DWELL} bars`,
    );
  }
  return checkDecodingRule(rule);
}

/** The document of a rule. */
export function servedRuleJson({ threshold, minimumDwell }: ServedRule): z.infer<typeof servedRuleSchema> {
  return {
    ...(threshold === undefined ? {} : { threshold }),
    ...(minimumDwell === undefined ? {} : { minimum_dwell: minimumDwell }),
  };
}

const snapshotSchema = z.strictObject({
  schema_version: z.literal(1),
  kind: z.literal('regime_decoder'),
  regime: z.int().min(UNDECIDED),
  held: z.int().nonnegative(),
});

function refuse(sentence: string, hint: string): never {
  throw new TidewatchError('bad_parameter', sentence, { hint });
}

/** The rule, checked. @throws TidewatchError `bad_parameter` */
export function checkDecodingRule(rule: DecodingRule): DecodingRule {
  const { threshold, hysteresis, minimumDwell = 1 } = rule;
  if (threshold !== undefined && hysteresis) {
    refuse('a threshold and hysteresis exclude each other', 'give one of them');
  }
  if (threshold !== undefined && !(threshold >= 0 && threshold < 1)) {
    refuse(`${threshold} is not a threshold`, 'give a probability from 0 to below 1, 0.6 for example');
  }
  if (hysteresis && !(hysteresis.leave > 0 && hysteresis.leave <= hysteresis.enter && hysteresis.enter < 1)) {
    refuse(
      `enter ${hysteresis.enter}, leave ${hysteresis.leave} is no hysteresis`,
      'give 0 < leave ≤ enter < 1, 0.65 and 0.45 for example',
    );
  }
  if (!Number.isInteger(minimumDwell) || minimumDwell < 1) {
    refuse(`${minimumDwell} bars is no minimum dwell`, 'give a whole number of bars, 1 or more');
  }
  return rule;
}

/** Decides bar by bar. */
export class RegimeDecoder {
  private regime = UNDECIDED;
  /** Bars since the regime was entered, that bar included. */
  private held = 0;

  /** @throws TidewatchError `bad_parameter`; `unsupported_schema_version` for a snapshot of something else */
  constructor(
    private readonly rule: DecodingRule,
    snapshot?: Json,
  ) {
    checkDecodingRule(rule);
    if (snapshot === undefined) return;
    const parsed = snapshotSchema.safeParse(snapshot);
    if (!parsed.success) {
      throw new TidewatchError('unsupported_schema_version', 'the snapshot is not of a regime decoder', {
        hint: 'start a new decoder and feed it the recent bars',
        cause: parsed.error,
      });
    }
    this.regime = parsed.data.regime;
    this.held = parsed.data.held;
  }

  /**
   * Takes in the filtered probabilities of one bar (K values from `at`) and returns its regime, −1 for undecided.
   * @param startsSegment true after missing bars: the decision starts afresh, as the filter does
   */
  next(probability: ArrayLike<number>, startsSegment = false, at = 0, states = probability.length): number {
    if (startsSegment) this.regime = UNDECIDED;
    let best = 0;
    for (let k = 1; k < states; k += 1) if (probability[at + k]! > probability[at + best]!) best = k;
    const previous = this.regime;
    if (previous === UNDECIDED) {
      if (this.enters(probability[at + best]!, true)) this.regime = best;
    } else if (this.held >= (this.rule.minimumDwell ?? 1)) {
      if (best !== previous && this.enters(probability[at + best]!, false)) this.regime = best;
      else if (probability[at + previous]! < (this.rule.hysteresis?.leave ?? 0)) this.regime = UNDECIDED;
    }
    this.held = this.regime === previous && !startsSegment ? this.held + 1 : 1;
    return this.regime;
  }

  /** Goes on from a decision of this bar that stands already, such as one that was stored. */
  adopt(regime: number, startsSegment = false): void {
    this.held = this.regime === regime && !startsSegment ? this.held + 1 : 1;
    this.regime = regime;
  }

  private enters(probability: number, first: boolean): boolean {
    const { threshold, hysteresis } = this.rule;
    if (hysteresis) return probability > hysteresis.enter;
    // Without hysteresis there is no undecided regime: the first bar takes the most probable state.
    return first || threshold === undefined || probability > threshold;
  }

  snapshot(): Json {
    return { schema_version: 1, kind: 'regime_decoder', regime: this.regime, held: this.held };
  }
}

export interface DecodedRegimes {
  readonly lookahead: false;
  /** Regime of each row; −1 is undecided. */
  readonly regime: Int16Array;
  readonly report: DecodingReport;
}

/** How calm the rule has made the path, and what it cost in bars. */
export interface DecodingReport {
  /** Rows on which the regime differs from the row before it in the same sequence. */
  readonly changes: number;
  readonly changesPer1000Bars: number;
  /** The same for the most probable state without any rule. */
  readonly plainChangesPer1000Bars: number;
  /** Mean bars from the row on which an entered state became the most probable one to the row on which it was entered; 0 without changes. */
  readonly meanDelayBars: number;
  readonly maximumDelayBars: number;
  /** Part of the rows that are undecided. */
  readonly undecidedShare: number;
}

/**
 * Applies a rule to every row of a filter's output.
 * @param lengths rows of each gap-free sequence; one sequence unless said
 */
export function decodeFiltered(
  filtered: Pick<FilteredProbability, 'probability' | 'states' | 'rows' | 'lookahead'>,
  rule: DecodingRule,
  lengths: readonly number[] = [filtered.rows],
): DecodedRegimes {
  const { probability, states, rows } = filtered;
  const decoder = new RegimeDecoder(rule);
  const plain = new RegimeDecoder({});
  const regime = new Int16Array(rows);
  const starts = new Set<number>();
  let from = 0;
  for (const length of lengths) {
    starts.add(from);
    from += length;
  }
  const tally = { changes: 0, plainChanges: 0, entries: 0, delays: 0, longest: 0, undecided: 0 };
  let plainBefore = UNDECIDED;
  let plainSince = 0;
  for (let row = 0; row < rows; row += 1) {
    const fresh = starts.has(row);
    const now = decoder.next(probability, fresh, row * states, states);
    const likeliest = plain.next(probability, fresh, row * states, states);
    regime[row] = now;
    if (likeliest !== plainBefore || fresh) {
      if (!fresh) tally.plainChanges += 1;
      plainSince = row;
    }
    plainBefore = likeliest;
    if (now === UNDECIDED) tally.undecided += 1;
    if (fresh || regime[row - 1] === now) continue;
    tally.changes += 1;
    if (now === UNDECIDED) continue;
    tally.entries += 1;
    tally.delays += row - plainSince;
    tally.longest = Math.max(tally.longest, row - plainSince);
  }
  const perThousand = (count: number): number => (rows > 0 ? (1000 * count) / rows : 0);
  return {
    lookahead: false,
    regime,
    report: {
      changes: tally.changes,
      changesPer1000Bars: perThousand(tally.changes),
      plainChangesPer1000Bars: perThousand(tally.plainChanges),
      meanDelayBars: tally.entries > 0 ? tally.delays / tally.entries : 0,
      maximumDelayBars: tally.longest,
      undecidedShare: rows > 0 ? tally.undecided / rows : 0,
    },
  };
}
