/**
 * The regime drivers of a home: everything that can be asked of them or done to them, behind one class that the command
 * line, the API and the schedule share. It lives where the operational store is open (operation-calls.ts).
 */

import type { DominanceSample } from '../../analysis/drivers/dominance.js';
import {
  DEFAULT_BOOK,
  DRIVER_DEFINITIONS,
  DRIVERS,
  type Driver,
  driverBookOf,
  REGIME_TIMEFRAMES,
  type RegimeTimeframe,
} from '../../analysis/drivers/driver.js';
import type { ExecutionTimeframe } from '../../analysis/drivers/execution-weights.js';
import { bucketNamed } from '../../analysis/drivers/market-cap-labels.js';
import { Posture } from '../../analysis/drivers/posture.js';
import type { PostureConfig } from '../../analysis/drivers/posture-config.js';
import { type BackfillReport, backfillDrivers } from '../../data/drivers/backfill-drivers.js';
import { type Origin, originsOf } from '../../data/drivers/bar-origins.js';
import {
  DOMINANCE_DRIVERS,
  type DominancePoll,
  pollDominance,
  storedSamples,
} from '../../data/drivers/dominance-poll.js';
import { DriverCollector } from '../../data/drivers/driver-collector.js';
import { type RefilledTokens, TokenRefill } from '../../data/drivers/refill-tokens.js';
import { RegimeBars } from '../../data/drivers/regime-bars.js';
import type { VenueTime } from '../../data/drivers/venue-time.js';
import type { LakeAccess } from '../../data/ingest/lake-access.js';
import type { Venues } from '../../data/venues/open-venues.js';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import { parseInstrument } from '../../market/instrument.js';
import type { DriverSettings } from '../../platform/driver-settings.js';
import type { MetricSample } from '../../platform/metric-sources.js';
import type { Store } from '../../platform/store/store.js';
import { dominanceNews } from './dominance-news.js';
import type {
  ChannelOverride,
  DriversAnswer,
  DriversHealth,
  HistoryAnswer,
  PostureAnswer,
  VerifyAnswer,
} from './driver-answers.js';
import { cellKey, cellsOf, channelStateOf, flagsOf, readRecords, storedCells } from './driver-cells.js';
import { healthOf, originFields } from './driver-health.js';
import { driverSamples } from './driver-metrics.js';
import { DriverPipeline, type PipelineOptions, type PipelineRun } from './driver-pipeline.js';
import { DriverStates } from './driver-states.js';
import { DriverTally } from './driver-tally.js';
import { type HistoryRequest, historyAnswerOf } from './history-answer.js';
import { overridden, postureAnswerOf, postureSample } from './posture-answers.js';
import { StateHistory } from './state-history.js';
import { bucketContextFrom, tagTokens, trackBuckets } from './token-labels.js';
import { readCheckpoint, type StoredCheckpoint } from './trend-checkpoint.js';

export interface DriversParts {
  readonly store: Store;
  readonly access: LakeAccess;
  readonly venues: Venues;
  readonly clock: Clock;
  readonly settings: DriverSettings;
  readonly posture: PostureConfig;
  /** CoinGecko's; none works too, with less. */
  readonly coingeckoKey?: string | undefined;
}

export interface AskedPosture {
  readonly bucket?: string | undefined;
  readonly timeframe: ExecutionTimeframe;
  readonly symbol?: string | undefined;
}

/** Fast first: hours are made of minutes, days of hours. */
const FAST_FIRST: readonly RegimeTimeframe[] = [...REGIME_TIMEFRAMES].reverse();
/** What cells stand on changes seldom, and telling it reads all bars. */
const ORIGINS_MS = 15 * 60_000;
const CONTEXT_MS = 3 * 3_600_000;
/** Samples of dominance that tell whether it brings anything new. */
const NEWS_MS = 86_400_000;
type StoredCells = Awaited<ReturnType<typeof storedCells>>;

export class Drivers {
  private readonly book = DEFAULT_BOOK;
  private readonly bars: RegimeBars;
  private readonly collector: DriverCollector;
  private readonly states: DriverStates;
  private readonly past: StateHistory;
  private readonly refill: TokenRefill;
  private readonly pipeline: DriverPipeline;
  private readonly tally = new DriverTally();
  /** The venues' where ours is far off. */
  private readonly time: VenueTime;
  /** Drivers whose minutes this process has seen begin or go on. */
  private readonly begun = new Set<Driver>();
  private origins: { readonly at: number; readonly of: ReadonlyMap<string, readonly Origin[]> } | undefined;

