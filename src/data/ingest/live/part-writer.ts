/**
 * Closed bars on their way to disk: gathered for some seconds, then published as one batch, so that a minute of three
 * hundred instruments is one part per venue and no bar is in memory alone for longer than a minute. A kill loses what is
 * gathered; the venue's pages give it back at the next start. Confirmations come all the time and tell nothing that is
 * not on disk, so they wait for the next minute's bars: every part is a file that each reader looks at.
 *
 * When the disk refuses, bars wait and are tried again; beyond a bound the oldest are let go, and asked for again when
 * it takes rows. Liquidations cannot be had again: of them the oldest are lost then.
 */
import type { Batch } from '../../lake/batch.js';
import type { RowOf } from '../../lake/dataset-rows.js';
import type { LakeAccess } from '../lake-access.js';
import type { LiveBar } from './live-event.js';

/** Gathered for this long after the first of them. */
const GATHER_MS = 10_000;
/** Confirmations wait at most so many times as long. */
const PATIENCE = 6;
const RETRY_MS = 15_000;
const MOST_ROWS = 200_000;
const NOTHING = { rows: 0, since: undefined } as const;

type EventRow =
  | { readonly dataset: 'liquidations'; readonly row: RowOf<'liquidations'> }
  | { readonly dataset: 'open_interest'; readonly row: RowOf<'open_interest'> };

interface WriterParts {
  readonly write: LakeAccess['write'];
  readonly now: () => number;
  readonly gatherMs?: number;
  /** Told why a publication failed, once while it is the same. */
  readonly onTrouble?: (problem: string, error: unknown) => void;
  /** The disk takes rows again after some were let go: pages have to give them back. */
  readonly onLost?: () => void;
  readonly mostRows?: number;
}

export class PartWriter {
  /** Why the last publication failed. */
  problem: string | null = null;
  /** Rows let go because the disk refused for too long, and not asked for again yet. */
  private released = 0;
  published = 0;
  private bars: LiveBar[] = [];
  private rows: EventRow[] = [];
  private since: number | undefined;
  /** The same of the first confirmation. */
  private confirmedSince: number | undefined;
  private confirmations = 0;
  private retryAt = Number.NEGATIVE_INFINITY;
  private running: Promise<void> | undefined;
  /** What the disk has not confirmed yet. */
  private underWay: { readonly rows: number; readonly since: number | undefined } = NOTHING;
  private readonly gatherMs: number;
  private readonly mostRows: number;

  constructor(private readonly parts: WriterParts) {
    this.gatherMs = parts.gatherMs ?? GATHER_MS;
    this.mostRows = parts.mostRows ?? MOST_ROWS;
  }

  /** Rows that are in memory alone: confirmations repeat what is on disk, or on its way there. */
  get waiting(): number {
    return this.underWay.rows + this.bars.length - this.confirmations + this.rows.length;
  }

  /** Age of the oldest of them, ms. */
  get waitingMs(): number {
    const since = this.underWay.since ?? this.since;
    return since === undefined ? 0 : this.now() - since;
  }

  /** @param isConfirmation the same values are on their way or on disk already */
  addBar(bar: LiveBar, isConfirmation = false): void {
    if (isConfirmation) {
      this.confirmedSince ??= this.now();
      this.confirmations += 1;
    } else this.since ??= this.now();
    this.bars.push(bar);
    const most = this.mostRows;
    if (this.bars.length > most) {
      // a tenth at once, so that a row more does not move all others
      const released = this.bars.length - Math.floor(0.9 * most);
      this.bars.splice(0, released);
      this.release(released);
      this.confirmations = Math.min(this.confirmations, this.bars.length);
    }
  }

  add(row: EventRow): void {
    this.since ??= this.now();
    this.rows.push(row);
    if (this.rows.length > this.mostRows) this.rows.splice(0, this.rows.length - this.mostRows);
  }

  /** Publishes what has been gathered long enough. */
  tick(): void {
    const now = this.now();
    if (this.running !== undefined || now < this.retryAt) return;
    const isDue = (since: number | undefined, patience: number): boolean =>
      since !== undefined && now - since >= patience * this.gatherMs;
    if (isDue(this.since, 1) || isDue(this.confirmedSince, PATIENCE)) void this.flush();
  }

  /** Publishes everything; what fails waits for the next time. */
  async flush(): Promise<void> {
    while (this.running !== undefined) await this.running;
    if (this.bars.length + this.rows.length === 0) return;
    this.running = this.publish().finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  private now(): number {
    return this.parts.now();
  }

  private release(rows: number): void {
    if (this.released === 0) {
      const problem = 'too many bars wait in memory · the oldest are fetched again when the disk takes them';
      this.parts.onTrouble?.(problem, new Error(this.problem ?? problem));
    }
    this.released += rows;
  }

  private async publish(): Promise<void> {
    const { bars, rows } = this;
    this.underWay = { rows: this.waiting, since: this.since };
    const { since, confirmedSince, confirmations } = this;
    this.bars = [];
    this.rows = [];
    this.since = undefined;
    this.confirmedSince = undefined;
    this.confirmations = 0;
    try {
      await this.parts.write(async (writer) => {
        // one part of both: each row says where it is from
        await writer.append('bars', barBatch(bars), { source: 'ws' });
        const liquidations = rows.flatMap((each) => (each.dataset === 'liquidations' ? [each.row] : []));
        await writer.append('liquidations', liquidations, { source: 'ws' });
        const interest = rows.flatMap((each) => (each.dataset === 'open_interest' ? [each.row] : []));
        await writer.append('open_interest', interest, { source: 'ws' });
      });
      this.published += bars.length + rows.length;
      this.problem = null;
      if (this.released > 0) this.parts.onLost?.();
      this.released = 0;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      // a disk that is full for an hour is one line
      if (problem !== this.problem) this.parts.onTrouble?.(`bars wait in memory · ${problem}`, error);
      this.problem = problem;
      this.bars = [...bars, ...this.bars];
      this.rows = [...rows, ...this.rows];
      this.since = since ?? this.since;
      this.confirmedSince = confirmedSince ?? this.confirmedSince;
      this.confirmations += confirmations;
      this.retryAt = this.now() + RETRY_MS;
    } finally {
      this.underWay = NOTHING;
    }
  }
}

/** Of several rows of a minute and source the last one counts. */
function barBatch(all: readonly LiveBar[]): Batch<'bars'> {
  const bars = [...new Map(all.map((bar) => [`${bar.instrumentId} ${bar.ts} ${bar.source}`, bar])).values()];
  const column = (value: (bar: LiveBar) => number): Float64Array => Float64Array.from(bars, value);
  return {
    length: bars.length,
    constants: { timeframe: '1m' },
    columns: {
      instrument_id: bars.map(({ instrumentId }) => instrumentId),
      ts: column(({ ts }) => ts),
      source: bars.map(({ source }) => source),
      open: column(({ open }) => open),
      high: column(({ high }) => high),
      low: column(({ low }) => low),
      close: column(({ close }) => close),
      volume: column(({ volume }) => volume),
      quote_volume: column(({ quoteVolume }) => quoteVolume),
      trades: column(({ trades }) => trades),
    },
  };
}
