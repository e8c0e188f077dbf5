/**
 * Brings the bars of all eight drivers of a timeframe up to date (regime spec §4–§8, §16.1): `collect` asks the venues for
 * bars of the coins and prices of the tokens, `rollUp` makes the hours and days that no venue gave, `compose` makes driver
 * bars of them and stores what differs from what is stored. Each can run without the one before, on the last good data;
 * within each a failing coin, token or driver does not stop the others.
 *
 * Nothing here remembers more than speed asks for: a new process composes everything once from stored bars and finds the
 * same; where bars of the components were pruned, it goes on from where the last process stood. Limits: the times that a
 * run looks back on are those of the settings; older corrections of component bars are found when a process starts.
 */
import type { CompositeState } from '../../analysis/drivers/chained-index.js';
import {
  ALT_COMPONENTS,
  BUCKETS,
  type Bucket,
  type Driver,
  type RegimeTimeframe,
} from '../../analysis/drivers/driver.js';
import type { Clock } from '../../market/clock.js';
import { parseInstrument } from '../../market/instrument.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import { DRIVER_MAJORS, type DriverSettings, type Major } from '../../platform/driver-settings.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import { RANK } from '../lake/merge-blocks.js';
import { EXCHANGES, type Venues } from '../venues/open-venues.js';
import { CanonicalMemory } from './canonical-memory.js';
import { CanonicalSeries } from './canonical-series.js';
import { CapHistory } from './cap-history.js';
import { CoinDays } from './coin-days.js';
import { collectComponent, suspectsOf } from './collect-component.js';
import { collectTails } from './collect-tails.js';
import type { CanonicalBars } from './component-bars.js';
import { CompositeRun, type Recorded } from './composite-run.js';
import { dominanceBars } from './dominance-bars.js';
import { DOMINANCE_DRIVERS, storedSamples } from './dominance-poll.js';
import type { RegimeBars, WrittenBars } from './regime-bars.js';
import type { DriverBars, RegimeSeries } from './regime-series.js';
import { rollUpComponent } from './roll-up-component.js';
import { rollUpTokens } from './roll-up-tokens.js';
import { SourceMemory } from './source-memory.js';
import { StepNotes, type StepResult, together } from './step-result.js';
import { TokenBars } from './token-bars.js';
import { TokenMinutes } from './token-minutes.js';
import { askPrices, storePrices } from './token-prices.js';

export interface CollectorParts {
  readonly access: LakeAccess;
  readonly venues: Venues;
  readonly clock: Clock;
  readonly settings: DriverSettings;
  readonly bars: RegimeBars;
  /** Where the composites of a timeframe stood when their bars were last written (regime spec §2.4). */
  readonly recorded: (timeframe: RegimeTimeframe) => Promise<readonly RecordedComposite[]>;
}

export interface RecordedComposite {
  readonly driver: string;
  readonly lastTs: number;
  readonly lastClose: number;
  readonly components: CompositeState['components'];
}

export interface ComposedBars {
  readonly result: StepResult;
  readonly written: readonly WrittenBars[];
  /** Where the composites stand. */
  readonly states: readonly { readonly driver: Driver; readonly state: CompositeState }[];
}

/** Look-back of the roll-ups (regime spec §5). */
const ROLL_BACK_MS = { '1h': 48 * 3_600_000, '1d': 7 * 86_400_000 } as const;
/** What coarse bars are made of, the nearest first. */
const FINER: Readonly<Record<'1h' | '1d', readonly RegimeTimeframe[]>> = { '1h': ['1m'], '1d': ['1h', '1m'] };
/** A venue's clock may lag that of a book's last change by some seconds; a jump is minutes. */
const MOST_SKEW_MS = 30_000;
/** Newest bars among which one that looks wrong is asked for again every time. */
const SUSPECT_BARS = 30;
/** So long a hole that its venue did not fill is not asked for again. */
const ABSENT_MS = 3_600_000;
const NOTHING_RECORDED: ReadonlyMap<string, Recorded> = new Map();
const NOTHING_ABSENT: ReadonlySet<number> = new Set();
const TOKENS_PER_MINUTE = 250;
/** Least share of minutes of a token that makes a whole bar, by the minutes that one round of collecting takes. */
const TOKEN_SHARES = [0.5, 0.4, 0.33, 0.25, 0.2] as const;

