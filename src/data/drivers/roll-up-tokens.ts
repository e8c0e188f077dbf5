/**
 * Hours and days of all low-cap tokens out of the finer bars in memory (regime spec §5): those buckets of which a finer
 * bar is other than at the last roll-up, compared by value with what is stored, in one write. A bar that came as such
 * from a provider is never touched. A day is made of hours.
 */
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { rollUpRegimeBars } from '../../analysis/drivers/regime-roll-up.js';
import { bucketOpen } from '../../market/timeframe.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import type { RowOf } from '../lake/dataset-rows.js';
import { columnsOf } from './row-columns.js';
import type { TokenBar, TokenBars } from './token-bars.js';

export interface TokenRollUp {
  readonly timeframe: Exclude<RegimeTimeframe, '1m'>;
  /** End of the newest closed bucket, UTC ms. */
  readonly to: number;
  /** Share of the source below which a bar is partial. */
  readonly threshold: number;
}

interface Gathered {
  readonly time: number[];
  readonly bars: TokenBar[];
}

/** @returns bars written */
export async function rollUpTokens(
  access: LakeAccess,
  finer: TokenBars,
  coarse: TokenBars,
  { timeframe, to, threshold }: TokenRollUp,
): Promise<number> {
  await finer.refresh();
  await coarse.refresh();
  const reader = `roll up ${timeframe}`;
  const since = finer.changedSince(reader);
  const from = since === Number.NEGATIVE_INFINITY ? since : bucketOpen(since, timeframe);
  // what is of the bucket that is still open is news again when it has closed
  if (since < Number.POSITIVE_INFINITY) finer.giveBack(reader, Math.max(to, from));
  if (from >= to) return 0;
  try {
    const rows = [...rolled(finer, coarse, from, { timeframe, to, threshold })];
    if (rows.length === 0) return 0;
    const files = await access.write((writer) =>
      writer.append('bars', columnsOf(rows), { source: 'rollup' }),
    );
    coarse.wrote(
      rows.map(({ instrument_id, ts, open, high, low, close, quote_volume, bars_used, coverage_pct }) => [
        instrument_id,
        ts,
        {
          open,
          high,
          low,
          close,
          volume: quote_volume!,
          isRolled: true,
          used: bars_used!,
          coverage: coverage_pct!,
        },
      ]),
      files,
    );
    return rows.length;
  } catch (error) {
    finer.giveBack(reader, since);
    throw error;
  }
}

function* rolled(
  finer: TokenBars,
  coarse: TokenBars,
  from: number,
  { timeframe, to, threshold }: TokenRollUp,
): Generator<RowOf<'bars'>> {
  const byToken = new Map<string, Gathered>();
  for (const time of finer.timesBetween(from - 1, to)) {
    for (const [instrument, bar] of finer.barsAt(time)) {
      let own = byToken.get(instrument);
      if (own === undefined) {
        own = { time: [], bars: [] };
        byToken.set(instrument, own);
      }
      own.time.push(time);
      own.bars.push(bar);
    }
  }
  for (const [instrument_id, { time, bars }] of byToken) {
    const source = {
      time: Float64Array.from(time),
      ...columnsNamed(bars, ['open', 'high', 'low', 'close', 'volume', 'coverage']),
    };
    const isDay = timeframe === '1d';
    const made = rollUpRegimeBars(source, {
      from: isDay ? '1h' : '1m',
      to: timeframe,
      horizon: to,
      threshold,
      ...(isDay ? { coveragePct: source.coverage.map((share) => (Number.isNaN(share) ? 100 : share)) } : {}),
    });
    const { open, high, low, close, volume } = made.bars;
    for (const [row, ts] of made.bars.time.entries()) {
      const used = made.barsUsed[row]!;
      const stored = coarse.barsAt(ts).get(instrument_id);
      if (stored !== undefined) {
        if (!stored.isRolled) continue;
        const isSame =
          stored.used === used &&
          stored.volume === volume[row] &&
          stored.open === open[row] &&
          stored.high === high[row] &&
          stored.low === low[row] &&
          stored.close === close[row];
        if (isSame) continue;
      }
      yield {
        instrument_id,
        timeframe,
        ts,
        open: open[row]!,
        high: high[row]!,
        low: low[row]!,
        close: close[row]!,
        volume: volume[row]! / close[row]!,
        quote_volume: volume[row]!,
        volume_estimated: true,
        bars_used: used,
        expected_bars: made.expectedBars,
        coverage_pct: made.coveragePct[row]!,
        partial: made.partial[row] === 1,
      };
    }
  }
}

function columnsNamed<Name extends 'open' | 'high' | 'low' | 'close' | 'volume' | 'coverage'>(
  bars: readonly TokenBar[],
  names: readonly Name[],
): Record<Name, Float64Array> {
  const columns = {} as Record<Name, Float64Array>;
  for (const name of names) {
    const column = new Float64Array(bars.length);
    for (let row = 0; row < column.length; row += 1) column[row] = bars[row]![name];
    columns[name] = column;
  }
  return columns;
}
