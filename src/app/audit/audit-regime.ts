/**
 * How far the regimes of one trained model can be believed: trained again from nothing, its features and probabilities
 * with the future hidden and replaced, and what the usual rule on its labels would have earned at other costs and later.
 * A model judged by bars that it was fitted on proves nothing, whatever it earned there: the verdict says so.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { CausalityProof } from '../../analysis/causality/causality-proof.js';
import { causalityTrials } from '../../analysis/causality/prove-causality.js';
import { figureIntervals } from '../../backtest/believability/bar-returns.js';
import type { Finding } from '../../backtest/believability/finding.js';
import { type AuditOptions, auditOfBars, type RunAudit } from '../../backtest/believability/run-audit.js';
import { filterSubject } from '../regime/causal-filter.js';
import { usualKind } from '../regime/regime-run.js';
import type { ModelRun } from '../regime/run-store.js';
import type { Services } from '../services.js';
import { missingBars } from './audit-uptrend.js';
import { replayRegime } from './replay-regime.js';
import { playRule } from './rule-on-labels.js';

/** What `model walk-forward` takes when nothing is said. */
const USUAL = { rule: 'long_short', costBps: 10 } as const;
/** Newest bars on which the future is hidden. */
const MOST_BARS = 20_000;

/** @throws TidewatchError `unknown_model` when the model is gone; as `replayRegime` */
export async function auditRegime(
  services: Services,
  run: ModelRun,
  options: AuditOptions,
): Promise<RunAudit> {
  const { signal, points } = options;
  const { regimes } = services;
  const total = points + 3;
  const step = async (done: number, what: string): Promise<void> => {
    options.onStep(done, total, what);
    await breathe();
    signal.throwIfAborted();
  };
  await step(0, 'again');
  const { findings: replayed } = await replayRegime(services, run, signal);
  const regime = regimes.open({ modelId: run.model_id });
  const { first_ts: from, last_ts: last, instrument_id, timeframe } = run.data;
  const history = await regimes.history({
    modelId: run.model_id,
    kind: usualKind(regime),
    from,
    to: last + 1,
    useStored: false,
    persist: false,
  });
  const { series } = await regimes.bars(instrument_id, timeframe, { from, to: last + 1 });
  const { time, regime: state, rows } = history.rows;
  const fitted = history.inSample.reduce((sum, value) => sum + value, 0);
  const findings: Finding[] = [...replayed, ...missingBars(series)];
  if (fitted > 0) {
    findings.push({
      audit: 'truncation',
      severity: 'warning',
      column: 'regime',
      first_date: isoTime(time[history.inSample.indexOf(1)]!),
      value: fitted,
      other: rows,
      cause:
        'parameters and labels were fitted on these bars or later ones; tidewatch model walk-forward fits on earlier ones only',
    });
  }
  if (history.lookahead) {
    findings.push({
      audit: 'truncation',
      severity: 'fault',
      column: 'regime',
      first_date: isoTime(time[0]!),
      value: 'smoothed',
      other: 'filtered',
      cause: 'this family looks at both sides of a bar: every row knows later ones',
    });
  } else {
    const subject = filterSubject(regime);
    const bounds = { points, seed: options.seed, maxBars: MOST_BARS };
    const trials = causalityTrials(subject, { ...history.beside, bars: history.series }, bounds);
    for (;;) {
      const trial = trials.next();
      if (trial.done) {
        findings.push(...trial.value.findings.map(lookaheadFinding));
        break;
      }
      await step(Math.min(points, 1 + trial.value.done), 'truncation');
    }
  }
  await step(points + 1, 'costs and delay');
  const { labels } = regime.record;
  const shown = {
    time,
    label: Array.from(state, (each) => labels[each]!),
  };
  const { earned, holding, costs, delays } = playRule(history.series, shown, USUAL);
  await step(points + 2, 'intervals');
  return auditOfBars({
    findings,
    intervals: figureIntervals(earned, holding, options),
    costs,
    delays,
    fitted: { rows: fitted, of: rows },
  });
}

const isoTime = (ts: number): string => new Date(ts).toISOString();

function lookaheadFinding(finding: CausalityProof['findings'][number]): Finding {
  return {
    audit: 'truncation',
    severity: 'fault',
    column: finding.column,
    first_date: isoTime(finding.ts),
    value: finding.with_future,
    other: finding.without_future,
    cause: finding.explanation,
  };
}
