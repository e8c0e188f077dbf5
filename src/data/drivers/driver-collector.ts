/**
 * Brings the bars of all eight drivers of a timeframe up to date (regime spec §4–§8, §16.1): `collect` asks the venues for
 * bars of the coins and prices of the tokens, `rollUp` makes the hours and days that no venue gave, `compose` makes driver
 * bars of them and stores what differs from what is stored. Each can run without the one before, on the last good data;
 * within each a failing coin, token or driver does not stop the others.
 *
 * Nothing here remembers more than speed asks for: a new process composes everything once from stored bars and finds the
 * same. Limits: the times that a run looks back on are those of the settings; older corrections of component bars are
 * found when a process starts.
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
import type { LakeAccess } from '../ingest/backfill.js';
import type { Venues } from '../venues/open-venues.js';
import { CanonicalMemory } from './canonical-memory.js';
import { collectComponent } from './collect-component.js';
import { canonicalBars } from './component-bars.js';
import { CompositeRun } from './composite-run.js';
import { dominanceBars } from './dominance-bars.js';
import { DOMINANCE_DRIVERS, storedSamples } from './dominance-poll.js';
import type { RegimeBars, WrittenBars } from './regime-bars.js';
import type { DriverBars } from './regime-series.js';
import { rollUpComponent } from './roll-up-component.js';
import { StepNotes, type StepResult } from './step-result.js';
import { TokenBars } from './token-bars.js';
import { collectPrices, minutesOfPoints } from './token-prices.js';

export interface CollectorParts {
  readonly access: LakeAccess;
  readonly venues: Venues;
  readonly clock: Clock;
  readonly settings: DriverSettings;
  readonly bars: RegimeBars;
}

export interface ComposedBars {
  readonly result: StepResult;
  readonly written: readonly WrittenBars[];
  /** Where the composites stand. */
  readonly states: readonly { readonly driver: Driver; readonly state: CompositeState }[];
}

/** Look-back of the roll-ups (regime spec §5). */
const ROLL_BACK_MS = { '1h': 48 * 3_600_000, '1d': 7 * 86_400_000 } as const;
const POINTS_BACK_MS = 24 * 3_600_000;
/** A venue's clock may lag that of a book's last change by some seconds; a jump is minutes. */
const MOST_SKEW_MS = 30_000;
const TOKENS_PER_MINUTE = 250;
/** Least share of minutes of a token that makes a whole bar, by the minutes that one round of collecting takes. */
const TOKEN_SHARES = [0.5, 0.4, 0.33, 0.25, 0.2] as const;

interface Memory {
  readonly coins: CanonicalMemory;
  readonly alt: CompositeRun;
  readonly tokens: TokenBars;
  readonly buckets: Readonly<Record<Bucket, CompositeRun>>;
  isFirst: boolean;
}

export class DriverCollector {
  private readonly memories = new Map<RegimeTimeframe, Memory>();
  /** The venues' clock minus ours, as the last collecting found it. */
  private skewMs = 0;
  /**
   * Where the last collecting began by the venues' clock. It never goes back: a clock of ours that did would have history
   * begin earlier, and an index that is chained from its first bar would be another one.
   */
  private readonly from = new Map<RegimeTimeframe, number>();

  constructor(private readonly parts: CollectorParts) {}

  /** Asks venues and providers. @param compares also asks second sources, to compare what they say */
  async collect(
    timeframe: RegimeTimeframe,
    {
      signal,
      compares = false,
    }: { readonly signal?: AbortSignal | undefined; readonly compares?: boolean } = {},
  ): Promise<StepResult> {
    const { access, venues, clock, settings } = this.parts;
    const notes = new StepNotes('collect', clock.now());
    const to = bucketOpen(this.now(), timeframe);
    const span = settings.backfill_bars * TIMEFRAME_MS[timeframe];
    const begun = this.from.get(timeframe) ?? Number.NEGATIVE_INFINITY;
    const from = Math.max(to - span, begun);
    const skews: number[] = [];
    const one = async (component: Major): Promise<void> => {
      const sources = settings.sources[component];
      const request = { component, sources, timeframe, from, to, clock, signal, compares };
      const found = await collectComponent(access, venues, request);
      const { rows, failures, canonical, missing, clockSkewMs } = found;
      if (clockSkewMs !== null) skews.push(clockSkewMs);
      notes.count('bars', rows);
      notes.count('outliers', canonical.outliers.length);
      notes.count('source_switches', canonical.switches.length);
      notes.count('disagreements', canonical.disagreements.length);
      for (const { source, message } of failures) {
        if (missing > 0) notes.fail(`${component} ${source}`, message);
        else notes.warn(`${component}: ${source} failed, another source has the bars · ${message}`);
      }
      const apart = canonical.disagreements.at(-1);
      if (apart !== undefined) {
        const share = Math.abs(apart.ratio - 1);
        notes.warn(
          `${component} ${timeframe}: ${apart.source} and ${apart.other} differ by ${(100 * share).toFixed(1)} %`,
        );
      }
    };
    await Promise.all(DRIVER_MAJORS.map((each) => notes.part(each, signal, () => one(each))));
    if (skews.length > 0) this.skewMs = skews.sort((a, b) => a - b)[skews.length >> 1]!;
    this.from.set(timeframe, Math.max(begun, bucketOpen(this.now(), timeframe) - span));
    if (Math.abs(this.skewMs) > MOST_SKEW_MS) {
      notes.warn(`our clock is ${-this.skewMs} ms ahead of the venues; theirs says which bars have closed`);
    }
    if (timeframe === '1m') await this.collectTokens(notes, signal);
    return notes.result(clock.now());
  }

