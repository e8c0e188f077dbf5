/** The engine's state as JSON, and the check of one that comes back. */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import type { Timeframe } from '../../market/timeframe.js';
import type { IndicatorSnapshot } from '../indicators/indicator-snapshot.js';
import { DECAY_COLUMNS, DECAY_ROWS, type DecayColumn } from './decay-columns.js';
import type { GeometrySnapshot } from './geometry.js';
import type { UptrendPayload } from './payload.js';
import { UPTREND_STATES, uptrendPayloadSchema } from './payload-schema.js';
import type { UptrendProfile } from './profile.js';
import type { MachineMemory } from './state-machine.js';

export const SNAPSHOT_VERSION = 2;

/** Everything the next bar depends on, every digit kept; columns of `memory` end with the newest bar. */
export interface EngineSnapshot {
  readonly schema_version: typeof SNAPSHOT_VERSION;
  readonly instrument_id: string;
  readonly timeframe: Timeframe;
  readonly profile: UptrendProfile;
  /** Bars taken in, warm-up among them. */
  readonly count: number;
  /** Open of the last bar, UTC ms; the other three are its prices. */
  readonly last_time: number | null;
  readonly last_close: number | null;
  readonly last_high: number | null;
  readonly last_low: number | null;
  /** Corrections of bars so far. */
  readonly revision: number;
  readonly episode_start: number;
  /** Bars of the S3 episode, only in the `reference` profile, which evaluates them all again. */
  readonly episode: { high: number[]; low: number[]; close: number[]; volume: number[] } | null;
  readonly machine: MachineMemory;
  readonly payload: UptrendPayload | null;
  readonly ta: IndicatorSnapshot;
  readonly geometry: GeometrySnapshot;
  readonly memory: Readonly<Record<DecayColumn, readonly (number | null)[]>>;
}

// Ten thousand numbers are looked at in one loop; element by element through the schema would cost as much as 300 bars.
const numbers = z.custom<number[]>((value) => Array.isArray(value) && value.every(Number.isFinite));
const numbersOrNull = z.custom<(number | null)[]>(
  (value) => Array.isArray(value) && value.every((one) => one === null || typeof one === 'number'),
);
const number = z.number().nullable();

const snapshotSchema = z.strictObject({
  schema_version: z.literal(SNAPSHOT_VERSION),
  instrument_id: z.string(),
  timeframe: z.string(),
  profile: z.string(),
  count: z.int().nonnegative(),
  last_time: number,
  last_close: number,
  last_high: number,
  last_low: number,
  revision: z.int().nonnegative(),
  episode_start: z.int().min(-1),
  episode: z.strictObject({ high: numbers, low: numbers, close: numbers, volume: numbers }).nullable(),
  machine: z.strictObject({
    state: z.enum([...UPTREND_STATES, '']),
    s3_start_ts: number,
    first_dip_buy_taken: z.boolean(),
    emergency_exit: z.boolean(),
    last_s1_buy_check: z.looseObject({ ts: z.number() }).nullable(),
    last_s2_retest_check: z.looseObject({ ts: z.number() }).nullable(),
  }),
  payload: uptrendPayloadSchema.nullable(),
  ta: z.looseObject({ parts: z.array(z.unknown()) }),
  geometry: z.strictObject({
    count: z.int().nonnegative(),
    closes: numbers,
    levels: z.array(z.looseObject({ price: z.number(), strength: z.number() })),
    rebuilt_at: z.int().min(-1),
    swing_highs: z.int().nonnegative(),
    swing_lows: z.int().nonnegative(),
  }),
  memory: z.strictObject(
    Object.fromEntries(DECAY_COLUMNS.map((name) => [name, numbersOrNull])) as Record<
      DecayColumn,
      typeof numbersOrNull
    >,
  ),
});

/**
 * @throws TidewatchError `unsupported_schema_version` when it is of another version or damaged, `bad_parameter` when it is
 *   of another series or profile
 */
export function readSnapshot(
  json: unknown,
  instrument: string,
  timeframe: Timeframe,
  profile: UptrendProfile,
): EngineSnapshot {
  const parsed = snapshotSchema.safeParse(json);
  const fault = parsed.success ? unequalCounts(parsed.data) : z.prettifyError(parsed.error);
  if (!parsed.success || fault !== '') {
    throw new TidewatchError('unsupported_schema_version', 'the snapshot is not of this uptrend engine', {
      hint: 'build the state again from bars',
      details: { fault },
    });
  }
  const of = [parsed.data.instrument_id, parsed.data.timeframe, parsed.data.profile].join(' ');
  const wanted = [instrument, timeframe, profile].join(' ');
  if (of !== wanted) {
    throw new TidewatchError('bad_parameter', `the snapshot is of ${of}, not of ${wanted}`, {
      hint: 'restore it into an engine of the same series and profile',
    });
  }
  return json as EngineSnapshot;
}

/** What its parts say about how many bars there were must agree. */
function unequalCounts({ count, geometry, memory }: z.infer<typeof snapshotSchema>): string {
  const rows = Math.min(count, DECAY_ROWS);
  const short = DECAY_COLUMNS.find((name) => memory[name].length !== rows);
  if (short !== undefined) return `memory.${short} has ${memory[short].length} rows for ${rows}`;
  return geometry.count === count ? '' : `geometry has ${geometry.count} bars for ${count}`;
}
