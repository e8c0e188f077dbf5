/**
 * Driver bars of a timeframe out of what is stored (regime spec §4, §6–§8): bitcoin as it is, the alts and the four
 * buckets as chained indices, dominance from its samples; what differs from what is stored is written. A process that
 * starts composes everything once and finds the same; where bars of the components were pruned, it goes on from where the
 * last process stood. Limit: the times that a later run looks back on are those of the settings; older corrections of
 * component bars are found when a process starts.
 */
import type { CompositeState } from '../../analysis/drivers/chained-index.js';
import { ALT_COMPONENTS, BUCKETS, type Driver, type RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import type { DriverSettings } from '../../platform/driver-settings.js';
import type { Lake } from '../lake/lake.js';
import type { Recorded } from './composite-run.js';
import { dominanceBars } from './dominance-bars.js';
import { DOMINANCE_DRIVERS, storedSamples } from './dominance-poll.js';
import type { DriverMemory, TimeframeMemory } from './driver-memory.js';
import type { RegimeBars, WrittenBars } from './regime-bars.js';
import type { DriverBars, RegimeSeries } from './regime-series.js';
import type { StepNotes } from './step-result.js';

export interface CompositionParts {
  readonly lake: Lake;
  readonly settings: DriverSettings;
  readonly bars: RegimeBars;
  /** Where the composites of a timeframe stood when their bars were last written (regime spec §2.4). */
  readonly recorded: (timeframe: RegimeTimeframe) => Promise<readonly RecordedComposite[]>;
  readonly memory: DriverMemory;
}

export interface RecordedComposite {
  readonly driver: string;
  readonly lastTs: number;
  readonly lastClose: number;
  readonly components: CompositeState['components'];
}

export interface Composition {
  readonly written: readonly WrittenBars[];
  /** Where the composites stand. */
  readonly states: readonly { readonly driver: Driver; readonly state: CompositeState }[];
}

/** What one run of composing works on. */
interface Composing {
  readonly timeframe: RegimeTimeframe;
  readonly memory: TimeframeMemory;
  /** Half-open range of open times that is looked at, UTC ms. */
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly recorded: ReadonlyMap<string, Recorded>;
  readonly notes: StepNotes;
  readonly wanted: DriverBars[];
  readonly states: Composition['states'][number][];
}

const NOTHING_RECORDED: ReadonlyMap<string, Recorded> = new Map();
/** A day before what is composed: what is carried into it. */
const CARRIED_MS = 86_400_000;

/**
 * @param now UTC ms; bars that have closed by then are composed
 * @throws what the lake throws; a driver that fails is told in the notes
 */
export async function composeDrivers(
  parts: CompositionParts,
  timeframe: RegimeTimeframe,
  now: number,
  notes: StepNotes,
  signal: AbortSignal | undefined,
): Promise<Composition> {
  const { settings, bars } = parts;
  const to = bucketOpen(now, timeframe);
  const memory = parts.memory.of(timeframe);
  const from = memory.isFirst ? 0 : to - settings.backfill_bars * TIMEFRAME_MS[timeframe];
  const { series } = await bars.of(timeframe);
  const recorded = memory.isFirst ? await agreedRecords(parts, timeframe, series) : NOTHING_RECORDED;
  await memory.sources.refresh();
  const run: Composing = { timeframe, memory, from, to, now, recorded, notes, wanted: [], states: [] };
  await notes.part('BTC', signal, () => composeBitcoin(run));
  await notes.part('ALT', signal, () => composeAlts(run));
  await notes.part('buckets', signal, () => composeBuckets(run));
  for (const driver of DOMINANCE_DRIVERS) {
    await notes.part(driver, signal, () => composeDominance(parts, run, driver, series));
  }
  const written = await bars.write(timeframe, run.wanted).catch((error: unknown) => {
    // what was composed is not stored: the next run composes it anew
    parts.memory.forget(timeframe);
    throw error;
  });
  memory.isFirst = false;
  for (const each of written) notes.count('bars', each.bars);
  return { written, states: run.states };
}

async function composeBitcoin({ timeframe, memory, from, to, wanted }: Composing): Promise<void> {
  const { bars } = await memory.canonical.BTC.between(from, to);
  const since = memory.canonical.BTC.takeNews();
  wanted.push({ driver: 'BTC', timeframe, bars: bars.filter(({ ts }) => ts >= since) });
}

async function composeAlts({ timeframe, memory, from, to, recorded, notes, wanted, states }: Composing) {
  let changed = Number.POSITIVE_INFINITY;
  for (const coin of ALT_COMPONENTS) {
    const { bars } = await memory.canonical[coin].between(from, to);
    const since = Math.max(memory.canonical[coin].takeNews(), from);
    const news = bars.filter(({ ts }) => ts >= since);
    changed = Math.min(changed, memory.coins.take(coin, news, since));
  }
  memory.alt.goOnFrom(recorded.get('ALT'), memory.coins);
  const { bars: made, dropped, rebuilt } = memory.alt.advance(memory.coins, changed, to);
  notes.count('dropped_components', dropped.length);
  notes.count('rebuilt', Number(rebuilt && !memory.isFirst));
  wanted.push({ driver: 'ALT', timeframe, bars: made });
  states.push({ driver: 'ALT', state: memory.alt.state() });
}

async function composeBuckets({ timeframe, memory, to, now, recorded, notes, wanted, states }: Composing) {
  const { tokens, buckets } = memory;
  await tokens.refresh();
  const changed = Math.min(tokens.changedSince('compose'), tokens.membersChangedSince());
  const members = tokens.membersAt(now);
  for (const bucket of BUCKETS) {
    const components = {
      timesBetween: (after: number, until: number) => tokens.timesBetween(after, until),
      at: (time: number) => tokens.at(bucket, time),
    };
    buckets[bucket].goOnFrom(recorded.get(bucket), components);
    const { bars: made, dropped } = buckets[bucket].advance(components, changed, to);
    notes.count('dropped_components', dropped.length);
    notes.count(`members_${bucket}`, members[bucket].length);
    wanted.push({ driver: bucket, timeframe, bars: made });
    states.push({ driver: bucket, state: buckets[bucket].state() });
  }
}

async function composeDominance(
  { lake, bars }: CompositionParts,
  { timeframe, memory, to, wanted }: Composing,
  driver: (typeof DOMINANCE_DRIVERS)[number],
  series: ReadonlyMap<string, RegimeSeries>,
): Promise<void> {
  const last = series.get(driver)!.lastTime;
  const step = TIMEFRAME_MS[timeframe];
  const since = memory.isFirst || last === null ? 0 : Math.min(last, to - 3 * step) - 2 * step;
  const samples = await storedSamples(lake, driver, Math.max(0, since - CARRIED_MS));
  const finer =
    timeframe === '1m' ? undefined : (await bars.of(timeframe === '1d' ? '1h' : '1m')).series.get(driver)!;
  wanted.push({ driver, timeframe, bars: dominanceBars(timeframe, samples, finer, { from: since, to }) });
}

/** What a former process has left of the composites, where it agrees with their newest bars. */
async function agreedRecords(
  { recorded: read }: CompositionParts,
  timeframe: RegimeTimeframe,
  series: ReadonlyMap<string, RegimeSeries>,
): Promise<ReadonlyMap<string, Recorded>> {
  const recorded = new Map<string, Recorded>();
  for (const { driver, lastTs, lastClose, components } of await read(timeframe)) {
    const own = series.get(driver);
    const firstTs = own?.firstTime ?? null;
    if (own === undefined || firstTs === null || own.closeAt(lastTs) !== lastClose) continue;
    recorded.set(driver, { firstTs, state: { last_ts: lastTs, last_close: lastClose, components } });
  }
  return recorded;
}
