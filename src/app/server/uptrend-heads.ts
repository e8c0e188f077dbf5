/**
 * What the uptrend engine says at the newest closed bar of many series, for a scan of the lake and for who listens to
 * changes of state. Of each series the engine's state is kept, so that new bars cost their own steps only; first walks
 * are done in a worker, several series at a time.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { UptrendProfile } from '../../analysis/uptrend/profile.js';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import { bucketOpen, type Timeframe } from '../../market/timeframe.js';
import { runInWorker } from '../../platform/compute/run-in-worker.js';
import {
  type UptrendHead,
  type UptrendHeadTask,
  type UptrendSubject,
  walkToHead,
} from '../../platform/compute/uptrend-walk.js';
import { type FinalBars, finalBars } from '../final-bars.js';
import type { HomeLake } from '../home-lake.js';
import { BarTail } from './bar-tail.js';
import { changedFrom, type LakeRevision, type Listing } from './lake-revision.js';
import { sharedBars } from './shared-bars.js';

/** Series whose engine state is kept: about 200 kB each. */
const MOST_HEADS = 1000;
/** Up to so many new bars are taken in at once, here. */
const AT_ONCE = 512;
/** Bars handed to a worker together. */
const TOGETHER = 250_000;

export interface SeriesHead extends UptrendSubject, UptrendHead {
  /** Open of the newest closed bar, UTC ms; NaN without one. */
  readonly lastBar: number;
  readonly listing: Listing;
  /** When a bar closes that is stored already, UTC ms. */
  readonly nextClose: number;
  readonly tail: BarTail;
}

/** A series of a scan; the reason where it cannot be read. */
export type ScannedHead = SeriesHead | { readonly instrument: string; readonly skipped: string };

interface Pending {
  readonly task: UptrendHeadTask;
  readonly rest: Pick<SeriesHead, 'lastBar' | 'listing' | 'nextClose' | 'tail'>;
}

export class UptrendHeads {
  private readonly kept = new Map<string, SeriesHead>();
  private readonly scans = new Map<string, Promise<ScannedHead[]>>();

  constructor(
    private readonly data: HomeLake,
    private readonly revision: LakeRevision,
    private readonly clock: Clock,
  ) {}

  /** @throws TidewatchError `no_data`, `invalid_instrument`, `corrupt_file` */
  async head(subject: UptrendSubject): Promise<SeriesHead> {
    const found = await this.look(subject);
    if (!('task' in found)) return found;
    const [head] = await this.walk([found]);
    return head!;
  }

  /** The newest bar of each instrument, in their order. */
  scan(
    instruments: readonly string[],
    timeframe: Timeframe,
    profile: UptrendProfile,
  ): Promise<ScannedHead[]> {
    const key = [timeframe, profile, ...instruments].join(' ');
    let scan = this.scans.get(key);
    if (!scan) {
      scan = this.scanAll(instruments, timeframe, profile).finally(() => this.scans.delete(key));
      this.scans.set(key, scan);
    }
    return scan;
  }

  private async scanAll(
    instruments: readonly string[],
    timeframe: Timeframe,
    profile: UptrendProfile,
  ): Promise<ScannedHead[]> {
    const heads = new Map<string, ScannedHead>();
    let batch: Pending[] = [];
    let bars = 0;
    const flush = async (): Promise<void> => {
      for (const head of await this.walk(batch)) heads.set(head.instrument, head);
      batch = [];
      bars = 0;
    };
    for (const instrument of instruments) {
      const found = await this.tried({ instrument, timeframe, profile });
      if (!('task' in found)) {
        heads.set(instrument, found);
        continue;
      }
      batch.push(found);
      bars += found.task.bars.time.length;
      if (bars >= TOGETHER) await flush();
    }
    await flush();
    return instruments.map((instrument) => heads.get(instrument)!);
  }

  private async tried(subject: UptrendSubject): Promise<ScannedHead | Pending> {
    try {
      return await this.look(subject);
    } catch (error) {
      if (!(error instanceof TidewatchError)) throw error;
      return { instrument: subject.instrument, skipped: error.message };
    }
  }

  /** The head when it is still right, else what has to be walked. */
  private async look({ instrument, timeframe, profile }: UptrendSubject): Promise<SeriesHead | Pending> {
    const listing = await this.revision.of(instrument);
    const now = this.clock.now();
    const known = this.kept.get(keyOf({ instrument, timeframe, profile }));
    if (known?.listing.key === listing.key && now < known.nextClose) return known;
    const news = known && (await this.news(known, listing, now));
    if (known && news?.series.length === 0) {
      return this.keep({ ...known, listing, nextClose: news.nextClose });
    }
    const { series, nextClose } =
      news ?? finalBars(await this.data.lake.series(instrument, timeframe, {}), now);
    const { time, high, low, close, volume } = series;
    return {
      task: {
        instrument,
        timeframe,
        profile,
        bars: { time, high, low, close, volume },
        ...(news ? { resume: headOf(known!) } : {}),
      },
      rest: {
        lastBar: time[time.length - 1] ?? Number.NaN,
        listing,
        nextClose,
        tail: (news ? known!.tail : BarTail.EMPTY).with(series),
      },
    };
  }

  /** Bars after those that the head has seen; undefined when one of those is another now. */
  private async news(
    { instrument, timeframe, lastBar, tail, listing: before }: SeriesHead,
    listing: Listing,
    now: number,
  ): Promise<FinalBars | undefined> {
    const changed = bucketOpen(changedFrom(before, listing), timeframe);
    // the last bar is read again in any case: a window begins at the edge of a bucket
    const from = lastBar > changed ? changed : lastBar;
    if (!tail.reaches(from)) return undefined;
    const window = Number.isFinite(from) ? { from } : {};
    const stored = finalBars(await this.data.lake.series(instrument, timeframe, window), now);
    const series = tail.newsIn(stored.series, from);
    return series && { series, nextClose: stored.nextClose };
  }

  private async walk(pending: readonly Pending[]): Promise<SeriesHead[]> {
    const heads: SeriesHead[] = [];
    const long = pending.filter(({ task }) => task.bars.time.length > AT_ONCE);
    const walked =
      long.length === 0
        ? []
        : await runInWorker(
            'walkToHeads',
            await Promise.all(long.map(async ({ task }) => ({ ...task, bars: await sharedBars(task.bars) }))),
          );
    for (const { task, rest } of pending) {
      const { bars, resume: _resume, ...subject } = task;
      const found = long.findIndex((each) => each.task === task);
      if (found < 0) await breathe();
      const head = found < 0 ? walkToHead(task) : walked[found]!;
      heads.push(this.keep({ ...subject, ...head, ...rest }));
    }
    return heads;
  }

  private keep(head: SeriesHead): SeriesHead {
    const key = keyOf(head);
    this.kept.delete(key);
    this.kept.set(key, head);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_HEADS) this.kept.delete(oldest!);
    return head;
  }
}

/** Without what a worker need not know. */
function headOf({ engine, payload, since, barsInState, changes }: UptrendHead): UptrendHead {
  return { engine, payload, since, barsInState, changes };
}

const keyOf = ({ instrument, timeframe, profile }: UptrendSubject): string =>
  `${instrument} ${timeframe} ${profile}`;
