/** A state: its code on its tint with an edge in its colour; the name stands beside it or in the title. */
import { STATE_NAMES } from '../../../src/analysis/uptrend/explain.js';
import type { State } from './uptrend-content.js';

export function StateChip({ state, isLarge = false }: { state: State; isLarge?: boolean }) {
  return (
    <span
      className={`state-chip ${state.toLowerCase()} ${isLarge ? 'large' : ''}`}
      title={STATE_NAMES[state]}
    >
      {state}
    </span>
  );
}
