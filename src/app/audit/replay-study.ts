/**
 * Walk-forward and comparison runs made again from their manifests: the same bars, plan and seed, searched from nothing in
 * a folder of their own, so that no stored fold can answer for itself.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { WalkForwardPlan } from '../../analysis/models/walk-forward/walk-forward-report.js';
import { type Finding, outputFindings, replayFinding } from '../../backtest/believability/finding.js';
import { TidewatchError } from '../../errors.js';
import { parseInstrument } from '../../market/instrument.js';
import { TIMEFRAMES } from '../../market/timeframe.js';
import { VERSION } from '../../platform/package.js';
import { runComparison } from '../regime/comparison-run.js';
import { type RunManifest, RunStore } from '../regime/run-store.js';
import {
  runWalkForward,
  type WalkForwardContext,
  type WalkForwardRequest,
  type WalkForwardRun,
} from '../regime/walk-forward-run.js';
import type { Services } from '../services.js';

const walkForwardConfigSchema = z.looseObject({
  instrument_id: z.string(),
  timeframe: z.enum(TIMEFRAMES),
  set: z.string(),
  from: z.int().nullable(),
  to: z.int().nullable(),
  // what the run's own code wrote; the outputs tell whether it still means the same
  plan: z.looseObject({ candidate: z.looseObject({ family: z.string() }) }),
});
const comparisonConfigSchema = z.looseObject({
  candidates: z.array(z.looseObject({ name: z.string(), run_id: z.string() })).min(1),
});

/** What a walk-forward was asked for. @throws TidewatchError `unreadable_file` */
export function walkForwardRequest(manifest: RunManifest): WalkForwardRequest {
  const parsed = walkForwardConfigSchema.safeParse(manifest.config);
  if (manifest.kind !== 'walk_forward' || !parsed.success) {
    throw new TidewatchError(
      'unreadable_file',
      `the manifest of ${manifest.run_id} is not of a walk-forward`,
      {
        hint: 'make the run again with: tidewatch model walk-forward',
        details: { run_id: manifest.run_id },
      },
    );
  }
  const { instrument_id, timeframe, set, from, to } = parsed.data;
  return {
    instrument: parseInstrument(instrument_id),
    timeframe,
    set,
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
    // as it was written: parsing would change the order of its keys, and with it the bytes
    plan: manifest.config.plan as unknown as WalkForwardPlan,
  };
}

/** Works with runs in a folder of its own, which is gone afterwards. */
export async function inScratch<T>(services: Services, work: (scratch: Services) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-replay-'));
  try {
    return await work({ ...services, runs: new RunStore(folder) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Limits = Pick<WalkForwardContext, 'workers' | 'signal' | 'onFold'>;

/** @throws TidewatchError as `runWalkForward` */
export async function replayWalkForward(
  services: Services,
  manifest: RunManifest,
  limits: Limits,
): Promise<{ readonly again: WalkForwardRun; readonly findings: Finding[] }> {
  const request = walkForwardRequest(manifest);
  const again = await inScratch(services, (scratch) =>
    runWalkForward(scratch, request, { ...limits, lastBar: manifest.data.last_ts }),
  );
  return { again, findings: differences(manifest, again.run) };
}

/** The walk-forward runs that a comparison lays side by side. @throws TidewatchError `unreadable_file`, `unknown_run` */
export function comparedRuns(
  services: Services,
  manifest: RunManifest,
): { readonly name: string; readonly manifest: RunManifest }[] {
  const parsed = comparisonConfigSchema.safeParse(manifest.config);
  if (!parsed.success) {
    throw new TidewatchError('unreadable_file', `the manifest of ${manifest.run_id} is not of a comparison`, {
      hint: 'make the run again with: tidewatch model compare',
      details: { run_id: manifest.run_id },
    });
  }
  return parsed.data.candidates.map(({ name, run_id }) => ({ name, manifest: services.runs.load(run_id) }));
}

/** @throws TidewatchError `unknown_run` when a run that was compared is gone; as `runWalkForward` */
export async function replayComparison(
  services: Services,
  manifest: RunManifest,
  limits: Limits,
): Promise<Finding[]> {
  const compared = comparedRuns(services, manifest);
  const lastBars = new Map(compared.map((each) => [each.manifest.run_id, each.manifest.data.last_ts]));
  const named = compared.map(({ name, manifest: run }) => ({
    name,
    request: walkForwardRequest(run),
    lastBar: lastBars.get(run.run_id)!,
  }));
  const { onFold, ...rest } = limits;
  const again = await inScratch(services, (scratch) =>
    runComparison(scratch, named, rest, (_, done, total) => onFold?.(done, total)),
  );
  return differences(manifest, again.run);
}

function differences(manifest: RunManifest, again: RunManifest): Finding[] {
  const hasChanged = manifest.data.hash !== again.data.hash;
  const changed = hasChanged
    ? [replayFinding('bars', manifest.data.hash, again.data.hash, 'the bars have changed since the run')]
    : [];
  const cause = hasChanged
    ? 'follows from the changed bars'
    : manifest.version === VERSION
      ? 'the numbers come out differently'
      : `version ${manifest.version} made it, this is ${VERSION}`;
  return [...changed, ...outputFindings(manifest.outputs ?? {}, again.outputs ?? {}, cause)];
}
