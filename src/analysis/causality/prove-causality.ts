/**
 * Tries whether any value of any column knows something later than it says (architecture, law 1). For a feature set, a
 * user-defined one, or a model's filter behind its features: anything that gives columns over bars.
 *
 * Method. At moments spread over the series everything that was not available yet is removed (truncation), and replaced
 * by other values of the same shape (poison); the columns are computed again, and every value that claims to be known
 * by that moment must be the same bit for bit. A statistic of the whole sample, a window that reaches ahead, a higher
 * bar that has not closed, a channel read before its stamp, a revision before its day and a universe of survivors all
 * show here. What cannot show here is a stamp that is itself too early, so stamps are held against the rule of their
 * kind (channel.ts), and the columns that move when it is corrected are named.
 *
 * Cost: two computations per moment on the newest `maxBars` bars. Limits: a reader of the future that acts only at
 * moments that were not tried is not seen; nor is a survivor bias that lies in the data themselves.
 */
import { Random } from '../../market/random.js';
import { type Series, slice } from '../../market/series.js';
import { earliestAvailable, earlyStamp } from '../features/channel.js';
import { barCloses, type FeatureInputs } from '../features/feature-inputs.js';
import type { CausalityFinding, CausalityProof } from './causality-proof.js';
import { knownBy, POISONS, type Poison, partsOf, poisonAfter } from './hide-the-future.js';
import { type Evidence, likelyCause } from './likely-cause.js';
import { Sha256 } from './sha256.js';
import { trialMoments } from './trial-moments.js';

/** What can be tried: a `FeatureSet` is one. */
export interface CausalSubject {
  readonly name: string;
  readonly columns: readonly string[];
  /** One value per bar and column, NaN where there is none. Pure. */
  compute(inputs: FeatureInputs): readonly Float64Array[];
  /** From when the row of each bar claims to be known, UTC ms; the close of its bar when left out. */
  availableAt?(bars: Series): Float64Array;
}

/** How hard a proof tries: 20 moments unless said; equal options and seed give an equal proof. */
export interface ProofOptions {
  /** Moments at which the future is hidden; half as many again for each channel. */
  readonly points?: number;
  readonly seed?: number;
  /** Newest bars that are tried. */
  readonly maxBars?: number;
}

const PROOF_POINTS = 20;
/** Newest bars that a proof takes unless said. */
export const PROOF_BARS = 5000;

/** What was seen of one column. */
interface Trial {
  first: { check: 'truncation' | 'poison'; bar: number; moment: number; withFuture: number; without: number };
  readonly evidence: Evidence[];
}

/** Tries a subject on inputs. */
export function proveCausality(
  subject: CausalSubject,
  given: FeatureInputs,
  options: ProofOptions = {},
): CausalityProof {
  const trial = causalityTrials(subject, given, options);
  for (;;) {
    const step = trial.next();
    if (step.done) return step.value;
  }
}

/**
 * The same moment by moment, for a caller that shows progress or wants to stop.
 * @yields moments that were tried, of how many
 */
export function* causalityTrials(
  subject: CausalSubject,
  given: FeatureInputs,
  options: ProofOptions = {},
): Generator<{ readonly done: number; readonly total: number }, CausalityProof> {
  const { points = PROOF_POINTS, seed = 42, maxBars = PROOF_BARS } = options;
  const random = new Random(seed);
  const { length } = given.bars;
  const inputs = { ...given, bars: slice(given.bars, Math.max(0, length - maxBars)) };
  const { bars } = inputs;
  const full = subject.compute(inputs);
  const claimed = subject.availableAt?.(bars) ?? barCloses(bars);
  const moments = trialMoments(inputs, points, random);
  const trials = new Map<number, Trial>();
  const proven = new Set<number>();
  const checks = { truncation: 0, poison: 0, stamps: 0, universe: inputs.panel?.length ?? 0 };

  const compare = (
    other: readonly Float64Array[],
    check: 'truncation' | 'poison',
    moment: number,
  ): boolean => {
    let clean = true;
    full.forEach((column, at) => {
      const seen = compareColumn(column, other[at]!, claimed, moment);
      checks[check] += seen.compared;
      if (seen.finite > 0) proven.add(at);
      if (seen.changed.length === 0) return;
      clean = false;
      const bar = seen.changed[0]!;
      const trial = trials.get(at);
      const first = { check, bar, moment, withFuture: column[bar]!, without: other[at]![bar] ?? Number.NaN };
      const evidence = {
        check,
        moment,
        full: column,
        other: other[at]!,
        compared: seen.compared,
        changed: seen.changed,
      };
      if (trial === undefined) trials.set(at, { first, evidence: [evidence] });
      else {
        trial.evidence.push(evidence);
        if (bar < trial.first.bar) trial.first = first;
      }
    });
    return clean;
  };

  for (const [point, moment] of moments.entries()) {
    compare(subject.compute(knownBy(inputs, moment)), 'truncation', moment);
    const poison = POISONS[point % POISONS.length]!;
    compare(subject.compute(poisonAfter(inputs, moment, random.fork(point), poison)), 'poison', moment);
    yield { done: point + 1, total: moments.length };
  }

  const reads =
    trials.size === 0 ? new Map<number, string>() : blame(subject, inputs, full, claimed, moments, random);
  const findings = [...trials].map(([at, trial]): CausalityFinding => {
    const { first, evidence } = trial;
    const worst = evidence.reduce((a, b) => (b.changed.length > a.changed.length ? b : a));
    const part = reads.get(at) ?? 'bars';
    return {
      column: subject.columns[at]!,
      check: first.check,
      bar: first.bar + (length - bars.length),
      ts: bars.time[first.bar]!,
      available_at: claimed[first.bar]!,
      known_until: first.moment,
      with_future: finiteOrNull(first.withFuture),
      without_future: finiteOrNull(first.without),
      rows_changed: worst.changed.length,
      rows_compared: worst.compared,
      reads: part,
      ...likelyCause(evidence, { bars, claimed, reads: part }),
    };
  });
  findings.push(...stampFindings(subject, inputs, full, claimed, checks));
  findings.sort(
    (a, b) => subject.columns.indexOf(a.column) - subject.columns.indexOf(b.column) || a.bar - b.bar,
  );
  const accused = new Set(findings.map(({ column }) => column));
  const unproven = subject.columns.filter((name, at) => !proven.has(at) && !accused.has(name));
  return {
    schema_version: 1,
    subject: subject.name,
    columns: [...subject.columns],
    instrument_id: bars.instrument,
    timeframe: bars.timeframe,
    bars: bars.length,
    first_ts: bars.time[0] ?? 0,
    last_ts: bars.time[bars.length - 1] ?? 0,
    seed,
    points: moments,
    checks,
    input_hash: hashInputs(inputs),
    output_hash: hashColumns(full),
    verdict: findings.length > 0 ? 'lookahead' : unproven.length > 0 ? 'unproven' : 'causal',
    unproven,
    findings,
  };
}

