/**
 * What a live feed knows of one instrument: the open minute, the closed ones of the last hours and how far the venue's
 * pages have confirmed them. It decides what a message of the stream means (pipelines spec §3):
 *
 * | message                                             | meaning                                                  |
 * | --------------------------------------------------- | -------------------------------------------------------- |
 * | an update of the open minute                        | the minute as it stands                                  |
 * | closed, at or after its end                         | the bar                                                  |
 * | closed, more than 5 s before its end                | an update: the venue errs                                |
 * | a later minute, where the venue marks closed bars   | the closing message was lost: pages are asked            |
 * | a later minute, where it does not                   | the minute before it is closed                           |
 * | another open, or less volume than seen before       | the message or an earlier one is of something else:      |
 * |                                                     | the minute waits for the pages                           |
 * | an earlier minute                                   | late: a correction when it holds more, else ignored      |
 *
 * A bar of a page wins over one of the stream. It is settled when the page was read five minutes after its close or
 * later; venues correct younger ones.
 */
import type { CandleColumns } from '../../venues/candle-columns.js';
import type { StreamBar } from '../../venues/streams/stream-dialect.js';
import type { LiveBar, LiveEvent, SeriesState } from './live-event.js';

export const MINUTE = 60_000;
/** Venues correct bars younger than this. */
export const SETTLED_MS = 5 * MINUTE;
/** A message that says "closed" may be this much early by our reckoning of the venue's clock. */
const EARLY_MS = 5_000;
/** Minutes kept in memory; unsettled ones are kept longer. */
const KEPT = 120;
/** A minute that no page shows and no page denies is given up after this long; the regular download goes on with it. */
const GIVE_UP_MS = 60 * MINUTE;

/** What ends a minute: the venue's word, the next minute, or our own making of it from trades. */
export type ClosedBy = 'mark' | 'next' | 'trades';

interface Closed {
  bar: LiveBar;
  isSettled: boolean;
  isTold: boolean;
}

interface SeriesEvents {
  tell(event: LiveEvent): void;
  /** A closed bar for the disk; `isConfirmation` when only its source is another now. */
  store(bar: LiveBar, isConfirmation?: boolean): void;
  /** Pages have to be asked, soon. */
  check(series: LiveSeries): void;
}

