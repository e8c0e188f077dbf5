/** What the page Posture asks, from its address: the token's bucket, the timeframe of orders, the stretch, and what-ifs. Pure. */
import type { ChannelOverride } from '../../../src/app/server/api-types.js';

export const BUCKETS = ['nano', 'small', 'mid', 'big'] as const;
export type Bucket = (typeof BUCKETS)[number];

export const ORDER_TIMEFRAMES = ['1m', '5m', '15m', '1h', '4h', '1d'] as const;
export type OrderTimeframe = (typeof ORDER_TIMEFRAMES)[number];

export const SPANS = ['7', '30', '90', '365'] as const;
export type SpanDays = (typeof SPANS)[number];

export interface PostureQuestion {
  readonly bucket: Bucket;
  readonly timeframe: OrderTimeframe;
  readonly days: SpanDays;
  readonly overrides: readonly ChannelOverride[];
}

const DRIVERS = ['BTC', 'ALT', 'nano', 'small', 'mid', 'big', 'BTC.d', 'USDT.d'];
const TIMEFRAMES = ['1d', '1h', '1m'];
const STATES = ['S0', 'S1', 'S2', 'S3', 'S4'];

function oneOf<T extends string>(choices: readonly T[], text: string | null, otherwise: T): T {
  return choices.find((each) => each === text) ?? otherwise;
}

export function postureQuestion(query: URLSearchParams): PostureQuestion {
  return {
    bucket: oneOf(BUCKETS, query.get('bucket'), 'big'),
    timeframe: oneOf(ORDER_TIMEFRAMES, query.get('order'), '1h'),
    days: oneOf(SPANS, query.get('days'), '30'),
    overrides: readOverrides(query.get('if') ?? ''),
  };
}

/** `BTC:1h:S0,USDT.d:1d:none`; what is not understood is left out. */
export function readOverrides(text: string): readonly ChannelOverride[] {
  const read = new Map<string, ChannelOverride>();
  for (const part of text.split(',')) {
    const [driver, timeframe, state] = part.split(':');
    if (!DRIVERS.includes(driver!) || !TIMEFRAMES.includes(timeframe!)) continue;
    if (state !== 'none' && !STATES.includes(state!)) continue;
    read.set(`${driver} ${timeframe}`, {
      driver: driver as ChannelOverride['driver'],
      timeframe: timeframe as ChannelOverride['timeframe'],
      state: state === 'none' ? null : (state as NonNullable<ChannelOverride['state']>),
    });
  }
  return [...read.values()];
}

export function writeOverrides(overrides: readonly ChannelOverride[]): string | undefined {
  if (overrides.length === 0) return undefined;
  return overrides
    .map(({ driver, timeframe, state }) => `${driver}:${timeframe}:${state ?? 'none'}`)
    .join(',');
}

/** The overrides with one channel set, or as it is where `state` is undefined. */
export function withOverride(
  overrides: readonly ChannelOverride[],
  channel: Pick<ChannelOverride, 'driver' | 'timeframe'>,
  state: ChannelOverride['state'],
): readonly ChannelOverride[] {
  const others = overrides.filter(
    ({ driver, timeframe }) => driver !== channel.driver || timeframe !== channel.timeframe,
  );
  return state === undefined ? others : [...others, { ...channel, state }];
}
