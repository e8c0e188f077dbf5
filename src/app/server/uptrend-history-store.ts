/**
 * Results of the uptrend engine over whole stored series, kept in memory. A series is walked once, in a worker; when
 * the lake changes or a bar closes, the walk goes on from the last engine state before the change. What is kept per bar
 * is a digest; a stretch of exact payloads is told again from the nearest kept engine state.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { UptrendEngine } from '../../analysis/uptrend/engine.js';
import type { UptrendPayload } from '../../analysis/uptrend/payload.js';
import { UptrendDigest } from '../../analysis/uptrend/uptrend-digest.js';
import { TidewatchError } from '../../errors.js';
import { ladderOf } from '../../market/bucket.js';
import type { Clock } from '../../market/clock.js';
import { slice } from '../../market/series.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import { runInWorker } from '../../platform/compute/run-in-worker.js';
import {
  openEngine,
  type UptrendCheckpoint,
  type UptrendSubject,
  type UptrendWalk,
  type UptrendWalkTask,
  walkUptrend,
} from '../../platform/compute/uptrend-walk.js';
import { finalBars } from '../final-bars.js';
import type { HomeLake } from '../home-lake.js';
import { BarTail } from './bar-tail.js';
import { changedFrom, type LakeRevision, type Listing } from './lake-revision.js';
import { sharedBars } from './shared-bars.js';

/** Bars that are a level of the digest themselves: about 34 MB. */
const KEPT_BARS = 500_000;
const BUDGET_BYTES = 256 * 1024 * 1024;
/** Engine states of one series: about 200 kB each. */
const MOST_CHECKPOINTS = 256;
const LEAST_SPACING = 1024;
/** Up to so many new bars are taken in at once, here: a worker takes longer to start. */
const AT_ONCE = 512;
/** Bars told again before the event loop is free: some milliseconds. */
const TOLD_AT_ONCE = 128;

/** A series walked to its end, with the engine states from which it can be told again. */
export interface UptrendHistory extends UptrendSubject {
  readonly digest: UptrendDigest;
  /** Oldest first; the last one is after the newest bar. */
  readonly checkpoints: readonly UptrendCheckpoint[];
  readonly newest: Pick<UptrendWalk, 'payload' | 'levels' | 'swingHighs' | 'swingLows'>;
  /** Bars between checkpoints. */
  readonly spacing: number;
  /** Open of the newest closed bar, UTC ms; NaN without one. */
  readonly lastBar: number;
  readonly listing: Listing;
  /** Another number when old bars came out differently. */
  readonly generation: number;
  /** When a bar closes that is stored already, UTC ms. */
  readonly nextClose: number;
  readonly tail: BarTail;
}

export class UptrendHistoryStore {
  private readonly kept = new Map<string, UptrendHistory>();
  private readonly building = new Map<string, Promise<UptrendHistory>>();
  private generations = 0;

  constructor(
    private readonly data: HomeLake,
    private readonly revision: LakeRevision,
    private readonly clock: Clock,
  ) {}

  /** @throws TidewatchError `no_data`, `invalid_instrument`, `corrupt_file` */
  async history(subject: UptrendSubject): Promise<UptrendHistory> {
    const key = `${subject.instrument} ${subject.timeframe} ${subject.profile}`;
    const listing = await this.revision.of(subject.instrument);
    const known = this.kept.get(key);
    if (known?.listing.key === listing.key && this.clock.now() < known.nextClose) {
      this.kept.delete(key);
      this.kept.set(key, known);
      return known;
    }
    let build = this.building.get(key);
    if (!build) {
      build = this.build(subject, listing, known).finally(() => this.building.delete(key));
      this.building.set(key, build);
    }
    const history = await build;
    this.kept.delete(key);
    this.kept.set(key, history);
    this.forget();
    return history;
  }