interface Memory {
  readonly sources: SourceMemory;
  readonly canonical: Readonly<Record<Major, CanonicalSeries>>;
  readonly coins: CanonicalMemory;
  readonly alt: CompositeRun;
  readonly tokens: TokenBars;
  readonly buckets: Readonly<Record<Bucket, CompositeRun>>;
  isFirst: boolean;
}

export class DriverCollector {
  private readonly memories = new Map<RegimeTimeframe, Memory>();
  private readonly caps: CapHistory;
  private minutes: TokenMinutes | undefined;
  /** Times at which a venue has no bar, by instrument and timeframe. */
  private readonly absent = new Map<
    string,
    { readonly times: ReadonlySet<number>; readonly until: number }
  >();
  /** The venues' clock minus ours, as the last collecting found it. */
  private skewMs = 0;
  private knowsSkew = false;
  /**
   * Where the last collecting began by the venues' clock. It never goes back: a clock of ours that did would have history
   * begin earlier, and an index that is chained from its first bar would be another one.
   */
  private readonly from = new Map<RegimeTimeframe, number>();

  constructor(private readonly parts: CollectorParts) {
    this.caps = new CapHistory(parts.access.lake);
  }

  /** Asks venues and providers. @param compares also asks second sources, to compare what they say */
  async collect(
    timeframe: RegimeTimeframe,
    {
      signal,
      compares = false,
    }: { readonly signal?: AbortSignal | undefined; readonly compares?: boolean } = {},
  ): Promise<StepResult> {
    const notes = new StepNotes('collect', this.parts.clock.now());
    await this.learnTime(signal);
    let agreed = (): void => {};
    const clocks = new Promise<void>((resolve) => {
      agreed = resolve;
    });
    await together([
      this.collectCoins(timeframe, notes, { signal, compares, agreed }).finally(agreed),
      // tokens ask nobody for hours and days, so these need not wait for the venues of the coins
      timeframe === '1m'
        ? this.collectTokens(notes, clocks, signal)
        : clocks.then(() => this.rollUpTokens(timeframe, notes, signal)),
    ]);
    return notes.result(this.parts.clock.now());
  }

  /** @param agreed called as soon as the clocks of the venues are known to agree with ours */
  private async collectCoins(
    timeframe: RegimeTimeframe,
    notes: StepNotes,
    {
      signal,
      compares,
      agreed,
    }: {
      readonly signal: AbortSignal | undefined;
      readonly compares: boolean;
      readonly agreed: () => void;
    },
  ): Promise<void> {
    const { access, venues, clock, settings } = this.parts;
    const to = bucketOpen(this.now(), timeframe);
    const span = settings.backfill_bars * TIMEFRAME_MS[timeframe];
    const begun = this.from.get(timeframe) ?? Number.NEGATIVE_INFINITY;
    const from = Math.max(to - span, begun);
    const skews: number[] = [];
    const { sources: memory, canonical: coins } = this.memoryOf(timeframe);
    const tell = (component: Major, found: CanonicalBars): void => {
      const { outliers, switches, disagreements, comparedTo } = found;
      notes.count('outliers', outliers.length);
      notes.count('source_switches', switches.length);
      notes.count('disagreements', disagreements.length);
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
      notes.warn(
        `${component} ${timeframe}: ${apart.source} and ${apart.other} differ by ${(100 * share).toFixed(1)} %`,
      );
    };
    const long: Major[] = [];
    try {
      const wanted = new Map(
        DRIVER_MAJORS.map((each) => [
          each,
          settings.sources[each].filter((id, at) => isAsked(id) && at < (compares ? 2 : 1)),
        ]),
      );
      const absent = (id: string): ReadonlySet<number> => this.absentOf(id, timeframe);
      const clocks = (skews: readonly number[]): void => {
        const trusted = [...skews, this.skewMs].every((skew) => Math.abs(skew) <= MOST_SKEW_MS);
        if (trusted && skews.length > 0) agreed();
      };
      const request = { timeframe, from, to, wanted, absent, clock, clocks, signal };
      const tails = await collectTails(access, venues, memory, request);
      notes.count('bars', tails.rows);
      skews.push(...tails.skews);
      for (const each of DRIVER_MAJORS) {
        const found = await coins[each].between(from, to);
        const recent = to - SUSPECT_BARS * TIMEFRAME_MS[timeframe];
        const isDoubtful = settings.sources[each].some(
          (id) => (suspectsOf(found, id)?.to ?? Number.NEGATIVE_INFINITY) >= recent,
        );
        if (tails.done.has(each) && !isDoubtful) tell(each, found);
        else long.push(each);
      }
    } catch (error) {
      signal?.throwIfAborted();
      notes.warn(
        `the newest bars could not be had the short way · ${error instanceof Error ? error.message : error}`,
      );
      long.splice(0, long.length, ...DRIVER_MAJORS);
    }
    const one = async (component: Major): Promise<void> => {
      const sources = settings.sources[component];
      const request = { component, sources, timeframe, from, to, clock, signal, compares };
      const { rows, failures, canonical, missing, clockSkewMs } = await collectComponent(
        access,
        venues,
        request,
      );
      if (clockSkewMs !== null) skews.push(clockSkewMs);
      notes.count('bars', rows);
      notes.count('long_way', 1);
      for (const { source, message } of failures) {
        if (missing > 0) notes.fail(`${component} ${source}`, message);
        else notes.warn(`${component}: ${source} failed, another source has the bars · ${message}`);
      }
      tell(component, canonical);
      await this.rememberAbsent(component, timeframe, from, to);
    };
    await Promise.all(long.map((each) => notes.part(each, signal, () => one(each))));
    if (skews.length > 0) {
      this.skewMs = skews.sort((a, b) => a - b)[skews.length >> 1]!;
      this.knowsSkew = true;
    }
    this.from.set(timeframe, Math.max(begun, bucketOpen(this.now(), timeframe) - span));
    if (Math.abs(this.skewMs) > MOST_SKEW_MS) {
      notes.warn(`our clock is ${-this.skewMs} ms ahead of the venues; theirs says which bars have closed`);
    }
  }

