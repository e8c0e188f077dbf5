/**
 * The rules a row must keep to be stored, as SQL conditions over a staged file. One list serves three questions:
 * is any row broken (one pass, no branches), which rule did a row break first, which rows are good.
 */
import type { ErrorCode } from '../../../errors.js';
import type { ImportTarget } from './target.js';

export interface RowRule {
  readonly code: ErrorCode;
  readonly column: string;
  /** True when the row breaks the rule; NULL counts as kept. */
  readonly broken: string;
}

const LARGEST_COUNT = 2_147_483_647;

/**
 * Rules in the order in which a row is blamed.
 * @param timeRules what a missing `ts` means in this file
 * @param now rows stamped after it are from the future, UTC ms
 * @param gridMs open times are multiples of it; undefined where the dataset has no bars
 */
export function rowRules(
  target: ImportTarget,
  timeRules: readonly RowRule[],
  marksCells: boolean,
  now: number,
  gridMs: number | undefined,
): RowRule[] {
  const rules: RowRule[] = [
    ...timeRules,
    { code: 'future_time', column: 'ts', broken: `ts > ${now}` },
    { code: 'implausible_value', column: 'ts', broken: 'ts < 0' },
  ];
  if (gridMs !== undefined)
    rules.push({ code: 'misaligned_time', column: 'ts', broken: `ts % ${gridMs} <> 0` });
  for (const { name, kind, required } of target.columns) {
    if (marksCells) rules.push({ code: 'unreadable_value', column: name, broken: `bad = '${name}'` });
    const missing = required ? `${name} IS NULL OR ` : '';
    rules.push({ code: 'non_finite_value', column: name, broken: `${missing}NOT isfinite(${name})` });
    if (kind === 'price') rules.push({ code: 'non_positive_price', column: name, broken: `${name} <= 0` });
    if (kind === 'positive') rules.push({ code: 'implausible_value', column: name, broken: `${name} <= 0` });
    if (kind === 'amount' || kind === 'count') {
      const code = name === 'volume' ? 'negative_volume' : 'implausible_value';
      rules.push({ code, column: name, broken: `${name} < 0` });
    }
    if (kind === 'count') {
      const broken = `${name} > ${LARGEST_COUNT} OR ${name} <> floor(${name})`;
      rules.push({ code: 'implausible_value', column: name, broken });
    }
  }
  return [...rules, ...target.rowRules];
}

/** SQL condition that holds for a row which breaks at least one rule. */
export function anyBrokenSql(rules: readonly RowRule[]): string {
  return rules.map(({ broken }) => `(${broken})`).join(' OR ');
}

/** `code|column` of the first broken rule; NULL for a good row. */
export function firstBrokenSql(rules: readonly RowRule[]): string {
  const branches = rules.map(({ code, column, broken }) => `WHEN ${broken} THEN '${code}|${column}'`);
  return `CASE ${branches.join(' ')} END`;
}