  private async build(
    { instrument, timeframe, profile }: UptrendSubject,
    listing: Listing,
    known: UptrendHistory | undefined,
  ): Promise<UptrendHistory> {
    const subject = { instrument, timeframe, profile };
    // a derived bar changes with any minute of it
    const changed = known ? await this.changed(known, listing) : 0;
    const resumeAt = known?.checkpoints.findLastIndex(({ time }) => time < changed) ?? -1;
    const from = resumeAt > 0 ? known!.checkpoints[resumeAt]! : undefined;
    const stored = await this.data.lake.series(instrument, timeframe, from ? { from: from.time + 1 } : {});
    const { series, nextClose } = finalBars(stored, this.clock.now());
    const more = series.length;
    if (more === 0 && from === undefined) {
      throw new TidewatchError('no_data', `${instrument} has no closed bar of ${timeframe} yet`, {
        hint: 'ask again when the first bar has closed',
        details: { instrument, timeframe },
      });
    }
    const goesOn = known !== undefined && resumeAt === known.checkpoints.length - 1;
    if (goesOn && more === 0) return { ...known, listing, nextClose };
    const spacing = Math.max(known?.spacing ?? 0, LEAST_SPACING, Math.ceil(more / MOST_CHECKPOINTS));
    const ladder = ladderOf(TIMEFRAME_MS[timeframe]);
    const task: Omit<UptrendWalkTask, 'bars'> = {
      ...subject,
      buckets: more > KEPT_BARS ? ladder.slice(1) : ladder,
      spacing,
      ...(known && from ? { resume: { digest: { ...known.digest }, from } } : {}),
    };
    // bars at the end are added to what is there; a correction is computed beside it, where a worker may
    const walk =
      more <= AT_ONCE
        ? walkUptrend({ ...task, bars: series }, goesOn)
        : await runInWorker('walkUptrend', { ...task, bars: await sharedBars(series) });
    const before = from ? known!.checkpoints.slice(0, resumeAt) : [];
    return {
      ...subject,
      digest: UptrendDigest.of(walk.digest),
      checkpoints: thinned([...before, ...walk.checkpoints], spacing),
      newest: walk,
      spacing,
      lastBar: more > 0 ? series.time[more - 1]! : (from?.time ?? Number.NaN),
      listing,
      generation: goesOn ? known.generation : ++this.generations,
      nextClose,
      tail: (from ? known!.tail : BarTail.EMPTY).with(series),
    };
  }

  /** Open time of the first bar that may be another now; infinity when all are what they were. */
  private async changed(
    { instrument, timeframe, lastBar, tail, listing: before }: UptrendHistory,
    listing: Listing,
  ): Promise<number> {
    const changed = bucketOpen(changedFrom(before, listing), timeframe);
    if (!(lastBar >= changed) || !tail.reaches(changed)) return changed;
    const stored = await this.data.lake.series(instrument, timeframe, { from: changed });
    const isSame = tail.newsIn(finalBars(stored, this.clock.now()).series, changed) !== undefined;
    return isSame ? Number.POSITIVE_INFINITY : changed;
  }

  /** Payloads of the bars with open time in [from, to), told again one by one. */
  async tell(
    history: UptrendHistory,
    from: number,
    to: number,
    visit: (payload: UptrendPayload, engine: UptrendEngine) => void,
  ): Promise<void> {
    const { instrument, timeframe, checkpoints } = history;
    const start =
      checkpoints[
        Math.max(
          0,
          checkpoints.findLastIndex(({ time }) => time < from),
        )
      ]!;
    const engine = openEngine(history, start.engine);
    const window = { ...(Number.isFinite(start.time) ? { from: start.time + 1 } : {}), to };
    const { series } = finalBars(
      await this.data.lake.series(instrument, timeframe, window),
      this.clock.now(),
    );
    for (let at = 0; at < series.length; at += TOLD_AT_ONCE) {
      engine.run(slice(series, at, Math.min(series.length, at + TOLD_AT_ONCE)), (payload) => {
        if (payload.ts >= from) visit(payload, engine);
      });
      await breathe();
    }
  }

  private forget(): void {
    let used = 0;
    for (const each of this.kept.values()) used += bytesOf(each);
    for (const [key, each] of this.kept) {
      if (used <= BUDGET_BYTES || this.kept.size === 1) return;
      used -= bytesOf(each);
      this.kept.delete(key);
    }
  }
}

const bytesOf = ({ digest, checkpoints }: UptrendHistory): number =>
  checkpoints.reduce((sum, { engine }) => sum + engine.length, digest.bytes);

/** Those that are needed so that no two neighbours are much more than `spacing` bars apart; the last one stays. */
function thinned(checkpoints: readonly UptrendCheckpoint[], spacing: number): UptrendCheckpoint[] {
  const kept: UptrendCheckpoint[] = [];
  checkpoints.forEach((each, at) => {
    const before = kept.at(-1);
    const after = checkpoints[at + 1];
    if (before === undefined || after === undefined || after.mark.bars - before.mark.bars >= spacing) {
      kept.push(each);
    }
  });
  return kept.length > 1.5 * MOST_CHECKPOINTS ? thinned(kept, 2 * spacing) : kept;
}
