/**
 * The hour and the day of a component from its finer bars, where the venue's own bar is missing (regime spec §5): an hour
 * from minutes, a day from hours, else from minutes. Compared by value with what is stored, so late minutes roll their
 * hours anew, and a second run writes nothing; a bar of the venue's own is never touched.
 */
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { type RegimeRollUp, rollUpRegimeBars } from '../../analysis/drivers/regime-roll-up.js';
import type { BarColumns } from '../../market/series.js';
import { bucketOpen, type Timeframe } from '../../market/timeframe.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import type { Lake } from '../lake/lake.js';
import { RANK } from '../lake/merge-blocks.js';

export interface ComponentRollUp {
  readonly instrument: string;
  readonly timeframe: Exclude<RegimeTimeframe, '1m'>;
  /** Half-open range, UTC ms; `to` is a bucket's end that has passed. */
  readonly from: number;
  readonly to: number;
  /** Share of the source below which a bar is partial; half when left out. */
  readonly threshold?: number | undefined;
}

const FINAL_RANK = 10;
const PRICES = ['open', 'high', 'low', 'close', 'volume'] as const;

/** @returns bars written */
export async function rollUpComponent(access: LakeAccess, request: ComponentRollUp): Promise<number> {
  const { instrument, timeframe, to } = request;
  const from = bucketOpen(request.from, timeframe);
  const rolled = await rolledBars(access.lake, request, from);
  if (rolled === undefined || rolled.bars.time.length === 0) return 0;
  const stored = await access.lake.columns('bars', {
    subject: instrument,
    timeframe,
    from,
    to,
    columns: [...PRICES, 'quote_volume', 'bars_used', RANK],
  });
  const rowAt = new Map(Array.from(stored.ts, (ts, row) => [ts, row]));
  const { bars } = rolled;
  const wanted = [...bars.time.keys()].filter((row) => {
    const at = rowAt.get(bars.time[row]!);
    if (at === undefined) return true;
    // the units of a rank tell the source: only a roll-up has none
    if (stored.columns[RANK]![at]! % FINAL_RANK !== 0) return false;
    // quote volume is what the finer bars are summed by
    return (
      rolled.barsUsed[row] !== stored.columns.bars_used![at] ||
      bars.volume[row] !== stored.columns.quote_volume![at] ||
      (['open', 'high', 'low', 'close'] as const).some(
        (name) => bars[name][row] !== stored.columns[name]![at],
      )
    );
  });
  if (wanted.length === 0) return 0;
  const pick = (column: ArrayLike<number>): Float64Array => Float64Array.from(wanted, (row) => column[row]!);
  const close = pick(bars.close);
  const quote = pick(bars.volume);
  const columns = {
    ts: pick(bars.time),
    open: pick(bars.open),
    high: pick(bars.high),
    low: pick(bars.low),
    close,
    volume: quote.map((volume, row) => volume / close[row]!),
    quote_volume: quote,
    volume_estimated: wanted.map(() => true),
    bars_used: pick(rolled.barsUsed),
    expected_bars: new Float64Array(wanted.length).fill(rolled.expectedBars),
    coverage_pct: pick(rolled.coveragePct),
    partial: wanted.map((row) => rolled.partial[row] === 1),
  };
  await access.write((writer) =>
    writer.append(
      'bars',
      { columns, length: wanted.length, constants: { instrument_id: instrument, timeframe } },
      { source: 'rollup' },
    ),
  );
  return wanted.length;
}

async function rolledBars(
  lake: Lake,
  { instrument, timeframe, to, threshold }: ComponentRollUp,
  from: number,
): Promise<RegimeRollUp | undefined> {
  const finer: readonly Timeframe[] = timeframe === '1d' ? ['1h', '1m'] : ['1m'];
  for (const base of finer) {
    const source = await finalBars(lake, instrument, base, from, to);
    if (source.bars.time.length === 0) continue;
    const options = {
      from: base,
      to: timeframe,
      horizon: to,
      ...(threshold === undefined ? {} : { threshold }),
    };
    return rollUpRegimeBars(
      source.bars,
      base === '1h' ? { ...options, coveragePct: source.coverage } : options,
    );
  }
  return undefined;
}

/** Stored final bars of one instrument, volume in USD. */
async function finalBars(
  lake: Lake,
  instrument: string,
  timeframe: Timeframe,
  from: number,
  to: number,
): Promise<{ readonly bars: BarColumns; readonly coverage: Float64Array }> {
  const { ts, columns } = await lake.columns('bars', {
    subject: instrument,
    timeframe,
    from,
    to,
    columns: [...PRICES, 'quote_volume', 'coverage_pct', RANK],
  });
  // a bar of a stream that is still forming ranks below ten without being a roll-up
  const rows = [...ts.keys()].filter((row) => {
    const rank = columns[RANK]![row]!;
    return rank >= FINAL_RANK || rank % FINAL_RANK === 0;
  });
  const pick = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row]!);
  const close = pick(columns.close!);
  const base = pick(columns.volume!);
  const volume = pick(columns.quote_volume!).map((quote, row) =>
    Number.isNaN(quote) ? base[row]! * close[row]! : quote,
  );
  const coverage = pick(columns.coverage_pct!).map((share) => (Number.isNaN(share) ? 100 : share));
  return {
    bars: {
      time: pick(ts),
      open: pick(columns.open!),
      high: pick(columns.high!),
      low: pick(columns.low!),
      close,
      volume,
    },
    coverage,
  };
}
