/**
 * Roll-ups on disk behind a running feed: hours that were missed are caught up at the start, and closed buckets follow,
 * gathered so that one run serves many bars.
 *
 * A run comes once a minute in the lull between closes (lull.ts) and reads only the minutes of the buckets that have
 * closed. When a coarse bucket closes, the finer ones inside it are looked at again, so whatever changed under them
 * unseen is right an hour or a day later. Minutes that a fill fetched as history are no news and close nothing: a series
 * that comes live is caught up once more. Roll-ups say by themselves what is lacking (roll-up.ts), so a run too many
 * writes nothing and a kill costs nothing. What cannot be written now stays due for the next minute.
 */
import { ROLL_UP_TIMEFRAMES, type RollUpTimeframe, rollUpLake } from '../../data/lake/roll-up.js';
import type { Clock } from '../../market/clock.js';
import type { Instrument } from '../../market/instrument.js';
import { barClose, bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import type { HomeLake } from '../home-lake.js';
import type { ClosedBucket } from './closed-buckets.js';
import type { Lull } from './lull.js';
import { type TellTrouble, Trouble } from './trouble.js';

/** The finest roll-up: nothing is to be done before one of them closes. */
const FINEST = '5m';
/** What a fill fetched is in a part by then. */
const STORED_MS = 30_000;

/** What is to be rolled up of an instrument: whole buckets of the coarsest timeframe that has closed, and finer ones. */
interface Due {
  coarsest: RollUpTimeframe;
  /** Half-open, UTC ms. */
  from: number;
  to: number;
}

export class RollUpStep {
  /** When the last run ended, epoch ms. */
  last: number | null = null;
  /** What could not be rolled up. */
  readonly trouble: Trouble;
  private readonly due = new Map<string, Due>();
  /** Series that came live, and when: their roll-ups may lack what was fetched. */
  private readonly behind = new Map<string, number>();
  private readonly ended = new AbortController();
  private endRuns: () => Promise<void> = async () => undefined;
  private first: Promise<void> = Promise.resolve();

  constructor(
    private readonly data: HomeLake,
    private readonly clock: Clock,
    private readonly lull: Lull,
    onTrouble: TellTrouble,
  ) {
    this.trouble = new Trouble(onTrouble);
  }

  start(instruments: readonly Instrument[], onFailure: (error: unknown) => void): void {
    const begun = this.clock.now() - STORED_MS;
    for (const { id } of instruments) this.behind.set(id, begun);
    this.first = this.run().catch(onFailure);
    this.endRuns = this.lull.every(1, () => this.first.then(() => this.run()), onFailure);
  }

  /** A bucket has closed, or a minute of it came late or was corrected. */
  bucket(instrument: string, { timeframe, open }: ClosedBucket): void {
    this.add(instrument, { coarsest: timeframe, from: open, to: open + TIMEFRAME_MS[timeframe] });
  }

  /** What the stream of an instrument had missed has been fetched. */
  filled(instrument: string): void {
    this.behind.set(instrument, this.clock.now());
  }

  async stop(): Promise<void> {
    this.ended.abort(new Error('the roll-ups end'));
    await this.endRuns();
    await this.first;
  }

  /** From the last roll-up of each instrument on, where minutes go beyond it: everything where there is none. */
  private async catchUp(instruments: readonly string[]): Promise<void> {
    const { signal } = this.ended;
    const { lake } = this.data;
    // those that begin on the same day go together
    const days = new Map<number, string[]>();
    for (const instrument of instruments) {
      await this.lull.turn(signal);
      if (signal.aborted) return;
      const minutes = await lake.span(instrument, '1m');
      const rolled = await lake.span(instrument, FINEST);
      if (minutes === undefined) continue;
      const to = bucketOpen(barClose(minutes.lastTs, '1m'), FINEST);
      if (rolled !== undefined && barClose(rolled.lastTs, FINEST) >= to) continue;
      const day = bucketOpen(rolled?.lastTs ?? 0, '1d');
      days.set(day, [...(days.get(day) ?? []), instrument]);
    }
    for (const [from, together] of days) await this.roll({ instruments: together, from });
  }

  /** Catches up with what was fetched, and rolls up what has closed since the last run. */
  async run(): Promise<void> {
    const { signal } = this.ended;
    const stored = this.clock.now() - STORED_MS;
    const behind = [...this.behind].filter(([, at]) => at <= stored);
    const due = [...this.due];
    if (behind.length + due.length === 0 || signal.aborted) return;
    for (const [instrument] of behind) this.behind.delete(instrument);
    this.due.clear();
    const isDone = await this.trouble.attempt(async () => {
      if (behind.length > 0) await this.catchUp(behind.map(([instrument]) => instrument));
      await this.rollDue(due);
    });
    if (isDone) {
      this.last = this.clock.now();
      return;
    }
    for (const [instrument, at] of behind) if (!this.behind.has(instrument)) this.behind.set(instrument, at);
    for (const [instrument, each] of due) this.add(instrument, each);
  }

  private add(instrument: string, { coarsest, from, to }: Due): void {
    const known = this.due.get(instrument);
    if (!known) this.due.set(instrument, { coarsest, from, to });
    else {
      if (TIMEFRAME_MS[coarsest] > TIMEFRAME_MS[known.coarsest]) known.coarsest = coarsest;
      known.from = Math.min(known.from, from);
      known.to = Math.max(known.to, to);
    }
  }

  private async rollDue(all: readonly (readonly [string, Due])[]): Promise<void> {
    const together = new Map<string, Due & { readonly instruments: string[] }>();
    for (const [instrument, due] of all) {
      const key = `${due.coarsest} ${due.from} ${due.to}`;
      const group = together.get(key) ?? { ...due, instruments: [] };
      group.instruments.push(instrument);
      together.set(key, group);
    }
    for (const { instruments, coarsest, from, to } of together.values()) {
      const timeframes = ROLL_UP_TIMEFRAMES.slice(0, ROLL_UP_TIMEFRAMES.indexOf(coarsest) + 1);
      await this.roll({ instruments, timeframes, from, to, horizon: to });
    }
  }

  private async roll(
    request: Pick<Parameters<typeof rollUpLake>[1], 'instruments' | 'timeframes' | 'from' | 'to' | 'horizon'>,
  ): Promise<void> {
    const { signal } = this.ended;
    if (signal.aborted) return;
    await rollUpLake(this.data.lake, {
      ...request,
      write: this.data.write,
      now: this.clock.now(),
      signal,
      turn: () => this.lull.turn(signal),
    }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
