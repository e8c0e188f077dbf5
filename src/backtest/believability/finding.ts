/** What an audit of a run says: one column, where it begins to be wrong, both values, and why that is likely. */
import type { Cell } from './table-difference.js';

export interface Finding {
  readonly audit: 'truncation' | 'shuffle' | 'accounts' | 'data' | 'replay';
  /** A fault makes figures wrong; a warning weakens them. */
  readonly severity: 'fault' | 'warning';
  readonly column: string;
  readonly first_date: string | null;
  /** What it is, and what it should be or is otherwise. */
  readonly value: Cell;
  readonly other: Cell;
  readonly cause: string;
}

/** Two versions of one thing that should be equal to the bit. */
export function replayFinding(column: string, value: Cell, other: Cell, cause: string): Finding {
  return { audit: 'replay', severity: 'fault', column, first_date: null, value, other, cause };
}

/** Outputs whose hashes differ, or that only one side has. */
export function outputFindings(
  expected: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
  cause: string,
): Finding[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])]
    .sort()
    .filter((name) => expected[name] !== found[name])
    .map((name) => replayFinding(name, expected[name] ?? null, found[name] ?? null, cause));
}
