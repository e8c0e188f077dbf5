/**
 * `drivers …`: asked of the process that owns the home, which is this one where no other is. What is degraded is said on
 * stderr and by exit 1 even where the answer itself has no room for it.
 */
import { REGIME_TIMEFRAMES } from '../../analysis/drivers/driver.js';
import { EXECUTION_TIMEFRAMES } from '../../analysis/drivers/execution-weights.js';
import { EXIT } from '../../errors.js';
import type { DriverCell } from '../drivers/driver-answers.js';
import type { PipelineRun } from '../drivers/driver-pipeline.js';
import type { Services } from '../services.js';
import type { CommandContext } from './command-context.js';
import { coverageWord, healthText, leversText, runText, summaryText, verifyText } from './driver-text.js';
import { parseChoice, parseWhole } from './flags.js';
import { plural } from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

export interface DriverRunFlags {
  readonly tf?: string;
  readonly prices?: boolean;
  readonly ta?: boolean;
  readonly uptrend?: boolean;
}

export interface LeversFlags {
  readonly bucket?: string;
  readonly tf?: string;
  readonly symbol?: string;
  readonly explain?: boolean;
}

/** Leaves the jobs of the queue to those who work. */
function asking<T>(context: CommandContext, work: (services: Services) => Promise<T>): Promise<T> {
  return withServices(context, (services) => {
    services.operations.works = false;
    return work(services);
  });
}

export function runDriversRun(context: CommandContext, flags: DriverRunFlags): Promise<CommandResult> {
  const timeframe = parseChoice(flags.tf ?? 'all', '--tf', [...REGIME_TIMEFRAMES, 'all'] as const);
  const { prices = true, ta = true, uptrend = true } = flags;
  return asking(context, async ({ operations }) => {
    const runs = await operations.ask('drivers.run', { timeframe, prices, ta, uptrend });
    for (const { timeframe: own, skipped } of runs) {
      if (skipped)
        context.warn({ code: 'job_running', message: `${own} is being run already; nothing was done` });
    }
    return { data: runs, text: runText(runs, context.style), exit: exitOf(runs) };
  });
}

export function runDriversBackfill(
  context: CommandContext,
  { days }: { readonly days?: string },
): Promise<CommandResult> {
  const wanted = days === undefined ? null : parseWhole(days, '--days', 1, 3650);
  return asking(context, async ({ operations }) => {
    const { fetched, runs } = await operations.ask('drivers.backfill', { days: wanted });
    const lines = [
      `${plural(fetched.bars, 'bar')} of coins and ${plural(fetched.token_bars, 'bar')} of tokens fetched`,
      ...fetched.failures.map(({ subject, message }) => `failed  ${subject}: ${message}`),
      runText(runs, context.style),
    ];
    return {
      data: { fetched, runs },
      text: lines.join('\n'),
      exit: fetched.failures.length > 0 ? EXIT.findings : exitOf(runs),
    };
  });
}

export function runDriversSummary(
  context: CommandContext,
  { book }: { book?: string },
): Promise<CommandResult> {
  return asking(context, async ({ operations }) => {
    const answer = await operations.ask('drivers.summary', book === undefined ? {} : { book });
    const degraded = answer.posture.filter((row) => row.degraded).map(({ bucket }) => bucket);
    if (degraded.length > 0) {
      context.warn({ code: 'posture_degraded', message: `A and E of ${degraded.join(', ')} are degraded` });
    }
    return {
      data: answer,
      asOf: answer.as_of,
      text: summaryText(answer, context.style),
      exit: degraded.length > 0 ? EXIT.findings : EXIT.ok,
    };
  });
}

export function runDriversAe(context: CommandContext, flags: LeversFlags): Promise<CommandResult> {
  const timeframe = parseChoice(flags.tf ?? '1h', '--tf', EXECUTION_TIMEFRAMES);
  return asking(context, async ({ operations }) => {
    const { bucket, symbol, explain = false } = flags;
    const answer = await operations.ask('drivers.levers', {
      timeframe,
      ...(bucket === undefined ? {} : { bucket }),
      ...(symbol === undefined ? {} : { symbol }),
    });
    if (answer.bucket_defaulted) {
      context.warn({
        code: 'bucket_defaulted',
        message: 'no bucket was named; the drivers of small stand in',
      });
    }
    if (answer.channels_live < answer.channels.length) {
      const coverage = coverageWord(answer.coverage);
      context.warn({
        code: answer.degraded ? 'posture_degraded' : 'channels_not_live',
        message: `A and E rest on ${answer.channels_live} of 15 channels, ${coverage} of their weight${
          explain ? '' : ' · which and why: --explain'
        }`,
      });
    }
    const cells: readonly DriverCell[] = explain ? (await operations.ask('drivers.summary', {})).cells : [];
    return {
      data: answer,
      asOf: answer.as_of,
      text: leversText(answer, explain ? cells : null, context.style),
      exit: answer.degraded ? EXIT.findings : EXIT.ok,
    };
  });
}

export function runDriversVerify(context: CommandContext): Promise<CommandResult> {
  return asking(context, async ({ operations }) => {
    const answer = await operations.ask('drivers.verify', null);
    return {
      data: answer,
      asOf: answer.as_of,
      text: verifyText(answer, context.style),
      exit: answer.complete && answer.late.length === 0 ? EXIT.ok : EXIT.findings,
    };
  });
}

export function runDriversHealth(context: CommandContext): Promise<CommandResult> {
  return asking(context, async ({ operations }) => {
    const answer = await operations.ask('drivers.health', null);
    const isWhole = answer.cells.every(({ status }) => status === 'ok') && answer.alerts.length === 0;
    return {
      data: answer,
      asOf: answer.as_of,
      text: healthText(answer, context.style),
      exit: isWhole ? EXIT.ok : EXIT.findings,
    };
  });
}

function exitOf(runs: readonly PipelineRun[]): number {
  return runs.every(({ success }) => success) ? EXIT.ok : EXIT.findings;
}