  constructor(private readonly parts: DriversParts) {
    const { store, access, venues, clock, settings } = parts;
    this.bars = new RegimeBars(access, this.book);
    this.collector = new DriverCollector({
      ...{ access, venues, clock, settings, bars: this.bars },
      recorded: (timeframe) => store.compositeStates.read(this.book, timeframe),
    });
    this.time = this.collector.time;
    this.states = new DriverStates(this.bars, this.book, () => this.checkpoints());
    const tokens = settings.tokens.map(parseInstrument);
    this.refill = new TokenRefill(access, () => venues.geckoterminal(), tokens);
    this.past = new StateHistory(this.bars, this.book);
    const { collector, states, book } = this;
    this.pipeline = new DriverPipeline({ store, collector, states, clock, book });
  }

  /** The pipeline of one timeframe, or of all, the fastest first. */
  async run(
    timeframe: RegimeTimeframe | 'all',
    options: PipelineOptions = {},
  ): Promise<readonly PipelineRun[]> {
    const runs: PipelineRun[] = [];
    for (const each of timeframe === 'all' ? FAST_FIRST : [timeframe]) {
      runs.push(await this.pipeline.run(each, options));
    }
    const [first] = runs;
    if (timeframe === '1m' && (await this.lacksSlower(first!))) {
      for (const each of FAST_FIRST.slice(1)) {
        runs.push(await this.pipeline.run(each, { ...options, prices: false }));
      }
    }
    for (const each of runs) this.tally.run(each);
    return runs;
  }

  /** Minutes of a driver begin whose hours or days could have been made of what is stored: asked once per driver. */
  private async lacksSlower({ drivers_collected }: PipelineRun): Promise<boolean> {
    const fresh = drivers_collected.filter((driver) => !this.begun.has(driver));
    for (const driver of fresh) this.begun.add(driver);
    if (fresh.length === 0) return false;
    const slower = await Promise.all(FAST_FIRST.slice(1).map((timeframe) => this.bars.of(timeframe)));
    return slower.some(({ series }) => fresh.some((driver) => series.get(driver)?.length === 0));
  }

