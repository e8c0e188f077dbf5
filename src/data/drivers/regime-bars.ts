/**
 * The bars of all drivers of a book: loaded from the lake when first asked for, written through it, loaded again when
 * somebody else has written. What the memory was made of are the names of the files, which say everything (§4.0 of the
 * operational schema): other names, other bars.
 */
import { DRIVERS, type Driver, type RegimeTimeframe } from '../../analysis/drivers/driver.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import {
  type DriverBars,
  type NumberColumn,
  type RegimeBar,
  RegimeSeries,
  regimeBatch,
} from './regime-series.js';

interface Loaded {
  readonly series: ReadonlyMap<string, RegimeSeries>;
  files: string;
}

/** What one write changed of a driver's bars; times UTC ms. */
export interface WrittenBars {
  readonly driver: Driver;
  readonly bars: number;
  /** Open of the earliest bar that is new or other than before. */
  readonly from: number;
  /** Bars by the source they were made from. */
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
    const { lake } = this.access;
    const sources = await this.sourcesOf(timeframe);
    const loaded = new Map<string, RegimeSeries>();
    for (const driver of DRIVERS) {
      const series = new RegimeSeries(driver, timeframe);
      const { ts, columns, length } = await lake.columns('regime_bars', {
        subject: driver,
        timeframe,
        where: { book_id: this.book },
        columns: Object.values(STORED),
      });
      const changes = sources.get(driver) ?? [];
      let at = -1;
      const names = Array.from({ length }, (_, row) => {
        while (at + 1 < changes.length && changes[at + 1]!.ts <= ts[row]!) at += 1;
        return changes[at]!.source;
      });
      const column = (name: NumberColumn): Float64Array => {
        const otherwise = OTHERWISE[name];
        const stored = columns[STORED[name]]!;
        return Float64Array.from(stored, (value) => (Number.isNaN(value) ? otherwise : value));
      };
      const own = Object.fromEntries(
        (Object.keys(STORED) as NumberColumn[]).map((name) => [name, column(name)]),
      );
      series.load(Float64Array.from(ts), own as Record<NumberColumn, Float64Array>, names);
      loaded.set(driver, series);
    }
    return loaded;
  }

  /** Where the source of each driver changes: it does so seldom, and text is slow to read. */
  private async sourcesOf(
    timeframe: RegimeTimeframe,
  ): Promise<ReadonlyMap<string, readonly { readonly ts: number; readonly source: string }[]>> {
    const rows = await this.access.lake.query('regime_bars', { timeframe }, (relation, run) =>
      run(
        `SELECT driver, ts, source FROM (
           SELECT driver, ts, source, lag(source) OVER (PARTITION BY driver ORDER BY ts) AS before
             FROM ${relation} WHERE book_id = '${this.book.replaceAll("'", "''")}')
          WHERE before IS NULL OR source <> before ORDER BY driver, ts`,
      ),
    );
    const found = new Map<string, { ts: number; source: string }[]>();
    for (const row of rows) {
      const driver = row.driver as string;
      const change = { ts: row.ts as number, source: row.source as string };
      const own = found.get(driver);
      if (own) own.push(change);
      else found.set(driver, [change]);
    }
    return found;
  }
}

/** Columns of the dataset, and what stands for NULL. */
const STORED: Readonly<Record<NumberColumn, string>> = {
  open: 'open',
  high: 'high',
  low: 'low',
  close: 'close',
  volume: 'volume',
  count: 'component_count',
  partial: 'partial',
  coverage: 'coverage_pct',
  used: 'bars_used',
  expected: 'expected_bars',
};
const OTHERWISE: Readonly<Record<NumberColumn, number>> = {
  open: Number.NaN,
  high: Number.NaN,
  low: Number.NaN,
  close: Number.NaN,
  volume: 0,
  count: Number.NaN,
  partial: 0,
  coverage: 100,
  used: 1,
  expected: 1,
};

function countBySource(bars: readonly RegimeBar[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { source } of bars) counts[source] = (counts[source] ?? 0) + 1;
  return counts;
}
