/**
 * One canonical bar per component, timeframe and time out of the bars of its sources (regime spec §4): the preferred
 * source where it has one, else the next; a venue's own bar before a rolled-up one; never an average, never both.
 *
 * A bar whose close is more than five times or less than a fifth of the last canonical one is not taken while that one is
 * at most G bars old (10 minutes, 3 hours, 3 days), which is the composite's rule for outliers (§6): a wrong unit or a bad
 * tick costs the bar of that source, a lasting step is taken over. Sources that differ by more than 2 % are told.
 */
import { REFERENCE_BARS } from '../../analysis/drivers/chained-index.js';
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { isValidBar } from '../../analysis/drivers/valid-bar.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { Lake } from '../lake/lake.js';
import { RANK } from '../lake/merge-blocks.js';
import type { RegimeBar } from './regime-series.js';

/** Instrument ids, the preferred one first. */
export type ComponentSources = readonly string[];

/** Two sources of one bar that lie too far apart. */
export interface Disagreement {
  /** Open of the bar, UTC ms. */
  readonly ts: number;
  readonly source: string;
  readonly other: string;
  /** Close of the first over close of the other. */
  readonly ratio: number;
}

export interface CanonicalBars {
  /** Ascending; `source` is the venue, or `rollup`. */
  readonly bars: readonly RegimeBar[];
  /** Times at which the source changed. */
  readonly switches: readonly { readonly ts: number; readonly from: string; readonly to: string }[];
  readonly disagreements: readonly Disagreement[];
  /** Newest time at which two sources could be compared, UTC ms; −Infinity where none could. */
  readonly comparedTo: number;
  /** Stored bars that were not believed, by instrument. */
  readonly outliers: readonly { readonly ts: number; readonly instrument: string }[];
}

const MOST_APART = 0.02;
const OUTLIER_HIGH = 5;
const OUTLIER_LOW = 0.2;
const FINAL_RANK = 10;

export const SOURCE_COLUMNS: readonly string[] = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'quote_volume',
  'partial',
  'coverage_pct',
  'bars_used',
  'expected_bars',
  RANK,
];

/** Stored bars of one component at one venue; columns run parallel to `ts`, UTC ms. */
export interface SourceRows {
  readonly instrument: string;
  readonly venue: string;
  readonly ts: Float64Array;
  readonly columns: Readonly<Record<string, Float64Array>>;
}

/** @param span half-open range of open times, UTC ms */
export async function canonicalBars(
  lake: Lake,
  sources: ComponentSources,
  timeframe: RegimeTimeframe,
  span: { readonly from: number; readonly to: number },
): Promise<CanonicalBars> {
  const rows: SourceRows[] = [];
  for (const instrument of sources) {
    const { ts, columns } = await lake.columns('bars', {
      subject: instrument,
      timeframe,
      from: span.from,
      ...(span.to === Number.POSITIVE_INFINITY ? {} : { to: span.to }),
      columns: SOURCE_COLUMNS,
    });
    rows.push({ instrument, venue: instrument.split(':', 1)[0]!, ts, columns });
  }
  return chooseBars(rows, timeframe);
}

/**
 * @param sources rows of each, the preferred one first
 * @param before the canonical bar before them
 */
export function chooseBars(
  sources: readonly SourceRows[],
  timeframe: RegimeTimeframe,
  before?: RegimeBar,
): CanonicalBars {
  const reach = REFERENCE_BARS[timeframe] * TIMEFRAME_MS[timeframe];
  const at = sources.map(() => 0);
  const bars: RegimeBar[] = [];
  const switches: { ts: number; from: string; to: string }[] = [];
  const disagreements: Disagreement[] = [];
  const outliers: { ts: number; instrument: string }[] = [];
  let comparedTo = Number.NEGATIVE_INFINITY;
  let last = before;
  for (;;) {
    let ts = Number.POSITIVE_INFINITY;
    for (const [index, { ts: times }] of sources.entries()) ts = Math.min(ts, times[at[index]!] ?? ts);
    if (ts === Number.POSITIVE_INFINITY) break;
    const here: RegimeBar[] = [];
    for (const [index, source] of sources.entries()) {
      const row = at[index]!;
      if (source.ts[row] !== ts) continue;
      at[index] = row + 1;
      const bar = barOf(source, row);
      if (bar === undefined) continue;
      if (last !== undefined && ts - last.ts <= reach && isOutlier(bar.close / last.close)) {
        outliers.push({ ts, instrument: source.instrument });
        continue;
      }
      here.push(bar);
    }
    const [best, ...others] = [...here].sort((a, b) => Number(isRolled(a)) - Number(isRolled(b)));
    if (best === undefined) continue;
    for (const other of others) {
      const ratio = best.close / other.close;
      if (!isRolled(other)) comparedTo = ts;
      if (isRolled(other) || Math.abs(ratio - 1) <= MOST_APART) continue;
      disagreements.push({ ts, source: best.source, other: other.source, ratio });
    }
    if (last !== undefined && last.source !== best.source) {
      switches.push({ ts, from: last.source, to: best.source });
    }
    bars.push(best);
    last = best;
  }
  return { bars, switches, disagreements, comparedTo, outliers };
}

const isOutlier = (ratio: number): boolean => ratio > OUTLIER_HIGH || ratio < OUTLIER_LOW;
const isRolled = ({ source }: RegimeBar): boolean => source === 'rollup';

/** Undefined for a bar that is still forming or is none. */
function barOf({ venue, ts, columns }: SourceRows, row: number): RegimeBar | undefined {
  const rank = columns[RANK]![row]!;
  const isRollup = rank % FINAL_RANK === 0;
  if (!isRollup && rank < FINAL_RANK) return undefined;
  const [open, high, low, close] = [
    columns.open![row]!,
    columns.high![row]!,
    columns.low![row]!,
    columns.close![row]!,
  ];
  const quote = columns.quote_volume![row]!;
  const volume = Number.isNaN(quote) ? columns.volume![row]! * close : quote;
  if (!isValidBar(open, high, low, close, volume)) return undefined;
  const known = (name: string, otherwise: number): number => {
    const value = columns[name]![row]!;
    return isRollup && !Number.isNaN(value) ? value : otherwise;
  };
  return {
    ts: ts[row]!,
    open,
    high,
    low,
    close,
    volume: Number.isNaN(volume) ? 0 : volume,
    source: isRollup ? 'rollup' : venue,
    count: Number.NaN,
    partial: isRollup && columns.partial![row] === 1,
    coverage: known('coverage_pct', 100),
    used: known('bars_used', 1),
    expected: known('expected_bars', 1),
  };
}