  /** History up to what is configured, or of `days`; then everything is composed and every bar stepped. */
  async backfill(
    options: { readonly days?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<{ readonly fetched: BackfillReport; readonly runs: readonly PipelineRun[] }> {
    const { access, venues, settings } = this.parts;
    const { days, signal } = options;
    await this.time.learn(signal);
    const fetched = await backfillDrivers({ access, venues, clock: this.time, settings, days, signal });
    const poll = await this.pollDominance(signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      return error instanceof Error ? error : new Error(String(error));
    });
    if (poll instanceof Error) fetched.failures.push({ subject: 'dominance', message: poll.message });
    const runs = await this.run('all', { prices: false, signal });
    return { fetched, runs };
  }

  /** Minutes of tokens that nothing collected, as far as their pools tell them; then everything that they change. */
  async catchUp(
    signal?: AbortSignal,
  ): Promise<{ readonly refilled: RefilledTokens; readonly runs: readonly PipelineRun[] }> {
    const refilled = await this.refill.run(this.time.now(), signal);
    return { refilled, runs: await this.run('all', { signal }) };
  }

  async pollDominance(signal?: AbortSignal): Promise<DominancePoll> {
    const { access, venues, coingeckoKey } = this.parts;
    await this.time.learn(signal);
    return pollDominance(access, venues.coingecko(coingeckoKey || undefined), this.time, signal);
  }

  /** Tags tokens by the market caps on their newest minutes. @returns tokens tagged */
  tagTokens(): Promise<number> {
    return tagTokens(this.parts.access.lake, this.parts.store, this.time.now());
  }

  /** Strength of the buckets at the newest closed hour. @returns snapshots written */
  async trackBuckets(): Promise<number> {
    const { store } = this.parts;
    const { series } = await this.bars.of('1h');
    return trackBuckets(series, store, this.time.now());
  }

  /** @param positionBook whose positions read them: the crypto books share theirs (regime spec §1) */
  async summary(
    timeframe: ExecutionTimeframe = '1h',
    positionBook: string = this.book,
  ): Promise<DriversAnswer> {
    const book = driverBookOf(positionBook);
    return this.summaryOf(await storedCells(this.parts.access.lake, book), timeframe, book);
  }

  private async summaryOf(
    stored: StoredCells,
    timeframe: ExecutionTimeframe = '1h',
    book: string = this.book,
  ): Promise<DriversAnswer> {
    const { store, posture: config, settings } = this.parts;
    const now = this.time.now();
    const records = await store.driverRecords.list(book, ['trend']);
    const cells = cellsOf(stored, records, now, { config, settings });
    const posture = await this.posture(now, readRecords(records));
    return {
      book,
      as_of: now,
      evaluated_cells: cells.filter(({ state }) => state !== null).length,
      live_cells: cells.filter(({ counts }) => counts).length,
      cells: [...cells],
      timeframe,
      posture: postureSample(posture, timeframe),
    };
  }

  /** @throws TidewatchError `invalid_instrument` when the symbol carries no tag */
  async levers(asked: AskedPosture): Promise<PostureAnswer> {
    const now = this.time.now();
    const token = await this.tokenOf(asked);
    return postureAnswerOf(await this.posture(now), token, now);
  }

  /** @throws as `levers` */
  async whatIf(
    asked: AskedPosture & {
      readonly overrides: readonly ChannelOverride[];
      readonly intent_delta_a?: number | undefined;
      readonly intent_delta_e?: number | undefined;
    },
  ): Promise<{ readonly before: PostureAnswer; readonly after: PostureAnswer }> {
    const now = this.time.now();
    const token = await this.tokenOf(asked);
    const records = readRecords(await this.parts.store.driverRecords.list(this.book, ['trend']));
    const intentDelta = { a: asked.intent_delta_a ?? 0, e: asked.intent_delta_e ?? 0 };
    const changed = await this.posture(now, overridden(records, asked.overrides));
    return {
      before: postureAnswerOf(await this.posture(now, records), token, now),
      after: postureAnswerOf(changed, { ...token, intentDelta }, now),
    };
  }

  async history(request: HistoryRequest): Promise<HistoryAnswer> {
    const tracks = await this.past.tracks();
    const { series } = await this.bars.of(request.step);
    return historyAnswerOf(tracks, series.get('BTC')!, this.parts.posture, request);
  }

  async health(): Promise<DriversHealth> {
    return (await this.looked()).health;
  }

  /** Numbers for /metrics. */
  async measures(): Promise<readonly MetricSample[]> {
    const { summary, health } = await this.looked();
    return [...driverSamples(summary, health), ...this.tally.samples()];
  }

  private async looked(): Promise<{ readonly summary: DriversAnswer; readonly health: DriversHealth }> {
    const { lake } = this.parts.access;
    const stored = await storedCells(lake, this.book);
    const summary = await this.summaryOf(stored);
    const samples = new Map<string, readonly DominanceSample[]>();
    for (const driver of DOMINANCE_DRIVERS) {
      samples.set(driver, await storedSamples(lake, driver, summary.as_of - NEWS_MS));
    }
    const dominance = dominanceNews(samples, summary.as_of);
    const origins = await this.originsSince(summary.as_of - ORIGINS_MS);
    return { summary, health: healthOf(summary, stored, dominance, this.tally.findings(), origins) };
  }

  /** What cells stand on, read anew when it was last read before `since`. */
  private async originsSince(since: number): Promise<ReadonlyMap<string, readonly Origin[]>> {
    const { access, settings, venues } = this.parts;
    if (this.origins === undefined || this.origins.at < since) {
      const request = { sources: settings.sources, isLocal: (venue: string) => venues.isLocal(venue) };
      this.origins = { at: this.time.now(), of: await originsOf(access.lake, request) };
    }
    return this.origins.of;
  }

  /** The three questions of regime spec §16.5. */
  async verify(): Promise<VerifyAnswer> {
    const { access, store } = this.parts;
    const stored = await storedCells(access.lake, this.book);
    const records = await store.driverRecords.list(this.book, ['trend']);
    const summary = await this.summaryOf(stored);
    const origins = await this.originsSince(Number.POSITIVE_INFINITY);
    const empty: VerifyAnswer['empty'] = [];
    const late: VerifyAnswer['late'] = [];
    for (const { driver, timeframe, bars, state, status, reason } of summary.cells) {
      const { required } = DRIVER_DEFINITIONS[driver];
      if (bars === 0) empty.push({ driver, timeframe, lacks: 'bars', required });
      else if (state === null) empty.push({ driver, timeframe, lacks: 'state', required });
      else if (status === 'late' || status === 'stale') {
        late.push({ driver, timeframe, status, reason: reason ?? '' });
      }
    }
    return {
      as_of: summary.as_of,
      bars: DRIVERS.flatMap((driver) =>
        REGIME_TIMEFRAMES.map((timeframe) => {
          const cell = stored.get(cellKey(driver, timeframe));
          return {
            driver,
            timeframe,
            bars: cell?.bars ?? 0,
            first_ts: cell?.firstTs ?? null,
            last_ts: cell?.lastTs ?? null,
            partial_share: cell === undefined ? 0 : cell.partialBars / cell.bars,
            sources: [...(cell?.sources ?? [])],
            ...originFields(origins.get(cellKey(driver, timeframe))),
          };
        }),
      ),
      records: records.map((record) => {
        const trend = channelStateOf(record);
        return {
          driver: record.driver,
          timeframe: record.timeframe,
          state: record.state,
          prev_state: trend?.prev_state || null,
          flags: flagsOf(trend),
          bar_ts: record.barTs,
          bars_count: record.barsCount,
        };
      }),
      posture: summary.posture,
      empty,
      late,
      passed: !empty.some(({ required }) => required) && records.length === 24,
      complete: empty.length === 0 && records.length === 24,
    };
  }

  private async checkpoints(): Promise<ReadonlyMap<string, StoredCheckpoint>> {
    const stored = await this.parts.store.driverRecords.checkpoints(this.book);
    return new Map(
      [...stored].flatMap(([key, json]) => {
        const checkpoint = readCheckpoint(json);
        return checkpoint === undefined ? [] : [[key, checkpoint] as const];
      }),
    );
  }

  /** One consistent reading of the records, from which any number of tokens can be answered (`computeLevers`). */
  reading(): Promise<Posture> {
    return this.posture(this.time.now());
  }

  /** One consistent reading of the records. One that fails is a reading of nothing: neutral, not an exception. */
  private async posture(now: number, records?: ReturnType<typeof readRecords>): Promise<Posture> {
    const { store, posture: config } = this.parts;
    let outcome: 'answered' | 'neutral_fallback' = 'answered';
    const nothing = (): [] => {
      outcome = 'neutral_fallback';
      return [];
    };
    const read = records ?? readRecords(await store.driverRecords.list(this.book, ['trend']).catch(nothing));
    this.tally.answered(outcome);
    const snapshots = await store.bucketSnapshots.newest(now - CONTEXT_MS).catch(() => []);
    return new Posture(read, { asOf: now, config, bucketContext: bucketContextFrom(snapshots) });
  }

  private async tokenOf({ bucket, timeframe, symbol }: AskedPosture) {
    if (symbol === undefined) {
      if (bucket !== undefined && bucketNamed(bucket) === undefined) {
        throw new TidewatchError('bad_parameter', `"${bucket}" is no bucket`, {
          hint: 'use nano, small, mid or big',
          details: { parameter: 'bucket', value: bucket },
        });
      }
      return { bucket: bucket ?? null, timeframe };
    }
    const tags = await this.parts.store.tokenCaps.list();
    const wanted = symbol.toLowerCase();
    const tag = tags.find(
      ({ instrument_id, token_contract }) =>
        instrument_id.toLowerCase() === wanted || token_contract.toLowerCase() === wanted,
    );
    if (tag === undefined && bucket === undefined) {
      throw new TidewatchError('invalid_instrument', `no market cap of ${symbol} is known, so no bucket`, {
        hint: 'name the bucket, or tag tokens with: tidewatch jobs run caps.tag',
        details: { instrument: symbol },
      });
    }
    return {
      bucket: bucket ?? tag!.bucket,
      timeframe,
      instrument: tag?.instrument_id ?? symbol,
      marketCapUsd: tag?.market_cap_usd ?? null,
    };
  }
}
