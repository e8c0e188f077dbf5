/**
 * The bars of all drivers of a book: loaded from the lake when first asked for, written through it, loaded again when
 * somebody else has written. What the memory was made of are the names of the files, which say everything (§4.0 of the
 * operational schema): other names, other bars.
 */
import { DRIVERS, type Driver, type RegimeTimeframe } from '../../analysis/drivers/driver.js';
import type { LakeAccess } from '../ingest/backfill.js';
import { type DriverBars, type RegimeBar, RegimeSeries, regimeBatch } from './regime-series.js';

interface Loaded {
  readonly series: ReadonlyMap<string, RegimeSeries>;
  files: string;
}

export interface WrittenBars {
  readonly driver: Driver;
  readonly bars: number;
  /** Open of the earliest bar that is new or other than before. */
  readonly from: number;
  readonly bySource: Readonly<Record<string, number>>;
}

export class RegimeBars {
  private readonly loaded = new Map<RegimeTimeframe, Loaded>();

  constructor(
    private readonly access: LakeAccess,
    private readonly book: string,
  ) {}

  /**
   * The series of every driver, as stored now.
   * @returns `isNew` when they were loaded by this call: nothing that was known of them before holds
   */
  async of(
    timeframe: RegimeTimeframe,
  ): Promise<{ readonly series: ReadonlyMap<string, RegimeSeries>; readonly isNew: boolean }> {
    const files = await this.filesOf(timeframe);
    const known = this.loaded.get(timeframe);
    if (known?.files === files) return { series: known.series, isNew: false };
    const series = await this.load(timeframe);
    this.loaded.set(timeframe, { series, files });
    return { series, isNew: true };
  }

  /** Writes what differs from what is stored, of one timeframe, in one part. */
  async write(timeframe: RegimeTimeframe, wanted: readonly DriverBars[]): Promise<readonly WrittenBars[]> {
    const { series } = await this.of(timeframe);
    const changed = wanted
      .map((each) => ({ ...each, bars: series.get(each.driver)!.differences(each.bars) }))
      .filter(({ bars }) => bars.length > 0);
    if (changed.length === 0) return [];
    await this.access.write((writer) =>
      writer.append('regime_bars', regimeBatch(this.book, changed), { source: 'composite' }),
    );
    for (const { driver, bars } of changed) series.get(driver)!.put(bars);
    this.loaded.get(timeframe)!.files = await this.filesOf(timeframe);
    return changed.map(({ driver, bars }) => ({
      driver,
      bars: bars.length,
      from: bars.reduce((least, { ts }) => Math.min(least, ts), Number.POSITIVE_INFINITY),
      bySource: countBySource(bars),
    }));
  }

  private async filesOf(timeframe: RegimeTimeframe): Promise<string> {
    const files = await this.access.lake.activeFiles('regime_bars', { timeframe });
    return files.map(({ path }) => path).join('\n');
  }

  private async load(timeframe: RegimeTimeframe): Promise<ReadonlyMap<string, RegimeSeries>> {
    const series = new Map(DRIVERS.map((driver) => [driver as string, new RegimeSeries(driver, timeframe)]));
    const rows = await this.access.lake.query('regime_bars', { timeframe }, (relation, run) =>
      run(
        `SELECT driver, ts, open, high, low, close, volume, source, component_count, partial, coverage_pct, bars_used,
                expected_bars
           FROM ${relation} WHERE book_id = '${this.book.replaceAll("'", "''")}' ORDER BY ts`,
      ),
    );
    for (const row of rows) series.get(row.driver as string)?.put([storedBar(row)]);
    return series;
  }
}

function storedBar(row: Readonly<Record<string, unknown>>): RegimeBar {
  const number = (name: string, otherwise: number): number => (row[name] as number | null) ?? otherwise;
  return {
    ts: row.ts as number,
    open: row.open as number,
    high: row.high as number,
    low: row.low as number,
    close: row.close as number,
    volume: number('volume', 0),
    source: row.source as string,
    count: number('component_count', Number.NaN),
    partial: row.partial === true,
    coverage: number('coverage_pct', 100),
    used: number('bars_used', 1),
    expected: number('expected_bars', 1),
  };
}

function countBySource(bars: readonly RegimeBar[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { source } of bars) counts[source] = (counts[source] ?? 0) + 1;
  return counts;
}
