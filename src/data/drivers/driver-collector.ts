/**
 * Brings the bars of all eight drivers of a timeframe up to date (regime spec §4–§8, §16.1): `collect` asks the venues for
 * bars of the coins and prices of the tokens, `rollUp` makes the hours and days that no venue gave, `compose` makes driver
 * bars of them and stores what differs from what is stored. Each can run without the one before, on the last good data;
 * within each a failing coin, token or driver does not stop the others.
 */
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import type { Clock } from '../../market/clock.js';
import { parseInstrument } from '../../market/instrument.js';
import { bucketOpen } from '../../market/timeframe.js';
import type { DriverSettings } from '../../platform/driver-settings.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import type { Venues } from '../venues/open-venues.js';
import { CoinCollection } from './collect-coins.js';
import { type Composition, type CompositionParts, composeDrivers } from './compose-drivers.js';
import { DriverMemory } from './driver-memory.js';
import { rollUpAllTokens, rollUpCoins } from './roll-up-drivers.js';
import { StepNotes, type StepResult, together } from './step-result.js';
import { askPrices, storePrices } from './token-prices.js';
import { VenueTime } from './venue-time.js';

export interface CollectorParts extends Pick<CompositionParts, 'bars' | 'recorded'> {
  readonly access: LakeAccess;
  readonly venues: Venues;
  readonly clock: Clock;
  readonly settings: DriverSettings;
}

export interface ComposedBars extends Composition {
  readonly result: StepResult;
}

export class DriverCollector {
  /** What time it is by the venues where our clock is far off. */
  readonly time: VenueTime;
  private readonly memory: DriverMemory;
  private readonly coins: CoinCollection;

  constructor(private readonly parts: CollectorParts) {
    const { access, venues, clock, settings } = parts;
    this.time = new VenueTime(clock, venues, settings.sources.BTC);
    this.memory = new DriverMemory(access, settings);
    this.coins = new CoinCollection({
      ...{ access, venues, clock, settings },
      time: this.time,
      memory: this.memory,
    });
  }

  /** Asks venues and providers. @param compares also asks second sources, to compare what they say */
  async collect(
    timeframe: RegimeTimeframe,
    {
      signal,
      compares = false,
    }: { readonly signal?: AbortSignal | undefined; readonly compares?: boolean } = {},
  ): Promise<StepResult> {
    const notes = this.notes('collect');
    await this.time.learn(signal);
    let agreed = (): void => {};
    const clocks = new Promise<void>((resolve) => {
      agreed = resolve;
    });
    await together([
      this.coins.collect(timeframe, notes, { signal, compares, agreed }).finally(agreed),
      // tokens ask nobody for hours and days, so these need not wait for the venues of the coins
      timeframe === '1m'
        ? this.collectTokens(notes, clocks, signal)
        : clocks.then(() => rollUpAllTokens(this.stored, timeframe, this.time.now(), notes, signal)),
    ]);
    return notes.result(this.parts.clock.now());
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
      notes.count('token_bars', await this.memory.tokenMinutes().close(bucketOpen(this.time.now(), '1m')));
    });
    if (tokens.length === 0) return;
    await notes.part('tokens', signal, async () => {
      const asked = await asking;
      const points = asked.points.map((point) => ({ ...point, ts: this.time.told(point.ts) }));
      const files = await storePrices(access, { ...asked, points });
      this.memory.tokenMinutes().wrote(points, files);
      notes.count('price_points', points.length);
      notes.count('unknown_tokens', asked.unknown.length);
      if (asked.unknown.length > 0) {
        notes.warn(`tokens: dexscreener knows no price of ${listed(asked.unknown)}; they have no bar`);
      }
      for (const { source, message } of asked.failures) notes.fail(source, message);
    });
  }

  /** Hours and days of coins and tokens that no venue gave; a process that starts looks at everything that is stored. */
  async rollUp(timeframe: RegimeTimeframe, signal?: AbortSignal): Promise<StepResult> {
    const notes = this.notes('roll_up');
    if (timeframe !== '1m') {
      await rollUpCoins(this.stored, timeframe, this.time.now(), notes, signal);
      await rollUpAllTokens(this.stored, timeframe, this.time.now(), notes, signal);
    }
    return notes.result(this.parts.clock.now());
  }

  /** Driver bars of a timeframe out of what is stored. @throws what the lake throws */
  async compose(timeframe: RegimeTimeframe, signal?: AbortSignal): Promise<ComposedBars> {
    const { access, settings, bars, recorded } = this.parts;
    const notes = this.notes('compose');
    const parts = { lake: access.lake, settings, bars, recorded, memory: this.memory };
    const composed = await composeDrivers(parts, timeframe, this.time.now(), notes, signal);
    return { ...composed, result: notes.result(this.parts.clock.now()) };
  }

  private get stored() {
    const { access, settings } = this.parts;
    return { access, settings, memory: this.memory };
  }

  private notes(step: string): StepNotes {
    return new StepNotes(step, this.parts.clock.now());
  }
}

const MOST_LISTED = 5;

/** The first few by name, the others by number. */
function listed(names: readonly string[]): string {
  const more = names.length - MOST_LISTED;
  return `${names.slice(0, MOST_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
