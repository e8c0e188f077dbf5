/**
 * Brings the bars of a component up to date from its venues: the preferred source first, the next one only for what is
 * then still lacking (regime spec §4). Stored bars that look wrong are asked for once more: such as nothing trades at for
 * minutes (a frozen feed), such as no price goes in one bar (a wrong unit), such as two sources contradict. When the
 * source has come to its senses, its own answer takes the place of the wrong one.
 */
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import type { Clock } from '../../market/clock.js';
import { parseInstrument } from '../../market/instrument.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { backfill } from '../ingest/backfill.js';
import { barBatch } from '../ingest/bar-batch.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import { EXCHANGES, type Venues } from '../venues/open-venues.js';
import { type CanonicalBars, type ComponentSources, canonicalBars } from './component-bars.js';

export interface CollectRequest {
  readonly component: string;
  readonly sources: ComponentSources;
  readonly timeframe: RegimeTimeframe;
  /** Half-open range of closed bars, UTC ms. */
  readonly from: number;
  readonly to: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Asks every source even when the preferred one has all: what they say is then compared. */
  readonly compares?: boolean;
}

export interface CollectedComponent {
  readonly component: string;
  /** Bars written. */
  readonly rows: number;
  /** Sources that failed, and how. */
  readonly failures: readonly { readonly source: string; readonly message: string }[];
  readonly canonical: CanonicalBars;
  /** Closed bars of the range that no source has. */
  readonly missing: number;
  /** Clock of a venue minus ours, ms; null where none was asked. */
  readonly clockSkewMs: number | null;
}

/** Bars in a row without a trade that make a feed look frozen. */
const FROZEN_BARS = 3;

/** @throws what the lake throws; failures of venues are told in the answer */
export async function collectComponent(
  access: LakeAccess,
  venues: Venues,
  request: CollectRequest,
): Promise<CollectedComponent> {
  const { component, sources, timeframe, from, to, clock, signal, compares = false } = request;
  const span = { from, to };
  const failures: { source: string; message: string }[] = [];
  let rows = 0;
  let clockSkewMs: number | null = null;
  let canonical = await canonicalBars(access.lake, sources, timeframe, span);
  const lacking = (): number => missingIn(canonical, timeframe, from, to);
  for (const [index, id] of sources.entries()) {
    const instrument = parseInstrument(id);
    // imported series belong to no venue: they are read, not fetched
    if (!(EXCHANGES as readonly string[]).includes(instrument.venue)) continue;
    if (index > 0 && lacking() === 0 && !(compares && index === 1)) continue;
    try {
      const venue = venues.of(instrument.venue);
      const report = await backfill(access, { venue, instrument, timeframe, from, to, clock, signal });
      rows += report.rows;
      clockSkewMs ??= report.clockSkewMs;
      canonical = await canonicalBars(access.lake, sources, timeframe, span);
      const suspects = suspectsOf(canonical, id);
      if (suspects !== undefined) {
        rows += await askAgain(access, venues, id, timeframe, suspects, signal);
        canonical = await canonicalBars(access.lake, sources, timeframe, span);
      }
    } catch (error) {
      signal?.throwIfAborted();
      failures.push({ source: id, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { component, rows, failures, canonical, missing: lacking(), clockSkewMs };
}

function missingIn({ bars }: CanonicalBars, timeframe: RegimeTimeframe, from: number, to: number): number {
  const step = TIMEFRAME_MS[timeframe];
  const native = bars.reduce((count, { source }) => count + Number(source !== 'rollup'), 0);
  return Math.max(0, Math.floor((to - Math.ceil(from / step) * step) / step) - native);
}

/** Range of stored bars of an instrument that look wrong; undefined when none does. */
export function suspectsOf(
  { bars, outliers, disagreements }: CanonicalBars,
  instrument: string,
): { from: number; to: number } | undefined {
  const venue = instrument.split(':', 1)[0]!;
  const times = outliers.filter((each) => each.instrument === instrument).map(({ ts }) => ts);
  for (const { ts, source, other } of disagreements) if (source === venue || other === venue) times.push(ts);
  let frozen = 0;
  for (const [row, { open, high, low, close, volume, source, ts }] of bars.entries()) {
    const isFlat = high === low && open === close && volume === 0;
    const repeats = row > 0 && isSamePrice(bars[row - 1]!, bars[row]!);
    frozen = source === venue && (isFlat || repeats) ? frozen + 1 : 0;
    if (frozen === FROZEN_BARS) times.push(bars[row - FROZEN_BARS + 1]!.ts);
    if (frozen >= FROZEN_BARS) times.push(ts);
  }
  if (times.length === 0) return undefined;
  const [first] = times;
  return {
    from: times.reduce((least, ts) => Math.min(least, ts), first!),
    to: times.reduce((most, ts) => Math.max(most, ts), first!),
  };
}

type Priced = CanonicalBars['bars'][number];

function isSamePrice(before: Priced, bar: Priced): boolean {
  return (
    before.open === bar.open &&
    before.high === bar.high &&
    before.low === bar.low &&
    before.close === bar.close &&
    before.volume === bar.volume
  );
}

/** One page of the newest suspects; what differs from the stored bars is written anew. */
async function askAgain(
  access: LakeAccess,
  venues: Venues,
  id: string,
  timeframe: RegimeTimeframe,
  suspects: { readonly from: number; readonly to: number },
  signal: AbortSignal | undefined,
): Promise<number> {
  const instrument = parseInstrument(id);
  const venue = venues.of(instrument.venue);
  const step = TIMEFRAME_MS[timeframe];
  const most = venue.capabilitiesOf(instrument).candles?.pageBars ?? 1;
  const to = suspects.to + step;
  const window = { from: Math.max(suspects.from, to - most * step), to };
  const { columns } = await venue.candles(instrument, timeframe, window, signal);
  const stored = await access.lake.columns('bars', {
    subject: id,
    timeframe,
    ...window,
    columns: ['open', 'high', 'low', 'close', 'volume'],
  });
  const held = new Map(
    Array.from(stored.ts, (ts, row) => [
      ts,
      (['open', 'high', 'low', 'close', 'volume'] as const).map((name) => stored.columns[name]![row]!),
    ]),
  );
  let kept = 0;
  for (let row = 0; row < columns.length; row += 1) {
    const values = [columns.open, columns.high, columns.low, columns.close, columns.volume].map(
      (column) => column[row]!,
    );
    const before = held.get(columns.time[row]!);
    if (before?.every((value, at) => value === values[at])) continue;
    columns.copyRow(row, kept);
    kept += 1;
  }
  columns.length = kept;
  if (kept === 0) return 0;
  await access.write((writer) => writer.append('bars', barBatch(id, timeframe, columns), { source: 'rest' }));
  return kept;
}
