/**
 * Bars that a running feed has and that no part holds yet (operational schema §4.0: the running process serves the
 * newest bars from memory). To a reader of this process they are one more part: the same rule decides between rows of
 * one key, so a bar is there once, before, while and after its part lands, and a late correction wins as it does on
 * disk. A reader takes these rows before it lists the files, so a bar that moves to disk meanwhile is never missed.
 *
 * The bar that is still forming is kept apart: nothing computes with it, charts show it.
 *
 * Known limit: SQL over the lake sees parts only, so up to a minute less.
 */
import type { Timeframe } from '../../market/timeframe.js';
import type { Block } from './column-cache.js';
import { INGESTED_AT, RANK } from './merge-blocks.js';

/** A closed bar as a feed hands it over; prices in quote currency. */
export interface LiveBar {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  /** Open time, UTC ms. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Base units. */
  readonly volume: number;
  /** NaN where nothing tells. */
  readonly quoteVolume: number;
  readonly trades: number;
}

export interface FreshBar extends LiveBar {
  /** Where it came from; a roll-up gives way to the venue's own bar. */
  readonly source: 'ws' | 'rest' | 'rollup';
  /** Share of its minutes that were there, percent; NaN for the venue's own bar. */
  readonly coverage: number;
  /** UTC ms. */
  readonly ingestedAt: number;
}

interface Row extends FreshBar {
  /** Counts up: another number when another bar took this key. */
  readonly version: number;
}

/** Final rows of these sources, as rankSql of datasets.ts numbers them. */
const RANKS = { rest: 13, ws: 12, rollup: 10 } as const;
/** Below this share of its minutes a bar is partial. */
const LEAST_COVERAGE = 50;

const rankOf = ({ source, coverage }: FreshBar): number =>
  coverage < LEAST_COVERAGE ? RANKS[source] - 10 : RANKS[source];

const VALUES: Readonly<Record<string, (row: Row) => number>> = {
  open: (row) => row.open,
  high: (row) => row.high,
  low: (row) => row.low,
  close: (row) => row.close,
  volume: (row) => row.volume,
  quote_volume: (row) => row.quoteVolume,
  trades: (row) => row.trades,
  partial: (row) => (rankOf(row) < 10 ? 1 : 0),
  coverage_pct: (row) => row.coverage,
  volume_estimated: () => 0,
  [RANK]: rankOf,
  [INGESTED_AT]: (row) => row.ingestedAt,
};

/** Told of a closed bar, or of a forming one. */
type FreshListener = (instrument: string, hasClosed: boolean) => void;

export class FreshBars {
  private readonly rows = new Map<string, Map<Timeframe, Row[]>>();
  private readonly revisions = new Map<string, number>();
  private readonly formings = new Map<string, LiveBar>();
  private readonly listeners = new Set<FreshListener>();
  private versions = 0;
  private changesSeen = 0;

  /**
   * Takes a closed bar, new, late or corrected.
   * @returns false when an equal or better bar of this key is there already
   */
  put(bar: FreshBar): boolean {
    const rows = this.rowsOf(bar.instrument, bar.timeframe);
    let at = rows.length;
    while (at > 0 && rows[at - 1]!.time >= bar.time) at -= 1;
    const known = rows[at]?.time === bar.time ? rows[at] : undefined;
    if (known && (isBetter(known, bar) || isSame(known, bar))) return false;
    this.versions += 1;
    rows.splice(at, known ? 1 : 0, { ...bar, version: this.versions });
    const forming = this.formings.get(bar.instrument);
    if (forming && forming.timeframe === bar.timeframe && forming.time <= bar.time) {
      this.formings.delete(bar.instrument);
    }
    this.changed(bar.instrument);
    return true;
  }

  /** Takes the bar that is forming now; one that is older than what has closed is not taken. */
  form(bar: LiveBar): void {
    const newest = this.rows.get(bar.instrument)?.get(bar.timeframe)?.at(-1);
    if (newest && newest.time >= bar.time) return;
    this.formings.set(bar.instrument, bar);
    for (const listener of this.listeners) listener(bar.instrument, false);
  }

  /** The bar of an instrument that has not closed yet. */
  forming(instrument: string): LiveBar | undefined {
    return this.formings.get(instrument);
  }

  /** Forgets rows that parts hold now. */
  landed(instrument: string, timeframe: Timeframe, isStored: (bar: FreshBar) => boolean): void {
    const own = this.rows.get(instrument);
    const rows = own?.get(timeframe);
    if (!own || !rows) return;
    const left = rows.filter((row) => !isStored(row));
    if (left.length === rows.length) return;
    if (left.length > 0) own.set(timeframe, left);
    else own.delete(timeframe);
    this.changed(instrument);
  }

