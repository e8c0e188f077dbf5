/**
 * A backtest as a run in <home>/runs: its manifest and its summary. The same bars, profile, range and costs are the same
 * run; from its manifest it can be made again, as long as the bars are what they were.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { UPTREND_PROFILES, uptrendConfig } from '../../analysis/uptrend/profile.js';
import { type Finding, outputFindings, replayFinding } from '../../backtest/believability/finding.js';
import type { UptrendSummary } from '../../backtest/uptrend-summary.js';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import { lowerBound, type Series, slice } from '../../market/series.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { VERSION } from '../../platform/package.js';
import { seriesHash } from '../regime/data-hash.js';
import type { RunManifest, RunStore } from '../regime/run-store.js';
import type { UptrendRun, UptrendService } from './uptrend-service.js';

const runConfigSchema = z.strictObject({
  profile: z.enum(UPTREND_PROFILES),
  /** First bar that counts, UTC ms; null = the first that is stored. */
  from: z.int().nullable(),
  simulate: z.strictObject({ fee_bps: z.number(), slippage_bps: z.number() }).nullable(),
});

/** Bars that the run walked: those after its last one are none of its business. */
function walkedBars({ series, trace }: UptrendRun): Series {
  const last = series.time[trace.row[trace.length - 1]!]!;
  return slice(series, 0, lowerBound(series.time, last + 1));
}

/** @param from as the run was asked */
export function recordUptrendRun(
  runs: RunStore,
  clock: Clock,
  run: UptrendRun,
  from: number | undefined,
): RunManifest {
  const { summary, source } = run;
  const series = walkedBars(run);
  const { simulation } = summary;
  const config: z.infer<typeof runConfigSchema> = {
    profile: summary.profile,
    from: from ?? null,
    simulate:
      simulation === null ? null : { fee_bps: simulation.fee_bps, slippage_bps: simulation.slippage_bps },
  };
  const data = {
    instrument_id: series.instrument,
    timeframe: series.timeframe,
    source,
    rows: series.length,
    first_ts: series.time[0]!,
    last_ts: series.time[series.length - 1]!,
    hash: seriesHash(series),
  };
  const id = runs.id('uptrend', data, JSON.stringify(config));
  const text = summaryText(summary);
  writeFileAtomic(join(runs.folderOf(id), 'summary.json'), text, 0o600);
  return runs.write({
    run_id: id,
    kind: 'uptrend',
    created_at: clock.now(),
    version: VERSION,
    // nothing is drawn at random
    seed: 0,
    config,
    data,
    model_id: null,
    outputs: { 'summary.json': createHash('sha256').update(text).digest('hex') },
  });
}

/** Without the wall time, which is another one each time. */
function summaryText({ wall_ms: _, ...summary }: UptrendSummary): string {
  return `${JSON.stringify(summary, null, 1)}\n`;
}

/**
 * Makes a run again from its manifest.
 * @throws TidewatchError `unreadable_file` for a manifest that is not of an uptrend run; `checksum_mismatch` when its
 *   bars or its numbers are no longer the same
 */
export async function repeatUptrendRun(service: UptrendService, manifest: RunManifest): Promise<UptrendRun> {
  const { run, findings } = await uptrendRunAgain(service, manifest);
  const [finding] = findings;
  if (finding === undefined) return run;
  throw new TidewatchError('checksum_mismatch', `${manifest.run_id} cannot be made again: ${finding.cause}`, {
    hint: 'run the backtest again; it becomes another run',
    details: { run_id: manifest.run_id, version: manifest.version },
  });
}

/**
 * The run as it comes out now, the bars that it walked, and what differs from what it wrote.
 * @throws TidewatchError `unreadable_file`; `no_data`, `too_few_rows` when its bars are gone
 */
export async function uptrendRunAgain(
  service: UptrendService,
  manifest: RunManifest,
): Promise<{ readonly run: UptrendRun & { readonly bars: Series }; readonly findings: Finding[] }> {
  const { data, config } = manifest;
  const parsed = runConfigSchema.safeParse(config);
  if (!parsed.success) {
    throw new TidewatchError(
      'unreadable_file',
      `the manifest of ${manifest.run_id} is not of an uptrend run`,
      {
        hint: 'run the backtest again',
      },
    );
  }
  const { profile, from, simulate } = parsed.data;
  const run = await service.run({
    instrument: data.instrument_id,
    timeframe: data.timeframe,
    from: from ?? undefined,
    to: data.last_ts + 1,
    config: uptrendConfig(profile),
    ...(simulate === null
      ? {}
      : { simulate: { feeBps: simulate.fee_bps, slippageBps: simulate.slippage_bps } }),
  });
  const bars = walkedBars(run);
  const hash = seriesHash(bars);
  const changed = hash === data.hash ? [] : [replayFinding('bars', data.hash, hash, 'its bars have changed')];
  const written = createHash('sha256').update(summaryText(run.summary)).digest('hex');
  return {
    run: { ...run, bars },
    findings: [
      ...changed,
      ...outputFindings(
        manifest.outputs ?? {},
        { 'summary.json': written },
        changed.length > 0 ? 'follows from its changed bars' : 'its numbers come out differently',
      ),
    ],
  };
}
