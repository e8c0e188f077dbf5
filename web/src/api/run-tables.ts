/** The tables of walk-forward and comparison runs, as far as pages read them. */
import type { WealthCurve } from '../../../src/analysis/models/walk-forward/economic-value.js';
import type { Scorecard } from '../../../src/analysis/models/walk-forward/scorecard.js';
import { ApiError, call } from './request.js';

/** One candidate of a comparison: a walk-forward run in numbers. */
export interface Candidate {
  readonly name: string;
  readonly run_id: string;
  readonly scorecard: Scorecard;
  readonly revision: { readonly revised_by_refits: number; readonly median_lag: number | null };
  readonly curve: WealthCurve;
}

export interface Comparison {
  readonly kind: 'comparison';
  readonly candidates: readonly Candidate[];
}

export const getResult = <T>(runId: string, signal: AbortSignal) =>
  call<T>(`/api/runs/${encodeURIComponent(runId)}/tables/result.json`, { signal });

/** Point-in-time rows of a walk-forward: what was first shown of each bar. */
export interface ShownRows {
  /** Open times, UTC ms, ascending. */
  readonly time: readonly number[];
  readonly fold: readonly number[];
  readonly label: readonly string[];
}

export async function getStates(runId: string, signal: AbortSignal): Promise<ShownRows> {
  const path = `/api/runs/${encodeURIComponent(runId)}/tables/states.csv`;
  let answer: Response;
  try {
    answer = await fetch(path, { signal });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('The server does not answer.', 'unreachable', 0, `GET ${path}`);
  }
  if (!answer.ok)
    throw new ApiError(`The server answered ${answer.status}.`, 'unknown', answer.status, `GET ${path}`);
  return readStates(await answer.text());
}

/** @param csv columns by name; `ts`, `fold` and `label` are read */
export function readStates(csv: string): ShownRows {
  const [head = '', ...lines] = csv.trimEnd().split('\n');
  const columns = head.split(',');
  const [ts, fold, label] = ['ts', 'fold', 'label'].map((name) => columns.indexOf(name));
  const rows: { time: number[]; fold: number[]; label: string[] } = { time: [], fold: [], label: [] };
  for (const line of lines) {
    const cells = line.split(',');
    rows.time.push(Date.parse(cells[ts!]!));
    rows.fold.push(Number(cells[fold!]));
    rows.label.push(cells[label!] ?? '');
  }
  return rows;
}
