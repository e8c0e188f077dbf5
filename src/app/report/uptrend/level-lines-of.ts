/** Which of the levels in force a chart names. Pure, for the report and the dashboard alike. */
import type { LevelLine } from './chart-shape.js';

interface NamedLevel {
  readonly price: number;
  readonly strength: number;
  readonly source?: string;
  readonly fib_level?: string;
}

const SHOWN_LEVELS = 10;

/** `fib 61.8`, `ATH`; empty for a plain cluster of swings. */
export function levelName({ fib_level, source }: NamedLevel): string {
  return fib_level === undefined ? (source ?? '') : `fib ${fib_level.replace('%', '')}`;
}

/** The ten strongest, highest price first; levels of equal price share a line. */
export function levelLinesOf(levels: readonly NamedLevel[]): LevelLine[] {
  const strongest = [...levels].sort((a, b) => b.strength - a.strength).slice(0, SHOWN_LEVELS);
  const lines: LevelLine[] = [];
  for (const level of strongest.sort((a, b) => b.price - a.price)) {
    const label = `S/R:${level.strength} ${levelName(level)}`.trim();
    const same = lines.at(-1);
    if (same && Math.abs(same.price - level.price) <= 1e-9 * level.price) same.label += `, ${label}`;
    else lines.push({ price: level.price, label });
  }
  return lines;
}
