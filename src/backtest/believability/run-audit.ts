/** What the audits of one run come to, whatever the strategy. */
import type { BootstrapInterval } from './block-bootstrap.js';
import type { Finding } from './finding.js';
import type { SensitivityRow } from './sensitivity-row.js';
import type { TrialBelief } from './trial-belief.js';
import { type Evidence, type Verdict, verdictOf } from './verdict.js';

export interface RunAudit {
  readonly findings: readonly Finding[];
  readonly intervals: Readonly<Record<string, BootstrapInterval>>;
  readonly costs: readonly SensitivityRow[];
  readonly delays: readonly SensitivityRow[];
  /** Unit of a delay. */
  readonly delay_unit: 'day' | 'bar';
  /** Over the runs that count as trials of the same question; null when there is nothing to count against. */
  readonly belief: TrialBelief | null;
  readonly verdict: Verdict;
  /** Audits that cannot apply, and why. */
  readonly not_applied: readonly { readonly audit: string; readonly why: string }[];
}

export interface AuditOptions {
  /** Moments at which the future is cut off. */
  readonly points: number;
  readonly draws: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onStep: (done: number, total: number, what: string) => void;
}

/** Bars of a lake are read in the order of their key, and a key is there once. */
const NOTHING_TO_SHUFFLE = {
  audit: 'shuffle',
  why: 'bars are read in the order of their time, each once: stored rows have no order to depend on',
} as const;

/** What is known of a run over bars. */
export interface BarAudit extends Pick<RunAudit, 'findings' | 'intervals' | 'costs' | 'delays'> {
  readonly belief?: TrialBelief | null;
  readonly fitted?: Evidence['fitted'];
}

/** The audits of a run over bars, with the verdict on it. `intervals` hold `sharpe`. */
export function auditOfBars({ belief = null, fitted, ...parts }: BarAudit): RunAudit {
  return {
    ...parts,
    delay_unit: 'bar',
    belief,
    verdict: verdictOf({
      sharpe: parts.intervals.sharpe,
      faults: parts.findings.filter(({ severity }) => severity === 'fault').length,
      overfitting: belief?.overfitting?.probability,
      deflated: belief?.deflated_sharpe,
      fitted,
    }),
    not_applied: [NOTHING_TO_SHUFFLE],
  };
}
