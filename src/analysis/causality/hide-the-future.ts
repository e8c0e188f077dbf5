/**
 * Inputs as they were at a moment, and inputs whose future has been replaced. Hidden or replaced is whatever was not
 * available yet: bars that close later, channel rows with a later stamp (revisions too), and instruments of the panel
 * that had no bar yet.
 */

import type { Random } from '../../market/random.js';
import { lowerBound, makeSeries, type Series, slice } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { Channel } from '../features/channel.js';
import type { FeatureInputs } from '../features/feature-inputs.js';

/** A part of the inputs: `bars`, `panel`, or the name of a channel. */
export type InputPart = string;

/** What can be poisoned one at a time: `bars`, each channel by name, `panel` where there is one. */
export function partsOf({ channels, panel }: FeatureInputs): InputPart[] {
  return ['bars', ...Object.keys(channels ?? {}), ...(panel === undefined ? [] : ['panel'])];
}

/** Bars of a series that had closed by the moment. */
export function closedBy(series: Series, moment: number): number {
  return lowerBound(series.time, moment - TIMEFRAME_MS[series.timeframe] + 1);
}

/** The inputs as they were known at the moment; views where possible. */
export function knownBy(inputs: FeatureInputs, moment: number): FeatureInputs {
  const { bars, channels, panel } = inputs;
  return {
    bars: slice(bars, 0, closedBy(bars, moment)),
    ...(channels && {
      channels: mapChannels(channels, (channel) => knownRows(channel, moment)),
    }),
    ...(panel && {
      panel: panel
        .map((member) => slice(member, 0, closedBy(member, moment)))
        .filter((member) => member.length > 0),
    }),
  };
}

function mapChannels(
  channels: NonNullable<FeatureInputs['channels']>,
  change: (channel: Channel) => Channel,
): Record<string, Channel> {
  return Object.fromEntries(
    Object.entries(channels).flatMap(([name, channel]) => (channel ? [[name, change(channel)]] : [])),
  );
}

function knownRows(channel: Channel, moment: number): Channel {
  const { time, availableAt, value } = channel;
  const keep = (_: number, row: number): boolean => availableAt[row]! <= moment;
  return {
    ...channel,
    time: time.filter(keep),
    availableAt: availableAt.filter(keep),
    value: value.filter(keep),
  };
}

/** How the future is replaced; they move means, ranges, ranks and memberships in different ways. */
export const POISONS = ['noise', 'boom', 'crash'] as const;
export type Poison = (typeof POISONS)[number];

const LEVEL: Readonly<Record<Poison, number>> = { noise: 1, boom: 50, crash: 0.02 };

/** The inputs with the future of some parts replaced by other values of the same shape. */
export function poisonAfter(
  inputs: FeatureInputs,
  moment: number,
  random: Random,
  poison: Poison,
  parts: readonly InputPart[] = partsOf(inputs),
): FeatureInputs {
  const { bars, channels, panel } = inputs;
  const level = LEVEL[poison];
  return {
    bars: parts.includes('bars') ? poisonBars(bars, moment, random, level) : bars,
    ...(channels && {
      channels: mapChannels(channels, (channel) =>
        parts.includes(channel.name) ? poisonChannel(channel, moment, random, level) : channel,
      ),
    }),
    ...(panel && {
      panel: parts.includes('panel') ? poisonPanel(panel, moment, random, level) : panel,
    }),
  };
}

function poisonBars(series: Series, moment: number, random: Random, level: number): Series {
  const from = closedBy(series, moment);
  const columns = {
    time: series.time,
    open: series.open.slice(),
    high: series.high.slice(),
    low: series.low.slice(),
    close: series.close.slice(),
    volume: series.volume.slice(),
  };
  for (let bar = from; bar < series.length; bar++) {
    const move = level * Math.exp(0.3 * random.normal());
    const open = columns.open[bar]! * move;
    const close = columns.close[bar]! * move * Math.exp(0.1 * random.normal());
    columns.open[bar] = open;
    columns.close[bar] = close;
    columns.high[bar] = Math.max(open, close) * (1 + 0.1 * random.uniform());
    columns.low[bar] = Math.min(open, close) * (1 - 0.1 * random.uniform());
    columns.volume[bar] = (columns.volume[bar]! + 1) * level * Math.exp(random.normal());
  }
  return makeSeries(series.instrument, series.timeframe, columns);
}

function poisonChannel(channel: Channel, moment: number, random: Random, level: number): Channel {
  const { availableAt, value } = channel;
  return {
    ...channel,
    value: value.map((given, row) =>
      availableAt[row]! > moment
        ? given * level * Math.exp(0.3 * random.normal()) + 1e-4 * random.normal()
        : given,
    ),
  };
}

/** Members move, and every other one is gone after the moment: who survives must not matter before. */
function poisonPanel(panel: readonly Series[], moment: number, random: Random, level: number): Series[] {
  return panel.flatMap((member) => {
    const known = closedBy(member, moment);
    if (known < member.length && random.below(2) === 0) return known === 0 ? [] : [slice(member, 0, known)];
    return [poisonBars(member, moment, random, level)];
  });
}