/** Rows that claim to be known by the moment and differ in any bit; a row that is not there differs. */
function compareColumn(
  full: Float64Array,
  other: Float64Array,
  claimed: Float64Array,
  moment: number,
): { compared: number; finite: number; changed: number[] } {
  let compared = 0;
  let finite = 0;
  const changed: number[] = [];
  for (let bar = 0; bar < full.length; bar++) {
    if (!(claimed[bar]! <= moment)) continue;
    compared++;
    const value = full[bar]!;
    if (Number.isFinite(value)) finite++;
    if (bar >= other.length || !Object.is(value, other[bar]!)) changed.push(bar);
  }
  return { compared, finite, changed };
}

/** Which part of the inputs each accused column reads too early: poisoned one at a time. */
function blame(
  subject: CausalSubject,
  inputs: FeatureInputs,
  full: readonly Float64Array[],
  claimed: Float64Array,
  moments: readonly number[],
  random: Random,
): Map<number, string> {
  const blamed = new Map<number, string>();
  const parts = partsOf(inputs);
  if (parts.length === 1) return blamed;
  for (const part of parts) {
    moments.forEach((moment, point) => {
      const poison: Poison = POISONS[point % POISONS.length]!;
      const poisoned = poisonAfter(inputs, moment, random.fork(point), poison, [part]);
      const other = subject.compute(poisoned);
      full.forEach((column, at) => {
        if (blamed.has(at)) return;
        if (compareColumn(column, other[at]!, claimed, moment).changed.length > 0) blamed.set(at, part);
      });
    });
  }
  return blamed;
}

/** Channels whose stamps are earlier than their kind allows, and the columns that move when they are corrected. */
function stampFindings(
  subject: CausalSubject,
  inputs: FeatureInputs,
  full: readonly Float64Array[],
  claimed: Float64Array,
  checks: { stamps: number },
): CausalityFinding[] {
  const { bars, channels = {} } = inputs;
  const findings: CausalityFinding[] = [];
  for (const [name, channel] of Object.entries(channels)) {
    if (!channel) continue;
    checks.stamps += channel.time.length;
    const early = earlyStamp(channel);
    if (early < 0) continue;
    const { kind, time, availableAt, period } = channel;
    const right = availableAt.map((at, row) => Math.max(at, earliestAvailable(kind, time[row]!, period)));
    const corrected = subject.compute({
      ...inputs,
      channels: { ...channels, [name]: { ...channel, availableAt: right } },
    });
    full.forEach((column, at) => {
      const end = Number.POSITIVE_INFINITY;
      const { changed, compared } = compareColumn(column, corrected[at]!, claimed, end);
      const bar = changed[0];
      if (bar === undefined) return;
      findings.push({
        column: subject.columns[at]!,
        check: 'stamp',
        bar,
        ts: bars.time[bar]!,
        available_at: claimed[bar]!,
        known_until: claimed[bar]!,
        with_future: finiteOrNull(column[bar]!),
        without_future: finiteOrNull(corrected[at]![bar]!),
        rows_changed: changed.length,
        rows_compared: compared,
        reads: name,
        cause: 'early_stamp',
        explanation: `${name} is stamped before it can have been known: the value of ${iso(time[early]!)} is stamped ${iso(
          availableAt[early]!,
        )} and was known from ${iso(right[early]!)} on`,
      });
    });
  }
  return findings;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function hashInputs({ bars, channels, panel }: FeatureInputs): string {
  const hash = new Sha256();
  for (const series of [bars, ...(panel ?? [])]) {
    hash.text(`${series.instrument}|${series.timeframe}|${series.length}`);
    for (const column of [series.time, series.open, series.high, series.low, series.close, series.volume]) {
      hash.numbers(column);
    }
  }
  for (const [name, channel] of Object.entries(channels ?? {})) {
    if (!channel) continue;
    hash.text(`${name}|${channel.kind}|${channel.period}|${channel.maxAge}`);
    hash.numbers(channel.time).numbers(channel.availableAt).numbers(channel.value);
  }
  return hash.hex();
}

function hashColumns(columns: readonly Float64Array[]): string {
  const hash = new Sha256();
  for (const column of columns) hash.numbers(column);
  return hash.hex();
}