  /** Forgets an instrument that no feed follows any more, once its rows have landed. */
  stop(instrument: string): void {
    if (!this.formings.delete(instrument)) return;
    for (const listener of this.listeners) listener(instrument, false);
  }

  get instruments(): readonly string[] {
    return [...this.rows.keys()];
  }

  /** Timeframes of an instrument that have rows here, with them, oldest first. */
  of(instrument: string): ReadonlyMap<Timeframe, readonly FreshBar[]> {
    return this.rows.get(instrument) ?? EMPTY;
  }

  /** Counts up with every change of a closed bar of any instrument. */
  get changes(): number {
    return this.changesSeen;
  }

  /** Another number when the closed bars of the instrument here are others. */
  revision(instrument: string): number {
    return this.revisions.get(instrument) ?? 0;
  }

  /** Counts up with every closed bar that is taken. */
  get version(): number {
    return this.versions;
  }

  /** Closed bars taken after a version, also late and corrected ones, by timeframe. */
  takenAfter(instrument: string, version: number): ReadonlyMap<Timeframe, readonly FreshBar[]> {
    const taken = new Map<Timeframe, readonly FreshBar[]>();
    for (const [timeframe, rows] of this.rows.get(instrument) ?? EMPTY) {
      const found = (rows as readonly Row[]).filter((row) => row.version > version);
      if (found.length > 0) taken.set(timeframe, found);
    }
    return taken;
  }

  /** One entry per row, named after what it says: equal names, equal rows. */
  entries(instrument: string): ReadonlyMap<string, { readonly tsMin: number; readonly tsMax: number }> {
    const found = new Map<string, { tsMin: number; tsMax: number }>();
    for (const [timeframe, rows] of this.rows.get(instrument) ?? EMPTY) {
      for (const { time, version } of rows as readonly Row[]) {
        found.set(`fresh/${timeframe}/${time}/${version}`, { tsMin: time, tsMax: time });
      }
    }
    return found;
  }

  /** Rows with ts in [from, to) as columns of the dataset; undefined without any. */
  block(
    instrument: string,
    timeframe: Timeframe,
    names: readonly string[],
    from: number,
    to: number,
  ): Block | undefined {
    const all = this.rows.get(instrument)?.get(timeframe);
    const rows = all?.filter(({ time }) => time >= from && time < to);
    if (!rows || rows.length === 0) return undefined;
    const column = (value: (row: Row) => number): Float64Array => Float64Array.from(rows, value);
    return {
      ts: column(({ time }) => time),
      columns: Object.fromEntries(names.map((name) => [name, column(VALUES[name] ?? (() => Number.NaN))])),
    };
  }

  /** Open times of the first and last row here. */
  span(instrument: string, timeframe: string): { firstTs: number; lastTs: number } | undefined {
    const rows = this.rows.get(instrument)?.get(timeframe as Timeframe);
    return rows && rows.length > 0
      ? { firstTs: rows[0]!.time, lastTs: rows[rows.length - 1]!.time }
      : undefined;
  }

  /** @returns a function that ends the listening */
  onChange(listener: FreshListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private rowsOf(instrument: string, timeframe: Timeframe): Row[] {
    let own = this.rows.get(instrument);
    if (!own) {
      own = new Map();
      this.rows.set(instrument, own);
    }
    let rows = own.get(timeframe);
    if (!rows) {
      rows = [];
      own.set(timeframe, rows);
    }
    return rows;
  }

  private changed(instrument: string): void {
    this.changesSeen += 1;
    this.revisions.set(instrument, this.revision(instrument) + 1);
    for (const listener of this.listeners) listener(instrument, true);
  }
}

const EMPTY: ReadonlyMap<Timeframe, readonly Row[]> = new Map();

/** True when the known row stands by the rule of the lake. */
function isBetter(known: FreshBar, bar: FreshBar): boolean {
  const [a, b] = [rankOf(known), rankOf(bar)];
  return a === b ? known.ingestedAt > bar.ingestedAt : a > b;
}

function isSame(a: LiveBar, b: LiveBar): boolean {
  return (
    a.open === b.open &&
    a.high === b.high &&
    a.low === b.low &&
    a.close === b.close &&
    a.volume === b.volume &&
    Object.is(a.quoteVolume, b.quoteVolume) &&
    Object.is(a.trades, b.trades)
  );
}
