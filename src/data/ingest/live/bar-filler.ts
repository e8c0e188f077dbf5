/**
 * Asks a venue's pages for what the stream missed, doubted or has not been confirmed in, so that the stored series ends
 * as the pages tell it: after every connect, when a message shows a hole, and for every bar once it is five minutes old.
 *
 * One look at a series asks for everything unsettled in it, so looks that wait behind others do not add up. Long
 * outages go through the ordinary download, which knows how to be interrupted.
 */
import { TidewatchError } from '../../../errors.js';
import type { Clock } from '../../../market/clock.js';
import type { Instrument } from '../../../market/instrument.js';
import type { TimeSpan } from '../../lake/confirmed-gaps.js';
import { CandleColumns } from '../../venues/candle-columns.js';
import type { Venue } from '../../venues/venue.js';
import { backfill } from '../backfill.js';
import { candleStretches } from '../candle-stretches.js';
import type { LakeAccess } from '../lake-access.js';
import type { LiveBar } from './live-event.js';
import { type LiveSeries, MINUTE, SETTLED_MS } from './live-series.js';
import type { Mishaps } from './mishaps.js';

/** Looks of one venue under way at once. */
const AT_ONCE = 4;
/** Longer holes go through the ordinary download. */
const LONG_MS = 6 * 3_600_000;
/** Where nothing is stored, so much is fetched: enough for what is computed of minutes to begin. */
const FIRST_FILL_MS = 90 * MINUTE;
/** A start begins this much before the newest stored bar, for the last ones may not have been settled. */
const OVERLAP_MS = 60 * MINUTE;
/** Or at a hole that an earlier run left in so much before it. */
const LOOK_BACK_MS = 24 * 60 * MINUTE;
/** A venue's page may show a minute as closed that is not, when one of two clocks is wrong. */
const MARGIN_MS = 2_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 120_000;

export interface FilledSeries {
  readonly instrument: Instrument;
  readonly series: LiveSeries;
}

interface Task extends FilledSeries {
  /** A connect: the stream is not trusted before. */
  isFill: boolean;
  failures: number;
  notBefore: number;
}

interface FillerParts {
  readonly venue: Venue;
  readonly access: LakeAccess;
  readonly clock: Clock;
  /** The venue's clock minus ours, ms: without it a minute that forms there may pass for closed. */
  readonly skew: () => Promise<number>;
  /** A fill is over; whether it brought bars that the stream had not told. */
  readonly filled: (series: LiveSeries, hasMissed: boolean) => void;
  readonly mishaps: Mishaps;
}

export class BarFiller {
  private readonly waiting = new Map<LiveSeries, Task>();
  private readonly running = new Map<LiveSeries, Promise<void>>();
  /** Asked for again while being looked at. */
  private readonly again = new Set<LiveSeries>();
  private readonly abort = new AbortController();

  constructor(private readonly parts: FillerParts) {}

  get busy(): number {
    return this.running.size;
  }

  /** @param isFill the stream of this series has just begun */
  ask(filled: FilledSeries, isFill: boolean): void {
    const { series } = filled;
    const known = this.waiting.get(series);
    if (known) {
      known.isFill ||= isFill;
      if (isFill) known.notBefore = Number.NEGATIVE_INFINITY;
    } else if (this.running.has(series) && !isFill) this.again.add(series);
    else {
      const { instrument } = filled;
      this.waiting.set(series, {
        instrument,
        series,
        isFill,
        failures: 0,
        notBefore: Number.NEGATIVE_INFINITY,
      });
    }
  }

  forget(series: LiveSeries): void {
    this.waiting.delete(series);
    this.again.delete(series);
  }

  /** Begins what may begin; connects first. */
  tick(): void {
    const now = this.parts.clock.now();
    const ready = [...this.waiting.values()].filter(
      ({ notBefore, series }) => notBefore <= now && !this.running.has(series),
    );
    ready.sort((a, b) => Number(b.isFill) - Number(a.isFill));
    for (const task of ready) {
      if (this.running.size >= AT_ONCE) return;
      this.waiting.delete(task.series);
      const run = this.run(task).finally(() => {
        this.running.delete(task.series);
        if (this.again.delete(task.series)) this.ask(task, false);
        this.parts.mishaps.contain(`the pages of ${this.parts.venue.id}`, () => this.tick());
      });
      this.running.set(task.series, run);
    }
  }

  async stop(): Promise<void> {
    this.waiting.clear();
    this.again.clear();
    this.abort.abort(new Error('the live feed ends'));
    await Promise.allSettled(this.running.values());
    this.waiting.clear();
  }

