/**
 * Bars of all coins of a timeframe from their venues: the short way where only the newest are lacking
 * (collect-tails.ts), the long way for every coin of which more is, or looks wrong (collect-component.ts). What is worth a
 * look is told: a source that failed, sources that differ, a source that stands in for another from now on.
 */
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import type { Clock } from '../../market/clock.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import { DRIVER_MAJORS, type DriverSettings, type Major } from '../../platform/driver-settings.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import type { Venues } from '../venues/open-venues.js';
import { collectComponent, suspectsOf } from './collect-component.js';
import { collectTails } from './collect-tails.js';
import type { CanonicalBars } from './component-bars.js';
import type { DriverMemory } from './driver-memory.js';
import type { StepNotes } from './step-result.js';
import { isAsked, type VenueTime } from './venue-time.js';

export interface CoinCollectionParts {
  readonly access: LakeAccess;
  readonly venues: Venues;
  readonly clock: Clock;
  readonly settings: DriverSettings;
  readonly time: VenueTime;
  readonly memory: DriverMemory;
}

export interface CollectCoinsOptions {
  readonly signal: AbortSignal | undefined;
  /** Also asks second sources, to compare what they say. */
  readonly compares: boolean;
  /** Called as soon as the clocks of the venues are known to agree with ours. */
  readonly agreed: () => void;
}

/** Half-open range of open times, UTC ms. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Newest bars among which one that looks wrong is asked for again every time. */
const SUSPECT_BARS = 30;
/** So long a hole that its venue did not fill is not asked for again. */
const ABSENT_MS = 3_600_000;
const NOTHING_ABSENT: ReadonlySet<number> = new Set();

/**
 * Remembers between runs where collecting began and what venues do not have; one for the life of a process.
 */
export class CoinCollection {
  /** Times at which a venue has no bar, by instrument and timeframe. */
  private readonly absent = new Map<
    string,
    { readonly times: ReadonlySet<number>; readonly until: number }
  >();
  /**
   * Where the last collecting began by the venues' clock. It never goes back: a clock of ours that did would have history
   * begin earlier, and an index that is chained from its first bar would be another one.
   */
  private readonly from = new Map<RegimeTimeframe, number>();
  /** Newest bar that was looked at for a change of source, by coin and timeframe. */
  private readonly followed = new Map<string, number>();

  constructor(private readonly parts: CoinCollectionParts) {}

  /** Asks for what is lacking up to now, as far back as the settings want. */
  async collect(timeframe: RegimeTimeframe, notes: StepNotes, options: CollectCoinsOptions): Promise<void> {
    const { settings, time } = this.parts;
    const { signal, compares } = options;
    const span = settings.backfill_bars * TIMEFRAME_MS[timeframe];
    const begun = this.from.get(timeframe) ?? Number.NEGATIVE_INFINITY;
    const to = bucketOpen(time.now(), timeframe);
    const range = { from: Math.max(to - span, begun), to };
    const skews: number[] = [];
    const long = await this.takeTails(timeframe, range, notes, options, skews);
    await Promise.all(
      long.map((coin) =>
        notes.part(coin, signal, () =>
          this.collectOne(coin, timeframe, range, notes, { signal, compares, skews }),
        ),
      ),
    );
    time.take(skews);
    this.from.set(timeframe, Math.max(begun, bucketOpen(time.now(), timeframe) - span));
    const { aheadMs } = time;
    if (aheadMs !== 0) {
      notes.warn(`our clock is ${aheadMs} ms ahead of the venues; theirs says which bars have closed`);
    }
  }

  /** @returns the coins that need the long way */
  private async takeTails(
    timeframe: RegimeTimeframe,
    { from, to }: Span,
    notes: StepNotes,
    { signal, compares, agreed }: CollectCoinsOptions,
    skews: number[],
  ): Promise<readonly Major[]> {
    const { access, venues, clock, settings, time, memory } = this.parts;
    const { sources, canonical } = memory.of(timeframe);
    const long: Major[] = [];
    try {
      const wanted = new Map(
        DRIVER_MAJORS.map((coin) => [
          coin,
          settings.sources[coin].filter((id, at) => isAsked(id) && at < (compares ? 2 : 1)),
        ]),
      );
      const absent = (id: string): ReadonlySet<number> => this.absentOf(id, timeframe);
      const clocks = (found: readonly number[]): void => {
        if (time.agrees(found)) agreed();
      };
      const request = { timeframe, from, to, wanted, absent, clock, clocks, signal };
      const tails = await collectTails(access, venues, sources, request);
      notes.count('bars', tails.rows);
      skews.push(...tails.skews);
      for (const coin of DRIVER_MAJORS) {
        const found = await canonical[coin].between(from, to);
        const recent = to - SUSPECT_BARS * TIMEFRAME_MS[timeframe];
        const isDoubtful = settings.sources[coin].some(
          (id) => (suspectsOf(found, id)?.to ?? Number.NEGATIVE_INFINITY) >= recent,
        );
        if (tails.done.has(coin) && !isDoubtful) this.tell(coin, timeframe, found, notes);
        else long.push(coin);
      }
      return long;
    } catch (error) {
      signal?.throwIfAborted();
      notes.warn(
        `the newest bars could not be had the short way · ${error instanceof Error ? error.message : error}`,
      );
      return DRIVER_MAJORS;
    }
  }

