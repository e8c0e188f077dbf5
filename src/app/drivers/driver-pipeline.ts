/**
 * The regime pipeline of one timeframe (regime spec §16.1): collect → roll up → compose → states → records. A failed step
 * does not stop the later ones, which then work on the last good data; `drivers_collected` names only drivers of which a
 * bar was really written.
 *
 * Running again without news writes nothing, and a run that was killed anywhere is finished by the next: bars are
 * compared by value, states follow from stored bars, records are saved whole. One run per timeframe at a time; who comes
 * while one is under way is turned away, and counted.
 */
import { DRIVERS, type Driver, type RegimeTimeframe } from '../../analysis/drivers/driver.js';
import type { ComposedBars, DriverCollector } from '../../data/drivers/driver-collector.js';
import { StepNotes, type StepResult, together } from '../../data/drivers/step-result.js';
import type { Clock } from '../../market/clock.js';
import type { Store } from '../../platform/store/store.js';
import type { DriverStates } from './driver-states.js';

export interface PipelineParts {
  readonly store: Store;
  readonly collector: DriverCollector;
  readonly states: DriverStates;
  readonly clock: Clock;
  readonly book: string;
}

export interface PipelineOptions {
  /** False: no venue is asked. */
  readonly prices?: boolean | undefined;
  /** False: bars only. */
  readonly ta?: boolean | undefined;
  /** False: technical record and levels without states. */
  readonly uptrend?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of every step as it ends. */
  readonly onStep?: ((step: StepResult) => void) | undefined;
}

/** One tick of one timeframe, with names of the API. */
export interface PipelineRun {
  readonly timeframe: RegimeTimeframe;
  /** Another run of this timeframe was under way: nothing was done. */
  readonly skipped: boolean;
  readonly success: boolean;
  readonly steps: readonly StepResult[];
  readonly drivers_collected: readonly Driver[];
  readonly bars_written: readonly {
    readonly driver: Driver;
    readonly bars: number;
    readonly from: number;
    readonly by_source: Readonly<Record<string, number>>;
  }[];
  /** Runs turned away since the process started. */
  readonly overruns: number;
}

export class DriverPipeline {
  private readonly running = new Set<RegimeTimeframe>();
  private overruns = 0;
  /** What the records last saved by this process said, by driver and timeframe. */
  private readonly saved = new Map<string, string>();

  constructor(private readonly parts: PipelineParts) {}

  async run(timeframe: RegimeTimeframe, options: PipelineOptions = {}): Promise<PipelineRun> {
    if (this.running.has(timeframe)) {
      this.overruns += 1;
      const nothing = { steps: [], drivers_collected: [], bars_written: [] };
      return { timeframe, skipped: true, success: true, overruns: this.overruns, ...nothing };
    }
    this.running.add(timeframe);
    try {
      return await this.runNow(timeframe, options);
    } finally {
      this.running.delete(timeframe);
    }
  }

  private async runNow(timeframe: RegimeTimeframe, options: PipelineOptions): Promise<PipelineRun> {
    const { collector } = this.parts;
    const { prices = true, ta = true, signal, onStep } = options;
    const steps: StepResult[] = [];
    const ended = (result: StepResult | undefined): void => {
      if (result === undefined) return;
      steps.push(result);
      onStep?.(result);
    };
    const step = async <T>(name: string, work: () => Promise<T>): Promise<T | undefined> => {
      const notes = new StepNotes(name, this.parts.clock.now());
      try {
        return await work();
      } catch (error) {
        signal?.throwIfAborted();
        notes.fail(name, error);
        ended(notes.result(this.parts.clock.now()));
        return undefined;
      }
    };
    if (prices) {
      const collected = await step('collect', () =>
        collector.collect(timeframe, { signal, compares: this.compares(timeframe) }),
      );
      ended(collected);
    }
    const rolled = await step('roll_up', () => collector.rollUp(timeframe, signal));
    ended(rolled);
    const composed = await step('compose', () => collector.compose(timeframe, signal));
    if (composed) ended(composed.result);
    const works: Promise<unknown>[] = [];
    if (composed) works.push(step('composite_state', () => this.saveComposites(timeframe, composed)));
    if (ta) works.push(step('states', () => this.evaluate(timeframe, options)).then(ended));
    await together(works);
    return {
      timeframe,
      skipped: false,
      success: steps.every(({ success }) => success),
      steps,
      drivers_collected: composed?.written.map(({ driver }) => driver) ?? [],
      bars_written:
        composed?.written.map(({ driver, bars, from, bySource }) => ({
          driver,
          bars,
          from,
          by_source: bySource,
        })) ?? [],
      overruns: this.overruns,
    };
  }

  /** Second sources are asked for comparison at every hour and day, of minutes once an hour. */
  private compares(timeframe: RegimeTimeframe): boolean {
    return timeframe !== '1m' || new Date(this.parts.clock.now()).getUTCMinutes() === 0;
  }

  private async saveComposites(timeframe: RegimeTimeframe, { written, states }: ComposedBars): Promise<void> {
    const moved = new Set(written.map(({ driver }) => driver));
    await this.parts.store.compositeStates.write(
      this.parts.book,
      states.flatMap(({ driver, state: { last_ts, last_close, components } }) =>
        !moved.has(driver) || last_ts === null || last_close === null
          ? []
          : { driver, timeframe, lastTs: last_ts, lastClose: last_close, components },
      ),
    );
  }

  /** Steps the engines, and saves every record that says something else than the stored one. */
  private async evaluate(
    timeframe: RegimeTimeframe,
    { uptrend = true, signal }: PipelineOptions,
  ): Promise<StepResult> {
    const { store, states, clock, book } = this.parts;
    const notes = new StepNotes('states', clock.now());
    await states.advance(timeframe, notes, signal);
    if (this.saved.size === 0) {
      notes.count('records_created', await store.driverRecords.create(book, DRIVERS));
      for (const { driver, timeframe: own, trend } of await store.driverRecords.list(book)) {
        this.saved.set(`${driver} ${own}`, canonicalJson(trend));
      }
    }
    const changed = DRIVERS.flatMap((driver) => {
      const made = states.evaluation(driver, timeframe, clock.now());
      if (made === undefined) return [];
      const key = `${driver} ${timeframe}`;
      const trend = canonicalJson(made.features.trend);
      if (this.saved.get(key) === trend && made.features.trend_meta === undefined) return [];
      if (uptrend) return [{ made, key, trend }];
      const { ta, geometry } = made.features;
      return [
        { made: { ...made, features: { ...(ta && { ta }), ...(geometry && { geometry }) } }, key, trend: '' },
      ];
    });
    const evaluations = changed.map(({ made }) => made);
    await store.driverRecords.save(book, uptrend ? evaluations : await this.withStoredState(evaluations));
    if (uptrend) {
      for (const { key, trend } of changed) this.saved.set(key, trend);
      states.saved(evaluations);
    }
    notes.count('records', changed.length);
    return notes.result(clock.now());
  }

  /** A run without states leaves those of the records as they are. */
  private async withStoredState<T extends { readonly driver: string; readonly timeframe: string }>(
    evaluations: readonly T[],
  ) {
    const stored = await this.parts.store.driverRecords.list(this.parts.book);
    return evaluations.map((each) => {
      const record = stored.find(
        ({ driver, timeframe }) => driver === each.driver && timeframe === each.timeframe,
      );
      return { ...each, state: record?.state ?? ('S4' as const) };
    });
  }
}

/** JSON with sorted keys: the database does not keep their order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
