/** Everything a feature set may read: the bars, the channels beside them, and the panel of other instruments. */
import { TidewatchError } from '../../errors.js';
import type { Series } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { joinAsOf } from './as-of-join.js';
import { breadthChannel } from './breadth.js';
import type { Channel } from './channel.js';

/** Channels by name. `breadth` is made from the panel. */
export const CHANNEL_NAMES = [
  'funding_rate',
  'open_interest',
  'btc_dominance',
  'usdt_dominance',
  'posture_a',
  'posture_e',
  'breadth',
] as const;
/** A channel that features may read, by its name. */
export type ChannelName = (typeof CHANNEL_NAMES)[number];

/**
 * Bars of one instrument, with the channels and the panel that a set declares in `needs`; channels by name.
 */
export interface FeatureInputs {
  readonly bars: Series;
  readonly channels?: Readonly<Partial<Record<string, Channel>>>;
  /** Instruments of the market at one timeframe. */
  readonly panel?: readonly Series[];
}

/** What of a channel a column reads, as of the close of its bar. */
export type KnownInput = ChannelName | `${ChannelName}_change`;

export const KNOWN_INPUTS: readonly KnownInput[] = CHANNEL_NAMES.flatMap(
  (name) => [name, `${name}_change`] as const,
);

/** The channel whose level or change is read. */
export function channelOf(input: KnownInput): ChannelName {
  return (input.endsWith('_change') ? input.slice(0, -'_change'.length) : input) as ChannelName;
}

/** Close of every bar, UTC ms. */
export function barCloses({ time, timeframe }: Series): Float64Array {
  const length = TIMEFRAME_MS[timeframe];
  return time.map((open) => open + length);
}

/**
 * One value per bar, NaN where none was known.
 * @throws TidewatchError `no_data` when the inputs lack the channel
 */
export function knownColumn(inputs: FeatureInputs, input: KnownInput): Float64Array {
  const name = channelOf(input);
  const given = inputs.channels?.[name];
  const channel =
    given ?? (name === 'breadth' && inputs.panel !== undefined ? breadthChannel(inputs.panel) : undefined);
  if (channel === undefined) {
    throw new TidewatchError('no_data', `there is no ${name} for ${inputs.bars.instrument}`, {
      hint: 'import it, or use a feature set that does not read it; see: tidewatch lake status',
      details: { channel: name, instrument: inputs.bars.instrument },
    });
  }
  const known = joinAsOf(channel, barCloses(inputs.bars));
  return input === name ? known.level : known.change;
}