  /** What the long way has asked for in vain is not asked for again for a while. */
  private async rememberAbsent(
    component: Major,
    timeframe: RegimeTimeframe,
    from: number,
    to: number,
  ): Promise<void> {
    const { sources } = this.memoryOf(timeframe);
    await sources.refresh();
    const step = TIMEFRAME_MS[timeframe];
    for (const id of this.parts.settings.sources[component].slice(0, 2)) {
      const { ts } = await sources.rows(id, from, to);
      const held = new Set(ts);
      const times = new Set<number>();
      for (let time = Math.ceil(from / step) * step; time < to - SUSPECT_BARS * step; time += step) {
        if (!held.has(time)) times.add(time);
      }
      this.absent.set(`${id} ${timeframe}`, { times, until: this.parts.clock.now() + ABSENT_MS });
    }
  }

  /** A process may start with a clock that is wrong: it asks once, before it says what has closed or stamps a sample. */
  async learnTime(signal?: AbortSignal): Promise<void> {
    if (this.knowsSkew) return;
    const { clock, settings, venues } = this.parts;
    const names = new Set(settings.sources.BTC.filter(isAsked).map((id) => parseInstrument(id).venue));
    for (const name of names) {
      try {
        this.skewMs = (await venues.of(name).serverTime(signal)) - clock.now();
        this.knowsSkew = true;
        return;
      } catch {
        // the next one may answer; where none does, our own clock counts
        signal?.throwIfAborted();
      }
    }
  }

  private absentOf(instrument: string, timeframe: RegimeTimeframe): ReadonlySet<number> {
    const known = this.absent.get(`${instrument} ${timeframe}`);
    return known !== undefined && known.until > this.parts.clock.now() ? known.times : NOTHING_ABSENT;
  }

  /** Our clock, or that of the venues where the two are far apart: a clock that jumped closes no bar. */
  now(): number {
    return this.venueTime(this.parts.clock.now());
  }

  private venueTime(time: number): number {
    return Math.abs(this.skewMs) > MOST_SKEW_MS ? time + this.skewMs : time;
  }

  /**
   * Prices of now, and the minutes of those before. What is asked now belongs to a minute that has not closed.
   * @param clocks settles when it is known what time it is
   */
  private async collectTokens(
    notes: StepNotes,
    clocks: Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { access, venues, clock, settings } = this.parts;
    const tokens = settings.tokens.map(parseInstrument);
    const asking = Promise.resolve().then(() => askPrices(venues.dexscreener(), tokens, clock, signal));
    // heard of below
    asking.catch(() => undefined);
    await clocks;
    await notes.part('tokens', signal, async () => {
      notes.count('token_bars', await this.tokenMinutes().close(bucketOpen(this.now(), '1m')));
    });
    if (tokens.length === 0) return;
    await notes.part('tokens', signal, async () => {
      const asked = await asking;
      const points = asked.points.map((point) => ({ ...point, ts: this.venueTime(point.ts) }));
      const files = await storePrices(access, { ...asked, points });
      this.tokenMinutes().wrote(points, files);
      notes.count('price_points', points.length);
      notes.count('unknown_tokens', asked.unknown.length);
      for (const { source, message } of asked.failures) notes.fail(source, message);
    });
  }

