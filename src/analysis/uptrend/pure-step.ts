/**
 * The engine as a pure function of state and bar, for consumers that keep the state elsewhere (a row, a message). The
 * same code as the class, with the state (0.4 MB as JSON) taken out and put back: milliseconds a bar instead of
 * microseconds, so loops over history use the class.
 */
import { type ClosedBar, UptrendEngine, type UptrendEngineOptions } from './engine.js';
import type { EngineSnapshot } from './engine-snapshot.js';
import type { UptrendPayload } from './payload.js';

/** Plain data; the snapshot survives JSON. */
export interface UptrendStepState {
  readonly options: UptrendEngineOptions;
  /** Null before the first bar. */
  readonly snapshot: EngineSnapshot | null;
}

/**
 * @returns the next state, and the payload as `UptrendEngine.step` gives it; the state given is left as it was
 * @throws TidewatchError `unsupported_schema_version`, `bad_parameter` when snapshot and options do not fit
 */
export function stepUptrend(
  state: UptrendStepState,
  bar: ClosedBar,
): { state: UptrendStepState; payload: UptrendPayload | null } {
  const engine = new UptrendEngine(state.options);
  if (state.snapshot !== null) engine.restore(state.snapshot);
  const payload = engine.step(bar);
  return { state: { options: state.options, snapshot: engine.snapshot() }, payload };
}
