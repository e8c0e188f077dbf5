/**
 * What a value that knew too much most likely is, from how it changed when the future was hidden or replaced: which
 * rows, how many, how far back, and how the two versions relate. A guess to begin the search with, worded as one.
 *
 * | seen                                                                    | likely cause            |
 * |-------------------------------------------------------------------------|-------------------------|
 * | the row is gone when its own bar is                                      | row before its close    |
 * | only a channel, or the panel, moves it                                   | early channel, survivors |
 * | most rows move, all by one line y = a + b·x                              | scaling by the sample   |
 * | most rows move, values are multiples of 1/n                              | rank over the sample    |
 * | most rows move otherwise                                                 | fitted on the sample    |
 * | only rows of the higher bar that was forming move                        | unclosed higher bar     |
 * | the last w rows move, the same w everywhere                              | shift, centred window   |
 * | the last rows move, a varying number                                     | fill, two-pass filter   |
 */
import type { Series } from '../../market/series.js';
import { bucketOpen, TIMEFRAME_MS, TIMEFRAMES, type Timeframe } from '../../market/timeframe.js';
import type { Cause } from './causality-proof.js';

/** One comparison in which a column differed. */
export interface Evidence {
  readonly check: 'truncation' | 'poison';
  readonly moment: number;
  /** The column as computed with everything, and without or with another future. */
  readonly full: Float64Array;
  readonly other: Float64Array;
  /** Rows known by the moment, and those among them that differ, ascending. */
  readonly compared: number;
  readonly changed: readonly number[];
}

interface Setting {
  readonly bars: Series;
  readonly claimed: Float64Array;
  readonly reads: string;
}

export interface LikelyCause {
  readonly cause: Cause;
  readonly explanation: string;
}

/** The cause of `CAUSES` that fits best what was seen of a column, and a sentence that says why. */
export function likelyCause(evidence: readonly Evidence[], setting: Setting): LikelyCause {
  const { bars, reads } = setting;
  if (evidence.some(({ changed, other }) => changed.some((bar) => bar >= other.length))) {
    return say(
      'row_before_close',
      'the row claims to be known before its own bar has closed (a forming bar, or a stamp of the open)',
    );
  }
  if (reads === 'panel') {
    return say(
      'universe_of_survivors',
      'it depends on which instruments of the panel are listed, or still listed, later',
    );
  }
  if (reads !== 'bars') {
    return say(
      'early_channel',
      `it uses values of ${reads} before they were available: joined by the time they speak of, or as revised later`,
    );
  }
  const shares = evidence.map(({ changed, compared }) => changed.length / compared).sort((a, b) => a - b);
  if (shares[shares.length >> 1]! > 0.5 || reachesBackFar(evidence)) return wholeSample(evidence);
  const timeframe = formingBar(evidence, bars);
  if (timeframe !== undefined) {
    return say(
      'unclosed_higher_bar',
      `it uses the ${timeframe} bar that was still forming: only rows inside it changed`,
    );
  }
  const reaches = evidence.filter(({ check }) => check === 'truncation').map(reachOf);
  const longest = Math.max(...reaches);
  if (reaches.length > 0 && reaches.every((reach) => reach === longest)) {
    return say(
      'later_bars',
      `it reads ${longest} bar${longest === 1 ? '' : 's'} ahead: a negative shift, or a window centred on its bar`,
    );
  }
  return say(
    'fill_from_later_rows',
    'a varying number of rows before the cut changed: a backward fill, an interpolation, or a filter run in both directions',
  );
}

function say(cause: Cause, explanation: string): LikelyCause {
  return { cause, explanation };
}

/** Rows from the first one that changed to the last one known. */
function reachOf({ changed, compared }: Evidence): number {
  return compared - changed[0]!;
}

/** Some comparison changed rows so far back that no window or fill explains it. */
function reachesBackFar(evidence: readonly Evidence[]): boolean {
  const far = evidence.filter(
    ({ changed, compared }) => changed[0]! < 0.5 * compared && changed.length > 0.2 * compared,
  );
  return 2 * far.length > evidence.length;
}

function wholeSample(evidence: readonly Evidence[]): LikelyCause {
  const pairs = evidence.filter(({ changed }) => changed.length >= 5);
  if (pairs.length > 0 && pairs.every(isRank)) {
    return say('whole_sample_rank', 'it is a rank or percentile among all rows, later ones included');
  }
  if (pairs.length > 0 && pairs.every(isOneLine)) {
    return say(
      'whole_sample_scaling',
      'it is scaled by a mean, deviation, minimum or maximum of all rows, later ones included (a z-score or scaler fitted on everything)',
    );
  }
  return say(
    'whole_sample',
    'it depends on a fit to all rows, later ones included (components, encodings, smoothed or decoded states)',
  );
}

/** The other version is the same line a + b·x of this one at every row. */
function isOneLine({ full, other, changed }: Evidence): boolean {
  const rows = changed.filter((bar) => Number.isFinite(full[bar]!) && Number.isFinite(other[bar]!));
  if (rows.length < 5) return false;
  let low = rows[0]!;
  let high = rows[0]!;
  for (const bar of rows) {
    if (full[bar]! < full[low]!) low = bar;
    if (full[bar]! > full[high]!) high = bar;
  }
  const slope = (other[high]! - other[low]!) / (full[high]! - full[low]!);
  const spread = Math.abs(other[high]! - other[low]!) + Math.abs(other[low]!) + 1e-12;
  return (
    Number.isFinite(slope) &&
    rows.every(
      (bar) => Math.abs(other[low]! + slope * (full[bar]! - full[low]!) - other[bar]!) < 1e-6 * spread,
    )
  );
}

/** Every value a multiple of one over the number of rows (or one more or less), between 0 and 1 or a whole number. */
function isRank({ full, changed }: Evidence): boolean {
  const finite = full.filter(Number.isFinite);
  const values = changed.map((bar) => full[bar]!).filter(Number.isFinite);
  if (values.length < 5) return false;
  const whole = (scale: number): boolean =>
    values.every((value) => {
      const scaled = value * scale;
      return (
        Math.abs(2 * scaled - Math.round(2 * scaled)) < 1e-6 * Math.max(1, scaled) &&
        scaled <= finite.length + 1
      );
    });
  const counts = [-1, 0, 1].map((more) => finite.length + more);
  const shares = values.every((value) => value >= 0 && value <= 1);
  return shares ? counts.some(whole) : whole(1) && new Set(values).size > 20;
}

/** The shortest higher timeframe such that every changed row lies in the bar that was forming at the cut. */
function formingBar(evidence: readonly Evidence[], { time, timeframe }: Series): Timeframe | undefined {
  const hidden = evidence.filter(({ check }) => check === 'truncation');
  const seen = hidden.length > 0 ? hidden : evidence;
  if (new Set(seen.map(reachOf)).size < 2) return undefined;
  return TIMEFRAMES.find(
    (candidate) =>
      TIMEFRAME_MS[candidate] > TIMEFRAME_MS[timeframe] &&
      seen.every(({ changed, moment }) => {
        const forming = bucketOpen(moment - 1, candidate);
        return time[changed[0]!]! >= forming && moment < forming + TIMEFRAME_MS[candidate];
      }),
  );
}