  /** Our clock, or that of the venues where the two are far apart: a clock that jumped closes no bar. */
  private now(): number {
    const now = this.parts.clock.now();
    return Math.abs(this.skewMs) > MOST_SKEW_MS ? now + this.skewMs : now;
  }

  private async collectTokens(notes: StepNotes, signal: AbortSignal | undefined): Promise<void> {
    const { access, venues, settings } = this.parts;
    await notes.part('tokens', signal, async () => {
      const tokens = settings.tokens.map(parseInstrument);
      if (tokens.length > 0) {
        const clock = { now: () => this.now() };
        const collected = await collectPrices(access, venues.dexscreener(), tokens, clock, signal);
        notes.count('price_points', collected.points);
        notes.count('unknown_tokens', collected.unknown.length);
        for (const { source, message } of collected.failures) notes.fail(source, message);
      }
      const to = bucketOpen(this.now(), '1m');
      notes.count('token_bars', await minutesOfPoints(access, { from: to - POINTS_BACK_MS, to }));
    });
  }

  /** Hours and days of coins and tokens that no venue gave; a process that starts looks at everything that is stored. */
  async rollUp(timeframe: RegimeTimeframe, signal?: AbortSignal): Promise<StepResult> {
    const { access, clock, settings } = this.parts;
    const notes = new StepNotes('roll_up', clock.now());
    if (timeframe !== '1m') {
      const to = bucketOpen(this.now(), timeframe);
      const from = this.memoryOf(timeframe).isFirst ? 0 : to - ROLL_BACK_MS[timeframe];
      const majors = Object.values(settings.sources).flat();
      const tokens = await this.storedTokens(timeframe);
      const rounds = Math.min(Math.max(Math.ceil(tokens.length / TOKENS_PER_MINUTE), 1), TOKEN_SHARES.length);
      const threshold = TOKEN_SHARES[rounds - 1];
      for (const instrument of [...majors, ...tokens]) {
        const request = { instrument, timeframe, from, to };
        await notes.part(instrument, signal, async () => {
          signal?.throwIfAborted();
          const isToken = instrument.startsWith('dex:');
          const rows = await rollUpComponent(access, isToken ? { ...request, threshold } : request);
          notes.count('bars', rows);
        });
      }
    }
    return notes.result(clock.now());
  }

  private async storedTokens(timeframe: RegimeTimeframe): Promise<readonly string[]> {
    const finer = timeframe === '1d' ? '1h' : '1m';
    const rows = await this.parts.access.lake.query(
      'bars',
      { venue: 'dex', timeframe: finer },
      (relation, run) => run(`SELECT DISTINCT instrument_id FROM ${relation} ORDER BY instrument_id`),
    );
    return rows.map((row) => row.instrument_id as string);
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

    await notes.part('BTC', signal, async () => {
      const { bars: own } = await this.canonical('BTC', timeframe, from, to);
      wanted.push({ driver: 'BTC', timeframe, bars: own });
    });
    await notes.part('ALT', signal, async () => {
      let changed = Number.POSITIVE_INFINITY;
      for (const coin of ALT_COMPONENTS) {
        const { bars: own } = await this.canonical(coin, timeframe, from, to);
        changed = Math.min(changed, memory.coins.take(coin, own, from));
      }
      const { bars: made, dropped, rebuilt } = memory.alt.advance(memory.coins, changed, to);
      notes.count('dropped_components', dropped.length);
      notes.count('rebuilt', Number(rebuilt && !memory.isFirst));
      wanted.push({ driver: 'ALT', timeframe, bars: made });
      states.push({ driver: 'ALT', state: memory.alt.state() });
    });
    await notes.part('buckets', signal, async () => {
      const changed = await memory.tokens.refresh();
      const members = memory.tokens.membersAt(now);
      for (const bucket of BUCKETS) {
        const components = {
          timesBetween: (after: number, until: number) => memory.tokens.timesBetween(after, until),
          at: (time: number) => memory.tokens.at(bucket, time),
        };
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
    const written = await bars.write(timeframe, wanted);
    memory.isFirst = false;
    for (const each of written) notes.count('bars', each.bars);
    return { result: notes.result(clock.now()), written, states };
  }

  /** Bars of a coin, read from further back so that an outlier at the edge is seen as one. */
  private async canonical(coin: Major, timeframe: RegimeTimeframe, from: number, to: number) {
    const { access, settings } = this.parts;
    const margin = 30 * TIMEFRAME_MS[timeframe];
    const span = { from: Math.max(0, from - margin), to };
    const found = await canonicalBars(access.lake, settings.sources[coin], timeframe, span);
    return { ...found, bars: found.bars.filter(({ ts }) => ts >= from) };
  }

  private memoryOf(timeframe: RegimeTimeframe): Memory {
    let memory = this.memories.get(timeframe);
    if (memory === undefined) {
      const { access, settings } = this.parts;
      const bucket = (): CompositeRun => new CompositeRun(timeframe, settings.bucket_min_components);
      memory = {
        coins: new CanonicalMemory(),
        alt: new CompositeRun(timeframe, settings.min_components),
        tokens: new TokenBars(access.lake, timeframe, settings.bucket_max_members),
        buckets: { nano: bucket(), small: bucket(), mid: bucket(), big: bucket() },
        isFirst: true,
      };
      this.memories.set(timeframe, memory);
    }
    return memory;
  }
}
