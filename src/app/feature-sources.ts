/**
 * What a feature set reads beside its bars, from the lake: funding, open interest, dominance and the history of A and E
 * as channels with the times at which they were known, breadth from the instruments stored beside this one.
 *
 * Which series stands for an instrument: its own id where the dataset has it, else the one of the same base asset that
 * sorts first (the spot market of a coin reads the funding of its perpetual). The answer names what was used.
 */
import { BREADTH_LENGTH, LEAST_MEMBERS } from '../analysis/features/breadth.js';
import { type Channel, makeChannel } from '../analysis/features/channel.js';
import type { ChannelName, FeatureInputs } from '../analysis/features/feature-inputs.js';
import type { Lake } from '../data/lake/lake.js';
import type { DatasetStatus } from '../data/lake/status.js';
import { TidewatchError } from '../errors.js';
import { parseInstrument } from '../market/instrument.js';
import type { Series } from '../market/series.js';
import { TIMEFRAME_MS, TIMEFRAMES, type Timeframe } from '../market/timeframe.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A value older than one and a half of its periods is missing, not known. */
const PATIENCE = 1.5;
const FUNDING_PERIOD = 8 * HOUR;

export interface FeatureSources {
  readonly beside: Omit<FeatureInputs, 'bars'>;
  /** Stored series behind each channel. */
  readonly sources: Readonly<Partial<Record<ChannelName, readonly string[]>>>;
}

/**
 * @param range open times of the bars, UTC ms
 * @throws TidewatchError `no_data` naming the channel the lake lacks
 */
export async function loadFeatureSources(
  lake: Lake,
  needs: readonly ChannelName[],
  bars: { readonly instrument: string; readonly timeframe: Timeframe },
  range: { readonly from?: number; readonly to?: number } = {},
): Promise<FeatureSources> {
  const channels: Partial<Record<ChannelName, Channel>> = {};
  const sources: Partial<Record<ChannelName, readonly string[]>> = {};
  let panel: readonly Series[] | undefined;
  for (const need of needs) {
    if (need === 'breadth') {
      panel = await loadPanel(lake, bars, range);
      sources.breadth = panel.map(({ instrument }) => instrument);
      continue;
    }
    const { channel, subject } = await LOADERS[need](lake, bars, range.to);
    channels[need] = channel;
    sources[need] = [subject];
  }
  return { beside: { channels, ...(panel && { panel }) }, sources };
}

interface Loaded {
  readonly channel: Channel;
  readonly subject: string;
}
type Bars = { readonly instrument: string; readonly timeframe: Timeframe };
type Loader = (lake: Lake, bars: Bars, to: number | undefined) => Promise<Loaded>;

const LOADERS: Readonly<Record<Exclude<ChannelName, 'breadth'>, Loader>> = {
  funding_rate: async (lake, { instrument }, to) => {
    const { subject } = longest(await lake.status('funding_rates'), instrument, 'funding_rate');
    const { ts, columns } = await lake.columns('funding_rates', {
      subject,
      columns: ['funding_rate'],
      ...until(to),
    });
    const shape = {
      name: 'funding_rate',
      kind: 'funding',
      period: FUNDING_PERIOD,
      maxAge: PATIENCE * FUNDING_PERIOD,
    } as const;
    return { subject, channel: makeChannel({ ...shape, time: ts, value: columns.funding_rate! }) };
  },
  open_interest: async (lake, { instrument }, to) => {
    const { subject, timeframe } = longest(await lake.status('open_interest'), instrument, 'open_interest');
    const period = TIMEFRAME_MS[timeframe as Timeframe];
    const { ts, columns } = await lake.columns('open_interest', {
      subject,
      timeframe: timeframe!,
      columns: ['open_interest', 'open_interest_value'],
      ...until(to),
    });
    // base units where the source gives them: their value in dollars moves with the price
    const units = columns.open_interest!.some(Number.isFinite)
      ? columns.open_interest!
      : columns.open_interest_value!;
    const shape = {
      name: 'open_interest',
      kind: 'open_interest',
      period,
      maxAge: PATIENCE * period,
    } as const;
    return { subject, channel: makeChannel({ ...shape, time: ts, value: units }) };
  },
  btc_dominance: (lake, _, to) => loadDominance(lake, 'BTC.d', 'btc_dominance', to),
  usdt_dominance: (lake, _, to) => loadDominance(lake, 'USDT.d', 'usdt_dominance', to),
  posture_a: (lake, bars, to) => loadPosture(lake, bars, 'a', to),
  posture_e: (lake, bars, to) => loadPosture(lake, bars, 'e', to),
};

/** Coins that have bars of their own here are large ones. */
const POSTURE_BUCKET = 'big';

