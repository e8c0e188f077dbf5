/** What a run of the uptrend engine comes to (spec uptrend-engine §8): counts, shares, transitions, S3 episodes. */
import { z } from 'zod';
import { UPTREND_STATES } from '../analysis/uptrend/payload-schema.js';
import { UPTREND_PROFILES } from '../analysis/uptrend/profile.js';
import type { Series } from '../market/series.js';
import { TIMEFRAMES } from '../market/timeframe.js';
import { uptrendSimulationSchema } from './uptrend-simulator.js';
import { UPTREND_FLAGS, type UptrendTrace } from './uptrend-trace.js';

const count = z.int().nonnegative();
const state = z.enum(UPTREND_STATES);
const epochMs = z.int();

const transitionSchema = z.strictObject({
  ts: epochMs.describe('open of the bar that changed the state'),
  from: state,
  to: state,
  price: z.number().describe('its close'),
});

const episodeSchema = z.strictObject({
  start_ts: epochMs.describe('open of the first bar in S3'),
  end_ts: epochMs.nullable().describe('open of the bar that left S3; null while it lasts'),
  bars: count.describe('bars in S3'),
  start_price: z.number(),
  end_price: z.number().describe('close of the bar that left S3, or the last close'),
  return: z.number().describe('close to close, fraction, no costs'),
  max_drawdown: z
    .number()
    .describe('worst fall of the close from its peak inside the episode, fraction below 0'),
});

export const uptrendSummarySchema = z.strictObject({
  schema_version: z.literal(1),
  instrument_id: z.string(),
  timeframe: z.enum(TIMEFRAMES),
  profile: z.enum(UPTREND_PROFILES),
  bars: count.describe('bars of the range'),
  warmup_bars: count.describe('bars before it that warmed the engine'),
  stepped: count.describe('bars of the range with a payload'),
  first_ts: epochMs.nullable(),
  last_ts: epochMs.nullable(),
  states: z.record(state, z.strictObject({ bars: count, share: z.number() })),
  flags: z.record(z.enum(UPTREND_FLAGS), count).describe('bars that raise each flag'),
  transitions: z.array(transitionSchema),
  episodes: z.array(episodeSchema).describe('stretches of S3, oldest first'),
  wall_ms: z.number(),
  simulation: uptrendSimulationSchema.nullable(),
});
export type UptrendSummary = z.infer<typeof uptrendSummarySchema>;
export type UptrendEpisode = z.infer<typeof episodeSchema>;

type Counted = Pick<UptrendSummary, 'states' | 'flags' | 'transitions' | 'episodes'>;

/** Bars by state and flag, and how often one state followed another; one pass over the trace. */
export function summariseTrace(series: Series, trace: UptrendTrace): Counted {
  const bars = new Array<number>(UPTREND_STATES.length).fill(0);
  const flags = new Array<number>(UPTREND_FLAGS.length).fill(0);
  const transitions: UptrendSummary['transitions'] = [];
  for (let at = 0; at < trace.length; at++) {
    bars[trace.state[at]!]! += 1;
    for (let bit = 0; bit < flags.length; bit++) if (trace.flags[at]! & (1 << bit)) flags[bit]! += 1;
    if (at > 0 && trace.state[at] !== trace.state[at - 1]) {
      const row = trace.row[at]!;
      transitions.push({
        ts: series.time[row]!,
        from: trace.stateAt(at - 1),
        to: trace.stateAt(at),
        price: series.close[row]!,
      });
    }
  }
  return {
    states: Object.fromEntries(
      UPTREND_STATES.map((name, at) => [
        name,
        { bars: bars[at]!, share: trace.length === 0 ? 0 : bars[at]! / trace.length },
      ]),
    ) as UptrendSummary['states'],
    flags: Object.fromEntries(UPTREND_FLAGS.map((name, at) => [name, flags[at]!])) as UptrendSummary['flags'],
    transitions,
    episodes: episodesOf(series, trace),
  };
}

const UPTREND = UPTREND_STATES.indexOf('S3');

function episodesOf(series: Series, trace: UptrendTrace): UptrendEpisode[] {
  const episodes: UptrendEpisode[] = [];
  for (let from = 0; from < trace.length; from++) {
    if (trace.state[from] !== UPTREND) continue;
    let to = from;
    while (to < trace.length && trace.state[to] === UPTREND) to += 1;
    const last = Math.min(to, trace.length - 1);
    const start = series.close[trace.row[from]!]!;
    let peak = start;
    let worst = 0;
    for (let at = from; at <= last; at++) {
      const close = series.close[trace.row[at]!]!;
      peak = Math.max(peak, close);
      worst = Math.min(worst, close / peak - 1);
    }
    const end = series.close[trace.row[last]!]!;
    episodes.push({
      start_ts: series.time[trace.row[from]!]!,
      end_ts: to < trace.length ? series.time[trace.row[to]!]! : null,
      bars: to - from,
      start_price: start,
      end_price: end,
      return: end / start - 1,
      max_drawdown: worst,
    });
    from = to;
  }
  return episodes;
}
