/**
 * The history file of the 0-to-100 score (majors-alts spec §12): one row per UTC date, ascending. A file written by an
 * older version is read by its header and written with the columns of today; a later row of a date replaces the earlier.
 */
import { existsSync, readFileSync } from 'node:fs';
import { LEGACY_BUCKETS, LEGACY_NUMBERS, type LegacyRow } from '../../analysis/legacy-score/legacy-score.js';
import { TidewatchError } from '../../errors.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';

/** Day since 1970 → row. */
export type LegacyHistory = Map<number, LegacyRow>;

const DAY_MS = 86_400_000;
const HEADER = ['date_iso', ...LEGACY_NUMBERS, 'bucket'];

/** @throws TidewatchError `missing_column`, `unreadable_value` */
export function readLegacyHistory(path: string): LegacyHistory {
  const history: LegacyHistory = new Map();
  if (!existsSync(path)) return history;
  const [header = '', ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  for (const needed of ['date_iso', 'regime_score', 'bucket']) {
    if (names.includes(needed)) continue;
    throw new TidewatchError('missing_column', `${path} has no column ${needed}`, {
      hint: 'name another file, or remove this one',
      details: { file: path, column: needed },
    });
  }
  lines.forEach((line, at) => {
    const cells = Object.fromEntries(line.split(',').map((cell, column) => [names[column]!, cell]));
    const day = Math.floor(Date.parse(cells.date_iso ?? '') / DAY_MS);
    const bucket = LEGACY_BUCKETS.find((name) => name === cells.bucket);
    if (!Number.isFinite(day) || bucket === undefined) {
      throw new TidewatchError('unreadable_value', `${path}: row ${at + 2} has no date or no bucket`, {
        hint: 'correct or remove the row',
        details: { file: path, row: at + 2 },
      });
    }
    const numbers = Object.fromEntries(LEGACY_NUMBERS.map((name) => [name, Number(cells[name] ?? 0)]));
    history.set(day, { ...(numbers as Omit<LegacyRow, 'bucket'>), bucket });
  });
  return history;
}

/** Rows in order; the last `count` of them when given. */
export function legacyCsv(history: LegacyHistory, count = Number.POSITIVE_INFINITY): string {
  const days = [...history.keys()].sort((a, b) => a - b).slice(-count);
  const lines = days.map((day) => {
    const row = history.get(day)!;
    const date = new Date(day * DAY_MS).toISOString().replace('.000Z', '+00:00');
    return [date, ...LEGACY_NUMBERS.map((name) => row[name].toFixed(6)), row.bucket].join(',');
  });
  return `${[HEADER.join(','), ...lines].join('\n')}\n`;
}

export function writeLegacyHistory(path: string, history: LegacyHistory): void {
  writeFileAtomic(path, legacyCsv(history));
}