export class LiveSeries {
  state: SeriesState = 'down';
  lastUpdateAt: number | null = null;
  corrections = 0;
  /** Every minute before this is settled or given up. */
  settledTo = Number.NaN;
  forming: LiveBar | undefined;
  private readonly closed = new Map<number, Closed>();
  /** Minutes about which the stream contradicts itself. */
  private readonly doubtful = new Set<number>();
  private lastClosed: number | null = null;
  private beganAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly instrumentId: string,
    private readonly closedBy: ClosedBy,
    private readonly events: SeriesEvents,
  ) {}

  get lastClosedTs(): number | null {
    return this.lastClosed;
  }

  has(ts: number): boolean {
    return this.closed.has(ts);
  }

  /** Closed bars in memory, ascending. */
  bars(): LiveBar[] {
    return [...this.closed.values()].map(({ bar }) => bar).sort((a, b) => a.ts - b.ts);
  }

  setState(state: SeriesState): void {
    if (this.state === state) return;
    this.state = state;
    this.events.tell({ kind: 'state', instrumentId: this.instrumentId, state });
    if (this.isTrusted) this.tellHeld();
  }

  /** The stream broke: nobody knows whether the open minute is complete. */
  lose(): void {
    this.forming = undefined;
    this.setState('down');
  }

  /**
   * Where the lake stands; before that nothing of the stream is stored, so that its end tells what is missing.
   * @param bars that it holds already, told to nobody
   * @param now our clock at the beginning: what closed before it is history, stored but no news
   */
  seed(bars: Iterable<LiveBar>, settledTo: number, now?: number): void {
    const isFirst = Number.isNaN(this.settledTo);
    this.beganAt = now ?? this.beganAt;
    if (isFirst) for (const { bar } of this.closed.values()) this.events.store(bar);
    for (const bar of bars) this.closed.set(bar.ts, { bar, isSettled: bar.ts < settledTo, isTold: true });
    for (const ts of this.closed.keys()) this.lastClosed = Math.max(this.lastClosed ?? ts, ts);
    this.settledTo = settledTo;
  }

  /** @param venueNow the venue's clock by our reckoning */
  accept(said: StreamBar, receivedAt: number, venueNow: number): void {
    this.lastUpdateAt = receivedAt;
    // first messages may repeat what was long before
    const oldest = Number.isNaN(this.settledTo) ? venueNow - 2 * SETTLED_MS : this.settledTo;
    if (!isPossible(said, venueNow) || said.ts < oldest) return;
    const { instrumentId } = this;
    const { ts, open, high, low, close, volume, quoteVolume, trades } = said;
    const reached = Number.isFinite(said.eventAt) ? Math.max(said.eventAt, venueNow) : venueNow;
    const isClosed = said.saysClosed && reached >= ts + MINUTE - EARLY_MS;
    const bar: LiveBar = {
      instrumentId,
      ts,
      open,
      high,
      low,
      close,
      volume,
      quoteVolume,
      trades,
      isClosed,
      source: 'ws',
      receivedAt,
    };
    const known = this.closed.get(ts);
    if (known) {
      this.acceptAgain(known, bar);
      return;
    }
    const { forming } = this;
    if (forming && ts < forming.ts && !isClosed) return;
    if (forming && ts > forming.ts) this.passOver(forming);
    if (this.forming?.ts === ts && !continues(this.forming, bar)) {
      if (bar.open === this.forming.open && !isClosed) return;
      this.doubtful.add(ts);
    }
    if (isClosed) this.close(bar);
    else {
      this.forming = bar;
      if (this.isTrusted) this.events.tell({ kind: 'forming', bar });
    }
  }

  /** A minute that was made here of trades: as it stands, or as it stays. */
  acceptMade(bar: LiveBar): void {
    this.lastUpdateAt = bar.receivedAt;
    const known = this.closed.get(bar.ts);
    if (known) {
      if (bar.isClosed) this.acceptAgain(known, bar);
    } else if (bar.isClosed) this.close(bar);
    else if (!this.forming || this.forming.ts <= bar.ts) {
      this.forming = bar;
      if (this.isTrusted) this.events.tell({ kind: 'forming', bar });
    }
  }

  /**
   * What the venue's pages say.
   * @param readAt our clock when they were asked
   * @param isAbsent minutes that the venue is sure not to have
   */
  acceptPage(page: CandleColumns, readAt: number, isAbsent: (ts: number) => boolean): void {
    for (let row = 0; row < page.length; row += 1) {
      const ts = page.time[row]!;
      const bar: LiveBar = {
        instrumentId: this.instrumentId,
        ts,
        open: page.open[row]!,
        high: page.high[row]!,
        low: page.low[row]!,
        close: page.close[row]!,
        volume: page.volume[row]!,
        quoteVolume: page.quoteVolume[row]!,
        trades: page.trades[row]!,
        isClosed: true,
        source: 'rest',
        receivedAt: readAt,
      };
      const isSettled = readAt >= ts + MINUTE + SETTLED_MS;
      this.doubtful.delete(ts);
      const known = this.closed.get(ts);
      if (!known) {
        this.put(bar, isSettled, ts + MINUTE <= this.beganAt);
        continue;
      }
      const isEqual = agrees(known.bar, bar);
      // a settled row is stored again as the venue's own word, which ends the asking for good
      if (!isEqual || (isSettled && !known.isSettled)) this.events.store(bar, isEqual);
      known.isSettled ||= isSettled;
      if (isEqual) continue;
      known.bar = bar;
      this.correct(known);
    }
    this.settle(readAt, isAbsent);
  }

  /** True when the minute that should have closed by `venueNow` has not. */
  isLate(venueNow: number, grace: number): boolean {
    return this.forming !== undefined && venueNow >= this.forming.ts + MINUTE + grace;
  }

  private get isTrusted(): boolean {
    return this.state === 'live' || this.state === 'gap';
  }

  /** A message about a minute that is closed already. */
  private acceptAgain(known: Closed, bar: LiveBar): void {
    if (known.bar.source === 'rest') {
      if (!agrees(known.bar, bar) && bar.isClosed && !known.isSettled) this.events.check(this);
      return;
    }
    const isCorrection = bar.isClosed || (this.closedBy === 'next' && bar.volume > known.bar.volume);
    if (!isCorrection || agrees(known.bar, bar)) return;
    known.bar = { ...bar, isClosed: true };
    this.store(known.bar);
    this.correct(known);
  }

  /** The stream goes on to a later minute although this one is not closed. */
  private passOver(forming: LiveBar): void {
    this.forming = undefined;
    if (this.closedBy === 'next') this.close({ ...forming, isClosed: true });
    else this.events.check(this);
  }

  private close(bar: LiveBar): void {
    if (this.forming && this.forming.ts <= bar.ts) this.forming = undefined;
    const isDoubtful = this.doubtful.has(bar.ts);
    const leavesHole = this.lastClosed !== null && bar.ts > this.lastClosed + MINUTE;
    if (isDoubtful || leavesHole) this.events.check(this);
    if (!isDoubtful) this.put(bar, false);
  }

  private put(bar: LiveBar, isSettled: boolean, isTold = false): void {
    const entry: Closed = { bar, isSettled, isTold };
    this.closed.set(bar.ts, entry);
    this.lastClosed = Math.max(this.lastClosed ?? bar.ts, bar.ts);
    if (this.forming && this.forming.ts <= bar.ts) this.forming = undefined;
    this.store(bar);
    if (this.isTrusted && !isTold) this.tell(entry);
  }

  private store(bar: LiveBar): void {
    if (!Number.isNaN(this.settledTo)) this.events.store(bar);
  }

  private tell(entry: Closed): void {
    entry.isTold = true;
    this.events.tell({ kind: 'closed', bar: entry.bar });
  }

  private correct(entry: Closed): void {
    this.corrections += 1;
    if (entry.isTold) this.events.tell({ kind: 'corrected', bar: entry.bar });
  }

  private tellHeld(): void {
    const held = [...this.closed.values()].filter(({ isTold }) => !isTold);
    for (const entry of held.sort((a, b) => a.bar.ts - b.bar.ts)) this.tell(entry);
    if (this.forming) this.events.tell({ kind: 'forming', bar: this.forming });
  }

  private settle(readAt: number, isAbsent: (ts: number) => boolean): void {
    const young = Math.floor((readAt - SETTLED_MS) / MINUTE) * MINUTE;
    while (this.settledTo < young) {
      const isSettled = this.closed.get(this.settledTo)?.isSettled || isAbsent(this.settledTo);
      if (!isSettled && readAt - this.settledTo < GIVE_UP_MS) break;
      this.settledTo += MINUTE;
    }
    const oldest = Math.min(this.settledTo, readAt - KEPT * MINUTE);
    for (const ts of this.closed.keys()) if (ts < oldest) this.closed.delete(ts);
    for (const ts of this.doubtful) if (ts < oldest) this.doubtful.delete(ts);
  }
}

function isPossible({ ts, open, high, low, close, volume }: StreamBar, venueNow: number): boolean {
  return (
    ts % MINUTE === 0 &&
    ts <= venueNow + MINUTE &&
    low > 0 &&
    low <= open &&
    low <= close &&
    open <= high &&
    close <= high &&
    high < Number.POSITIVE_INFINITY &&
    volume >= 0 &&
    volume < Number.POSITIVE_INFINITY
  );
}

/** Whether a later message of the same minute can follow an earlier one. */
function continues(before: LiveBar, after: LiveBar): boolean {
  return (
    after.open === before.open &&
    after.high >= before.high &&
    after.low <= before.low &&
    after.volume >= before.volume
  );
}

function agrees(a: LiveBar, b: LiveBar): boolean {
  return (
    a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume
  );
}