  /** Hours and days of coins and tokens that no venue gave; a process that starts looks at everything that is stored. */
  async rollUp(timeframe: RegimeTimeframe, signal?: AbortSignal): Promise<StepResult> {
    const { access, clock, settings } = this.parts;
    const notes = new StepNotes('roll_up', clock.now());
    if (timeframe === '1m') return notes.result(clock.now());
    const to = bucketOpen(this.now(), timeframe);
    const finer = FINER[timeframe].map((each) => this.memoryOf(each));
    const own = this.memoryOf(timeframe);
    const from = own.isFirst ? 0 : to - ROLL_BACK_MS[timeframe];
    for (const { sources } of finer) await sources.refresh();
    await own.sources.refresh();
    for (const instrument of new Set(Object.values(settings.sources).flat())) {
      await notes.part(instrument, signal, async () => {
        signal?.throwIfAborted();
        const { ts, columns } = await own.sources.rows(instrument, from, to);
        const native = columns[RANK]!.reduce((count, rank) => count + Number(rank % 10 !== 0), 0);
        const expected = (to - from) / TIMEFRAME_MS[timeframe];
        // every bar came from the venue itself: nothing to make
        if (native === ts.length && ts.length >= expected) return;
        // most of the sources are spare ones of which nothing is stored
        const isSpare = await Promise.all(finer.map(({ sources }) => sources.isEmpty(instrument, from)));
        if (!isSpare.includes(false)) return;
        notes.count('bars', await rollUpComponent(access, { instrument, timeframe, from, to }));
      });
    }
    await this.rollUpTokens(timeframe, notes, signal);
    return notes.result(clock.now());
  }

  private rollUpTokens(
    timeframe: '1h' | '1d',
    notes: StepNotes,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    return notes.part('tokens', signal, async () => {
      const { tokens: finer } = this.memoryOf(FINER[timeframe][0]!);
      const { tokens: own } = this.memoryOf(timeframe);
      const rounds = Math.max(1, Math.ceil(finer.tokens / TOKENS_PER_MINUTE));
      const threshold = TOKEN_SHARES[Math.min(rounds, TOKEN_SHARES.length) - 1]!;
      const request = { timeframe, to: bucketOpen(this.now(), timeframe), threshold };
      notes.count('token_bars', await rollUpTokens(this.parts.access, finer, own, request));
    });
  }

  private tokenMinutes(): TokenMinutes {
    const { access } = this.parts;
    this.minutes ??= new TokenMinutes(access, this.memoryOf('1m').tokens, this.caps);
    return this.minutes;
  }