  private async run(task: Task): Promise<void> {
    const { series, isFill } = task;
    try {
      const hasMissed = await this.look(task);
      if (this.abort.signal.aborted) return;
      if (isFill) this.parts.filled(series, hasMissed);
    } catch (error) {
      if (this.abort.signal.aborted) return;
      const { mishaps } = this.parts;
      const what = `the pages of ${task.instrument.id}`;
      // what a venue or the disk refuses is tried again and shown by the state
      if (!(error instanceof TidewatchError)) mishaps.note(what, error);
      mishaps.contain(what, () => {
        if (isFill && series.state === 'filling') series.setState('gap');
      });
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** task.failures);
      const notBefore = this.parts.clock.now() + pause;
      const known = this.waiting.get(series);
      this.waiting.set(series, {
        ...task,
        isFill: isFill || (known?.isFill ?? false),
        failures: task.failures + 1,
        notBefore: known?.isFill ? known.notBefore : notBefore,
      });
    }
  }

  /** @returns whether the pages held closed bars that were not known */
  private async look({ instrument, series }: Task): Promise<boolean> {
    const { clock, skew, venue } = this.parts;
    const { signal } = this.abort;
    const behind = Math.min(0, await skew());
    const readAt = clock.now();
    // the slower of two clocks: a bar is closed when it is by both
    const to = Math.floor((readAt + behind - MARGIN_MS) / MINUTE) * MINUTE;
    const isFirst = Number.isNaN(series.settledTo);
    if (isFirst) series.seed([], await this.beginning(instrument, readAt), readAt);
    const from = series.settledTo;
    if (to <= from) return false;
    if (to - from > LONG_MS) {
      await this.download(instrument, series, from);
      return true;
    }
    const pages = new CandleColumns(16);
    const absent: TimeSpan[] = [];
    const isKnown = (ts: number): boolean => series.has(ts);
    for await (const stretch of candleStretches(venue, instrument, '1m', [{ from, to }], {
      signal,
      isKnown,
    })) {
      pages.append(stretch.columns);
      absent.push(...stretch.absent);
    }
    let hasMissed = false;
    for (const ts of pages.cut('time')) hasMissed ||= !series.has(ts);
    const isAbsent = (ts: number): boolean => absent.some((span) => ts >= span.from && ts < span.to);
    series.acceptPage(pages, readAt, isAbsent);
    return hasMissed;
  }

  /** From where on a series is asked for at the start: the first hole in what is stored, or a little before its end. */
  private async beginning({ id }: Instrument, now: number): Promise<number> {
    const { lake } = this.parts.access;
    const stored = await lake.span(id, '1m');
    if (stored === undefined) return Math.floor((now - FIRST_FILL_MS) / MINUTE) * MINUTE;
    const { firstTs, lastTs } = stored;
    const from = Math.max(firstTs, lastTs - LOOK_BACK_MS);
    const range = { from, to: lastTs + MINUTE };
    const { ts } = await lake.columns('bars', { subject: id, timeframe: '1m', ...range, columns: [] });
    let hole = from;
    for (const time of ts) {
      if (time !== hole) break;
      hole += MINUTE;
    }
    return Math.min(hole, Math.max(firstTs, lastTs - OVERLAP_MS));
  }

  private async download(instrument: Instrument, series: LiveSeries, from: number): Promise<void> {
    const { access, clock, venue } = this.parts;
    const { signal } = this.abort;
    const report = await backfill(access, { venue, instrument, timeframe: '1m', from, clock, signal });
    const settledTo = Math.floor((clock.now() - SETTLED_MS) / MINUTE) * MINUTE - 2 * MINUTE;
    const { ts, columns } = await access.lake.columns('bars', {
      subject: instrument.id,
      timeframe: '1m',
      from: settledTo - SETTLED_MS,
      to: report.to,
      columns: ['open', 'high', 'low', 'close', 'volume', 'quote_volume', 'trades'],
    });
    const bars = Array.from(
      ts,
      (time, row): LiveBar => ({
        instrumentId: instrument.id,
        ts: time,
        open: columns.open![row]!,
        high: columns.high![row]!,
        low: columns.low![row]!,
        close: columns.close![row]!,
        volume: columns.volume![row]!,
        quoteVolume: columns.quote_volume![row]!,
        trades: columns.trades![row]!,
        isClosed: true,
        source: 'rest',
        receivedAt: clock.now(),
      }),
    );
    series.seed(
      bars.filter((bar) => !series.has(bar.ts)),
      settledTo,
    );
  }
}
