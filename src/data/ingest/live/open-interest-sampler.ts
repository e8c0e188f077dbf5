/**
 * Open interest while the feed runs. Where the venue keeps a history, its newest five-minute values are asked for after
 * each of them is complete; where it keeps none (Hyperliquid), the value that the stream tells is kept once a minute,
 * for it cannot be had later. A row of minute t is what was known at t + 1m.
 *
 * What was missed while the feed did not run is for the download (open-interest.ts) to fetch, as far as a venue has it.
 */
import { TidewatchError } from '../../../errors.js';
import type { Instrument } from '../../../market/instrument.js';
import type { Timer } from '../../venues/timer.js';
import type { Venue } from '../../venues/venue.js';
import type { LiveMark } from './live-event.js';
import { MINUTE } from './live-series.js';
import type { Mishaps } from './mishaps.js';
import type { PartWriter } from './part-writer.js';

const PERIOD_MS = 5 * MINUTE;
/** After the end of a period, so that the venue has it. */
const OFFSET_MS = 30_000;
const LOOK_BACK_MS = 30 * MINUTE;
/** Questions under way at once. */
const AT_ONCE = 2;

interface Sampled {
  readonly instrument: Instrument;
  readonly hasHistory: boolean;
  /** Newest value of the stream, and the minute it is of. */
  minute: number;
  openInterest: number;
  mark: number;
  /** Open time of the newest stored period. */
  newest: number;
}

export class OpenInterestSampler {
  private readonly sampled = new Map<string, Sampled>();
  private waiting: Sampled[] = [];
  private dueAt: number;
  private running = 0;
  private readonly ended = new AbortController();

  constructor(
    private readonly venue: Venue,
    private readonly writer: PartWriter,
    private readonly timer: Timer,
    private readonly mishaps: Mishaps,
  ) {
    this.dueAt = nextDue(timer.now());
  }

  follow(instrument: Instrument): void {
    if (instrument.kind !== 'perp') return;
    const hasHistory = this.venue.capabilitiesOf(instrument).openInterest !== null;
    this.sampled.set(instrument.id, {
      instrument,
      hasHistory,
      minute: Number.NaN,
      openInterest: Number.NaN,
      mark: Number.NaN,
      newest: Number.NEGATIVE_INFINITY,
    });
  }

  forget(instrumentId: string): void {
    this.sampled.delete(instrumentId);
  }

  /** @param now our clock when the mark came */
  note({ instrumentId, openInterest, mark }: LiveMark, now: number): void {
    const sampled = this.sampled.get(instrumentId);
    if (!sampled || sampled.hasHistory || Number.isNaN(openInterest)) return;
    const minute = Math.floor(now / MINUTE) * MINUTE;
    if (minute !== sampled.minute) this.keep(sampled);
    sampled.minute = minute;
    sampled.openInterest = openInterest;
    sampled.mark = mark;
  }

  tick(): void {
    const now = this.timer.now();
    for (const sampled of this.sampled.values()) if (now >= sampled.minute + MINUTE) this.keep(sampled);
    if (now >= this.dueAt) {
      this.dueAt = nextDue(now);
      this.waiting = [...this.sampled.values()].filter(({ hasHistory }) => hasHistory);
    }
    while (this.running < AT_ONCE && this.waiting.length > 0) {
      this.running += 1;
      void this.ask(this.waiting.shift()!).finally(() => {
        this.running -= 1;
        if (this.ended.signal.aborted) return;
        this.mishaps.contain(`open interest of ${this.venue.id}`, () => this.tick());
      });
    }
  }

  stop(): void {
    this.waiting = [];
    this.ended.abort(new Error('the live feed ends'));
  }

  private keep(sampled: Sampled): void {
    const { instrument, minute, openInterest, mark } = sampled;
    if (Number.isNaN(minute)) return;
    this.store(instrument.id, '1m', 'ws', { ts: minute, base: openInterest, usd: openInterest * mark });
    sampled.minute = Number.NaN;
  }

  private async ask(sampled: Sampled): Promise<void> {
    const { instrument } = sampled;
    const to = Math.floor(this.timer.now() / PERIOD_MS) * PERIOD_MS;
    const from = Math.max(to - LOOK_BACK_MS, sampled.newest + PERIOD_MS);
    if (from >= to) return;
    try {
      const rows = await this.venue.openInterest(instrument, '5m', { from, to }, this.ended.signal);
      for (const row of rows) {
        const isNew = row.ts >= from && row.ts < to && row.ts % PERIOD_MS === 0;
        if (!isNew || row.base < 0 || row.usd < 0) continue;
        this.store(instrument.id, '5m', 'rest', row);
        sampled.newest = Math.max(sampled.newest, row.ts);
      }
    } catch (error) {
      // asked again with the next period, which looks back over this one
      if (this.ended.signal.aborted || error instanceof TidewatchError) return;
      this.mishaps.note(`open interest of ${instrument.id}`, error);
    }
  }

  private store(
    instrumentId: string,
    timeframe: string,
    source: string,
    { ts, base, usd }: { readonly ts: number; readonly base: number; readonly usd: number },
  ): void {
    const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
    this.writer.add({
      dataset: 'open_interest',
      row: {
        instrument_id: instrumentId,
        timeframe,
        ts,
        open_interest: known(base),
        open_interest_value: known(usd),
        source,
      },
    });
  }
}

function nextDue(now: number): number {
  return (Math.floor((now - OFFSET_MS) / PERIOD_MS) + 1) * PERIOD_MS + OFFSET_MS;
}