  private async collectOne(
    component: Major,
    timeframe: RegimeTimeframe,
    { from, to }: Span,
    notes: StepNotes,
    {
      signal,
      compares,
      skews,
    }: Pick<CollectCoinsOptions, 'signal' | 'compares'> & { readonly skews: number[] },
  ): Promise<void> {
    const { access, venues, clock, settings } = this.parts;
    const sources = settings.sources[component];
    const request = { component, sources, timeframe, from, to, clock, signal, compares };
    const found = await collectComponent(access, venues, request);
    if (found.clockSkewMs !== null) skews.push(found.clockSkewMs);
    notes.count('bars', found.rows);
    notes.count('long_way', 1);
    for (const { source, message } of found.failures) {
      if (found.missing > 0) notes.fail(`${component} ${source}`, message);
      else notes.warn(`${component}: ${source} failed, another source has the bars · ${message}`);
    }
    this.tell(component, timeframe, found.canonical, notes);
    await this.rememberAbsent(component, timeframe, { from, to });
  }

  private tell(component: Major, timeframe: RegimeTimeframe, found: CanonicalBars, notes: StepNotes): void {
    const { bars, outliers, switches, disagreements, comparedTo } = found;
    notes.count('outliers', outliers.length);
    notes.count('source_switches', switches.length);
    notes.count('disagreements', disagreements.length);
    const key = `${component} ${timeframe}`;
    const followed = this.followed.get(key);
    const change = followed === undefined ? undefined : switches.findLast(({ ts }) => ts > followed);
    if (change !== undefined) {
      const at = new Date(change.ts).toISOString().slice(0, 16).replace('T', ' ');
      notes.warn(`${key}: bars come from ${change.to} in place of ${change.from} since ${at}`);
    }
    const newest = bars.at(-1)?.ts;
    if (newest !== undefined) this.followed.set(key, Math.max(newest, followed ?? newest));
    const apart = disagreements.at(-1);
    if (comparedTo > Number.NEGATIVE_INFINITY) {
      const now = disagreements.find(({ ts }) => ts >= comparedTo);
      notes.compared.push({
        component,
        apart: now === undefined ? null : { sources: [now.source, now.other], ratio: now.ratio },
      });
    }
    if (apart === undefined) return;
    const share = Math.abs(apart.ratio - 1);
    notes.warn(`${key}: ${apart.source} and ${apart.other} differ by ${(100 * share).toFixed(1)} %`);
  }

  /** What the long way has asked for in vain is not asked for again for a while. */
  private async rememberAbsent(
    component: Major,
    timeframe: RegimeTimeframe,
    { from, to }: Span,
  ): Promise<void> {
    const { memory, settings, clock } = this.parts;
    const { sources } = memory.of(timeframe);
    await sources.refresh();
    const step = TIMEFRAME_MS[timeframe];
    for (const id of settings.sources[component].slice(0, 2)) {
      const { ts } = await sources.rows(id, from, to);
      const held = new Set(ts);
      const times = new Set<number>();
      for (let time = Math.ceil(from / step) * step; time < to - SUSPECT_BARS * step; time += step) {
        if (!held.has(time)) times.add(time);
      }
      this.absent.set(`${id} ${timeframe}`, { times, until: clock.now() + ABSENT_MS });
    }
  }

  private absentOf(instrument: string, timeframe: RegimeTimeframe): ReadonlySet<number> {
    const known = this.absent.get(`${instrument} ${timeframe}`);
    return known !== undefined && known.until > this.parts.clock.now() ? known.times : NOTHING_ABSENT;
  }
}