/** A or E of the large coins, at the execution timeframe of the bars or, where that is not stored, the longest history. */
async function loadPosture(
  lake: Lake,
  { instrument, timeframe }: Bars,
  column: 'a' | 'e',
  to: number | undefined,
): Promise<Loaded> {
  const stored = (await lake.status('drivers_ae')).filter(({ subject }) => subject === POSTURE_BUCKET);
  const found =
    stored.find((each) => each.timeframe === timeframe) ??
    stored.sort((x, y) => y.lastTs - y.firstTs - (x.lastTs - x.firstTs))[0];
  if (found === undefined) throw missing(`posture_${column}`, instrument);
  const { ts, columns } = await lake.columns('drivers_ae', {
    subject: POSTURE_BUCKET,
    timeframe: found.timeframe,
    columns: [column],
    ...until(to),
  });
  const period = TIMEFRAME_MS[found.timeframe as Timeframe];
  const shape = {
    name: `posture_${column}`,
    kind: 'aggregate',
    period,
    maxAge: PATIENCE * period,
  } as const;
  const subject = `${POSTURE_BUCKET} ${found.timeframe}`;
  return { subject, channel: makeChannel({ ...shape, time: ts, value: columns[column]! }) };
}

/** Dominance speaks of the provider's time and is known once it was fetched. */
async function loadDominance(
  lake: Lake,
  driver: string,
  name: string,
  to: number | undefined,
): Promise<Loaded> {
  const { ts, columns } = await lake.columns('dominance_samples', {
    subject: driver,
    columns: ['value', 'provider_updated_at'],
    ...until(to),
  });
  if (ts.length === 0) throw missing(name as ChannelName, driver);
  const provider = columns.provider_updated_at!;
  const time = ts.map((at, row) => (Number.isFinite(provider[row]!) ? provider[row]! : at));
  const shape = { name, kind: 'dominance', period: DAY, maxAge: PATIENCE * DAY } as const;
  return { subject: driver, channel: makeChannel({ ...shape, time, value: columns.value! }, ts) };
}

function until(to: number | undefined): { to?: number } {
  return to === undefined ? {} : { to };
}

/** The stored series of this instrument, else of its base asset, that spans longest. */
function longest(stored: readonly DatasetStatus[], instrument: string, need: ChannelName): DatasetStatus {
  const own = stored.filter(({ subject }) => subject === instrument);
  const { base } = parseInstrument(instrument);
  const found = own.length > 0 ? own : stored.filter(({ subject }) => isOfAsset(subject, base));
  const [first] = [...found].sort(
    (a, b) => b.lastTs - b.firstTs - (a.lastTs - a.firstTs) || (a.subject < b.subject ? -1 : 1),
  );
  if (first === undefined) throw missing(need, instrument);
  return first;
}

/** `BTCUSD_PERP` of a coin-margined venue is bitcoin too. */
function isOfAsset(subject: string, base: string): boolean {
  const instrument = parseInstrument(subject);
  return instrument.base === base || instrument.symbol.startsWith(`${base}USD`);
}

/** Instruments of the same venue, section and quote, at the bars' timeframe or, where those are few, at a longer one. */
async function loadPanel(
  lake: Lake,
  { instrument, timeframe }: { readonly instrument: string; readonly timeframe: Timeframe },
  { from, to }: { readonly from?: number; readonly to?: number },
): Promise<readonly Series[]> {
  const self = parseInstrument(instrument);
  const alike = (await lake.status('bars')).filter(({ subject }) => {
    const other = parseInstrument(subject);
    return other.venue === self.venue && other.section === self.section && other.quote === self.quote;
  });
  const chosen = TIMEFRAMES.filter((each) => TIMEFRAME_MS[each] >= TIMEFRAME_MS[timeframe])
    .map((each) => ({ each, members: alike.filter((row) => row.timeframe === each) }))
    .find(({ members }) => members.length >= LEAST_MEMBERS);
  if (chosen === undefined) throw missing('breadth', instrument);
  const front = 2 * BREADTH_LENGTH * TIMEFRAME_MS[chosen.each];
  const loaded = chosen.members.map(({ subject }) => subject).sort();
  const panel: Series[] = [];
  for (const subject of loaded) {
    const { series } = await lake.series(subject, chosen.each, {
      ...(from === undefined ? {} : { from: from - front }),
      ...until(to),
    });
    if (series.length > 0) panel.push(series);
  }
  return panel;
}

function missing(need: ChannelName, instrument: string): TidewatchError {
  return new TidewatchError('no_data', `the lake holds no ${need} for ${instrument}`, {
    hint: need.startsWith('posture')
      ? 'compute it with: tidewatch drivers history'
      : 'import it, or use a feature set that does not read it; see: tidewatch lake status',
    details: { channel: need, instrument },
  });
}
