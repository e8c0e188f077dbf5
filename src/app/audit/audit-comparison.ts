/**
 * How far a comparison can be believed: every candidate made again from nothing and on bars that end earlier, and what the
 * best of them is worth once it is counted that several were tried. Costs, delays and intervals are those of the best.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { figureIntervals } from '../../backtest/believability/bar-returns.js';
import { type Finding, outputFindings } from '../../backtest/believability/finding.js';
import { type AuditOptions, auditOfBars, type RunAudit } from '../../backtest/believability/run-audit.js';
import { trialBelief } from '../../backtest/believability/trial-belief.js';
import type { RunManifest } from '../regime/run-store.js';
import type { Services } from '../services.js';
import { missingBars } from './audit-uptrend.js';
import { comparedRuns, replayComparison, walkForwardRequest } from './replay-study.js';
import { playRule } from './rule-on-labels.js';
import { labelsOf, type ShownStates, statesOf, truncatedStates } from './shown-states.js';

const STATES = 'states.csv';

/** @throws TidewatchError `unknown_run` when a run that was compared is gone; as `runWalkForward` */
export async function auditComparison(
  services: Services,
  manifest: RunManifest,
  { workers, ...options }: AuditOptions & { readonly workers: number },
): Promise<RunAudit> {
  const { signal, points } = options;
  const compared = comparedRuns(services, manifest);
  const total = compared.length * (points + 1) + 2;
  let done = 0;
  const step = async (what: string): Promise<void> => {
    options.onStep(done, total, what);
    done += 1;
    await breathe();
    signal.throwIfAborted();
  };
  await step('again');
  const findings: Finding[] = await replayComparison(services, manifest, { workers, signal });
  const candidates = [];
  for (const { name, manifest: run } of compared) {
    await step(name);
    const { states, findings: stored } = storedStates(services, run);
    const { first_ts: from, last_ts: last, instrument_id, timeframe } = run.data;
    const { series } = await services.regimes.bars(instrument_id, timeframe, { from, to: last + 1 });
    const truncated = await truncatedStates(services, run, states, {
      ...options,
      workers,
      onCut: () => step(`${name} truncation`),
    });
    const of = (finding: Finding): Finding => ({ ...finding, column: `${name}: ${finding.column}` });
    findings.push(...[...stored, ...missingBars(series), ...truncated].map(of));
    candidates.push({ name, played: playRule(series, labelsOf(states), walkForwardRequest(run).plan) });
  }
  await step('intervals');
  const belief = trialBelief(
    candidates.map(({ name, played: { earned } }) => ({ name, ...earned })),
    candidates[0]!.played.earned.perYear,
  );
  const best = candidates.find(({ name }) => name === belief?.best) ?? candidates[0]!;
  const { earned, holding, costs, delays } = best.played;
  return auditOfBars({
    findings,
    intervals: figureIntervals(earned, holding, options),
    costs,
    delays,
    belief,
  });
}

/** The states that a candidate stored; made again they are compared with its hash, so they must be what it wrote. */
function storedStates(services: Services, run: RunManifest): { states: ShownStates; findings: Finding[] } {
  const path = join(services.runs.folderOf(run.run_id), STATES);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const hash = createHash('sha256').update(text).digest('hex');
  const written = run.outputs?.[STATES];
  return {
    states: statesOf(text),
    findings: outputFindings(
      written === undefined ? {} : { [STATES]: written },
      { [STATES]: hash },
      'the stored file is not what the run wrote',
    ),
  };
}
