/** The engine's state as JSON, and the check of one that comes back. */
import { TidewatchError } from '../../errors.js';
import type { Timeframe } from '../../market/timeframe.js';
import type { IndicatorSnapshot } from '../indicators/indicator-snapshot.js';
import type { DecayColumn } from './decay-index.js';
import type { GeometrySnapshot } from './geometry.js';
import type { UptrendPayload } from './payload.js';
import type { UptrendProfile } from './profile.js';
import type { MachineMemory } from './state-machine.js';

export interface EngineSnapshot {
  readonly schema_version: 1;
  readonly instrument_id: string;
  readonly timeframe: Timeframe;
  readonly profile: UptrendProfile;
  readonly count: number;
  readonly last_time: number | null;
  readonly last_close: number | null;
  readonly last_high: number | null;
  readonly last_low: number | null;
  readonly revision: number;
  readonly episode_start: number;
  readonly episode: { high: number[]; low: number[]; close: number[]; volume: number[] } | null;
  readonly machine: MachineMemory;
  readonly payload: UptrendPayload | null;
  readonly ta: IndicatorSnapshot;
  readonly geometry: GeometrySnapshot;
  readonly memory: Readonly<Record<DecayColumn, readonly (number | null)[]>>;
}

/** @throws TidewatchError `unsupported_schema_version`, `bad_parameter` */
export function readSnapshot(
  json: unknown,
  instrument: string,
  timeframe: Timeframe,
  profile: UptrendProfile,
): EngineSnapshot {
  const snapshot = json as EngineSnapshot | null;
  if (snapshot === null || typeof snapshot !== 'object' || snapshot.schema_version !== 1) {
    throw new TidewatchError('unsupported_schema_version', 'the snapshot is not of this uptrend engine', {
      hint: 'build the state again from bars',
    });
  }
  const of = [snapshot.instrument_id, snapshot.timeframe, snapshot.profile].join(' ');
  const wanted = [instrument, timeframe, profile].join(' ');
  if (of !== wanted) {
    throw new TidewatchError('bad_parameter', `the snapshot is of ${of}, not of ${wanted}`, {
      hint: 'restore it into an engine of the same series and profile',
    });
  }
  return snapshot;
}
