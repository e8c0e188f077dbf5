/**
 * How far a walk-forward can be believed: made again from nothing, made on bars that end earlier (every row up to there must
 * stay what it was), its rule with higher costs and late trades, with intervals of what the rule earned.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { figureIntervals } from '../../backtest/believability/bar-returns.js';
import { type AuditOptions, auditOfBars, type RunAudit } from '../../backtest/believability/run-audit.js';
import type { RunManifest } from '../regime/run-store.js';
import type { Services } from '../services.js';
import { missingBars } from './audit-uptrend.js';
import { replayWalkForward, walkForwardRequest } from './replay-study.js';
import { playRule } from './rule-on-labels.js';
import { labelsOf, statesOf, truncatedStates } from './shown-states.js';

export async function auditWalkForward(
  services: Services,
  manifest: RunManifest,
  { workers, ...options }: AuditOptions & { readonly workers: number },
): Promise<RunAudit> {
  const { signal } = options;
  const total = options.points + 3;
  let done = 0;
  const step = async (what: string): Promise<void> => {
    options.onStep(done, total, what);
    done += 1;
    await breathe();
    signal.throwIfAborted();
  };
  await step('again');
  const { again, findings: replayed } = await replayWalkForward(services, manifest, { workers, signal });
  const whole = statesOf(again.statesCsv);
  const { first_ts: from, last_ts: last, instrument_id, timeframe } = manifest.data;
  const { series } = await services.regimes.bars(instrument_id, timeframe, { from, to: last + 1 });
  const truncated = await truncatedStates(services, manifest, whole, {
    ...options,
    workers,
    onCut: () => step('truncation'),
  });
  await step('costs and delay');
  const { earned, holding, costs, delays } = playRule(
    series,
    labelsOf(whole),
    walkForwardRequest(manifest).plan,
  );
  await step('intervals');
  return auditOfBars({
    findings: [...replayed, ...missingBars(series), ...truncated],
    intervals: figureIntervals(earned, holding, options),
    costs,
    delays,
  });
}
