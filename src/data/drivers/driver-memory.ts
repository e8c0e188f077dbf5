/**
 * What the drivers' steps remember of each timeframe from run to run: stored bars of coins and tokens, the canonical ones
 * among them, and the composites where they stand. Nothing here is more than speed asks for: what is forgotten is made
 * anew from stored bars, and is the same.
 */
import type { Bucket, RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { DRIVER_MAJORS, type DriverSettings, type Major } from '../../platform/driver-settings.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import { CanonicalMemory } from './canonical-memory.js';
import { CanonicalSeries } from './canonical-series.js';
import { CapHistory } from './cap-history.js';
import { CoinDays } from './coin-days.js';
import { CompositeRun } from './composite-run.js';
import { SourceMemory } from './source-memory.js';
import { TokenBars } from './token-bars.js';
import { TokenMinutes } from './token-minutes.js';

export interface TimeframeMemory {
  readonly sources: SourceMemory;
  readonly canonical: Readonly<Record<Major, CanonicalSeries>>;
  readonly coins: CanonicalMemory;
  readonly alt: CompositeRun;
  readonly tokens: TokenBars;
  readonly buckets: Readonly<Record<Bucket, CompositeRun>>;
  /** Nothing was composed yet: everything that is stored counts as new. */
  isFirst: boolean;
}

export class DriverMemory {
  private readonly timeframes = new Map<RegimeTimeframe, TimeframeMemory>();
  private readonly caps: CapHistory;
  private minutes: TokenMinutes | undefined;

  constructor(
    private readonly access: LakeAccess,
    private readonly settings: DriverSettings,
  ) {
    this.caps = new CapHistory(access.lake);
  }

  of(timeframe: RegimeTimeframe): TimeframeMemory {
    const known = this.timeframes.get(timeframe);
    if (known !== undefined) return known;
    const made = this.make(timeframe);
    this.timeframes.set(timeframe, made);
    return made;
  }

  /** Minutes of tokens that are being collected. */
  tokenMinutes(): TokenMinutes {
    this.minutes ??= new TokenMinutes(this.access, this.of('1m').tokens, this.caps);
    return this.minutes;
  }

  /** What was made of a timeframe could not be stored. */
  forget(timeframe: RegimeTimeframe): void {
    this.timeframes.delete(timeframe);
    if (timeframe === '1m') this.minutes = undefined;
  }

  private make(timeframe: RegimeTimeframe): TimeframeMemory {
    const { settings } = this;
    const { lake } = this.access;
    const bucket = (): CompositeRun => new CompositeRun(timeframe, settings.bucket_min_components);
    const sources = new SourceMemory(lake, timeframe);
    const series = (coin: Major) => new CanonicalSeries(sources, settings.sources[coin], timeframe);
    const most = settings.bucket_max_members;
    const coins = new CoinDays(lake);
    return {
      sources,
      canonical: Object.fromEntries(DRIVER_MAJORS.map((each) => [each, series(each)])) as Record<
        Major,
        CanonicalSeries
      >,
      coins: new CanonicalMemory(),
      alt: new CompositeRun(timeframe, settings.min_components),
      tokens:
        timeframe === '1d'
          ? new TokenBars(lake, timeframe, most, new CapHistory(lake, coins), coins)
          : new TokenBars(lake, timeframe, most, this.caps),
      buckets: { nano: bucket(), small: bucket(), mid: bucket(), big: bucket() },
      isFirst: true,
    };
  }
}