  /** Driver bars of a timeframe out of what is stored. */
  async compose(timeframe: RegimeTimeframe, signal?: AbortSignal): Promise<ComposedBars> {
    const { access, clock, settings, bars } = this.parts;
    const now = this.now();
    const notes = new StepNotes('compose', clock.now());
    const to = bucketOpen(now, timeframe);
    const memory = this.memoryOf(timeframe);
    const step = TIMEFRAME_MS[timeframe];
    const from = memory.isFirst ? 0 : to - settings.backfill_bars * step;
    const wanted: DriverBars[] = [];
    const states: { driver: Driver; state: CompositeState }[] = [];
    const { series } = await bars.of(timeframe);
    const recorded = memory.isFirst ? await this.recorded(timeframe, series) : NOTHING_RECORDED;
    await memory.sources.refresh();

    await notes.part('BTC', signal, async () => {
      const { bars: own } = await memory.canonical.BTC.between(from, to);
      const since = memory.canonical.BTC.takeNews();
      wanted.push({ driver: 'BTC', timeframe, bars: own.filter(({ ts }) => ts >= since) });
    });
    await notes.part('ALT', signal, async () => {
      let changed = Number.POSITIVE_INFINITY;
      for (const coin of ALT_COMPONENTS) {
        const { bars: own } = await memory.canonical[coin].between(from, to);
        const since = Math.max(memory.canonical[coin].takeNews(), from);
        const news = own.filter(({ ts }) => ts >= since);
        changed = Math.min(changed, memory.coins.take(coin, news, since));
      }
      memory.alt.goOnFrom(recorded.get('ALT'), memory.coins);
      const { bars: made, dropped, rebuilt } = memory.alt.advance(memory.coins, changed, to);
      notes.count('dropped_components', dropped.length);
      notes.count('rebuilt', Number(rebuilt && !memory.isFirst));
      wanted.push({ driver: 'ALT', timeframe, bars: made });
      states.push({ driver: 'ALT', state: memory.alt.state() });
    });
    await notes.part('buckets', signal, async () => {
      await memory.tokens.refresh();
      const changed = Math.min(memory.tokens.changedSince('compose'), memory.tokens.membersChangedSince());
      const members = memory.tokens.membersAt(now);
      for (const bucket of BUCKETS) {
        const components = {
          timesBetween: (after: number, until: number) => memory.tokens.timesBetween(after, until),
          at: (time: number) => memory.tokens.at(bucket, time),
        };
        memory.buckets[bucket].goOnFrom(recorded.get(bucket), components);
        const { bars: made, dropped } = memory.buckets[bucket].advance(components, changed, to);
        notes.count('dropped_components', dropped.length);
        notes.count(`members_${bucket}`, members[bucket].length);
        wanted.push({ driver: bucket, timeframe, bars: made });
        states.push({ driver: bucket, state: memory.buckets[bucket].state() });
      }
    });
    for (const driver of DOMINANCE_DRIVERS) {
      await notes.part(driver, signal, async () => {
        const last = series.get(driver)!.lastTime;
        const since = memory.isFirst || last === null ? 0 : Math.min(last, to - 3 * step) - 2 * step;
        const samples = await storedSamples(access.lake, driver, Math.max(0, since - 86_400_000));
        const finer =
          timeframe === '1m'
            ? undefined
            : (await bars.of(timeframe === '1d' ? '1h' : '1m')).series.get(driver)!;
        wanted.push({
          driver,
          timeframe,
          bars: dominanceBars(timeframe, samples, finer, { from: since, to }),
        });
      });
    }
    const written = await bars.write(timeframe, wanted).catch((error: unknown) => {
      // what was composed is not stored: the next run composes it anew
      this.memories.delete(timeframe);
      if (timeframe === '1m') this.minutes = undefined;
      throw error;
    });
    memory.isFirst = false;
    for (const each of written) notes.count('bars', each.bars);
    return { result: notes.result(clock.now()), written, states };
  }

  /** What a former process has left of the composites, where it agrees with their newest bars. */
  private async recorded(
    timeframe: RegimeTimeframe,
    series: ReadonlyMap<string, RegimeSeries>,
  ): Promise<ReadonlyMap<string, Recorded>> {
    const recorded = new Map<string, Recorded>();
    for (const { driver, lastTs, lastClose, components } of await this.parts.recorded(timeframe)) {
      const own = series.get(driver);
      const firstTs = own?.firstTime ?? null;
      if (own === undefined || firstTs === null || own.closeAt(lastTs) !== lastClose) continue;
      recorded.set(driver, { firstTs, state: { last_ts: lastTs, last_close: lastClose, components } });
    }
    return recorded;
  }

  private memoryOf(timeframe: RegimeTimeframe): Memory {
    let memory = this.memories.get(timeframe);
    if (memory === undefined) {
      const { access, settings } = this.parts;
      const bucket = (): CompositeRun => new CompositeRun(timeframe, settings.bucket_min_components);
      const sources = new SourceMemory(access.lake, timeframe);
      const most = settings.bucket_max_members;
      const coins = new CoinDays(access.lake);
      memory = {
        sources,
        canonical: Object.fromEntries(
          DRIVER_MAJORS.map((each) => [
            each,
            new CanonicalSeries(sources, settings.sources[each], timeframe),
          ]),
        ) as Record<Major, CanonicalSeries>,
        coins: new CanonicalMemory(),
        alt: new CompositeRun(timeframe, settings.min_components),
        tokens:
          timeframe === '1d'
            ? new TokenBars(access.lake, timeframe, most, new CapHistory(access.lake, coins), coins)
            : new TokenBars(access.lake, timeframe, most, this.caps),
        buckets: { nano: bucket(), small: bucket(), mid: bucket(), big: bucket() },
        isFirst: true,
      };
      this.memories.set(timeframe, memory);
    }
    return memory;
  }
}

/** Imported series belong to no venue: they are read, not fetched. */
function isAsked(instrument: string): boolean {
  return (EXCHANGES as readonly string[]).includes(parseInstrument(instrument).venue);
}
