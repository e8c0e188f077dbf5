/** `jobs …`: beside a running server the jobs are the server's, else this process runs them itself. */
import { z } from 'zod';
import { type ErrorCode, EXIT, TidewatchError } from '../../errors.js';
import { JOB_STATUSES, type Job } from '../../platform/jobs/job.js';
import { SCHEDULE_TABLE } from '../../platform/jobs/schedule-table.js';
import { DATA, type DataInput, dataKey } from '../jobs/data-job.js';
import { jobJson } from '../jobs/job-json.js';
import type { ScheduledJobJson } from '../jobs/scheduled-job-json.js';
import { TRAINING, trainingInput, trainingKey } from '../jobs/training-job.js';
import { resolveSymbol } from '../resolve-symbol.js';
import type { Services } from '../services.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseRange, parseWhole } from './flags.js';
import { trainingOptions } from './model-train.js';
import { minute, number, percent, renderTable, seconds, shortName, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { timeframeOf, withServices } from './session.js';

export interface JobRunFlags {
  readonly window?: string;
  readonly force?: boolean;
  readonly symbol?: string;
  readonly tf?: string;
  readonly from?: string;
  readonly to?: string;
}

const KINDS = [TRAINING, DATA] as const;
const WHAT: Readonly<Record<(typeof KINDS)[number], string>> = {
  training: 'fit a regime model to stored bars',
  data: 'check the stored bars of a series',
};

export function runJobsList(context: CommandContext): Promise<CommandResult> {
  return withServices(context, async ({ jobs, operations }) => {
    operations.works = false;
    const scheduled = await operations.ask('schedule.list', null);
    const kinds = await Promise.all(
      KINDS.map(async (kind) => {
        const [newest] = await jobs.list({ kind, limit: 1 });
        const running = await jobs.list({ kind, status: 'running' });
        const queued = await jobs.list({ kind, status: 'queued' });
        return {
          kind,
          what: WHAT[kind],
          running: running.length,
          queued: queued.length,
          newest: newest === undefined ? null : jobJson(newest),
        };
      }),
    );
    return {
      data: { jobs: kinds, scheduled },
      text: `${renderTable(
        [text('Job'), text('What it does'), number('Running'), number('Queued'), text('Newest run')],
        kinds.map(({ kind, what, running, queued, newest }) => [
          kind,
          what,
          String(running),
          String(queued),
          newest === null ? 'none' : `${newest.status} ${minute(newest.updated_at)}`,
        ]),
        context.style,
      )}\n\n${scheduleTable(scheduled, context)}`,
    };
  });
}

function scheduleTable(scheduled: readonly ScheduledJobJson[], { style, clock }: CommandContext): string {
  return renderTable(
    [
      text('Scheduled'),
      text('What it does'),
      text('Every'),
      text('Next (UTC)'),
      text('Newest window'),
      text('State'),
    ],
    scheduled.map((job) => {
      const label = (key: string): string => key.slice(job.job.length + 1);
      const failed = job.newest_failed !== null && job.newest_failed > (job.newest_ok ?? '');
      const newest = job.open ?? (failed ? job.newest_failed : job.newest_ok);
      const state = !job.enabled
        ? 'disabled'
        : (job.open_status ?? (failed ? 'failed' : newest ? 'ok' : 'never ran'));
      return [
        job.job,
        job.what,
        job.cadence,
        job.next_at < clock.now() || !job.enabled ? '' : minute(job.next_at),
        newest === null ? '' : label(newest),
        state,
      ];
    }),
    style,
  );
}

/** A window of a scheduled job, now. */
function runScheduled(context: CommandContext, job: string, flags: JobRunFlags): Promise<CommandResult> {
  return withServices(context, async (services) => {
    const started = context.clock.now();
    const queued = await services.operations.ask('schedule.run', {
      job,
      window: flags.window ?? null,
      force: flags.force ?? false,
    });
    if (queued.status === 'completed' && (queued.finishedAt ?? started) < started) {
      context.warn({ code: 'window_done', message: `${queued.key} is done; --force runs it again` });
    }
    return awaitEnd(context, services, queued);
  });
}

export function runJobsRun(
  context: CommandContext,
  name: string,
  flags: JobRunFlags,
): Promise<CommandResult> {
  if (SCHEDULE_TABLE.some(({ id }) => id === name)) return runScheduled(context, name, flags);
  const kind = parseChoice(name, 'job', [...KINDS, ...SCHEDULE_TABLE.map(({ id }) => id)]);
  if (flags.window !== undefined || flags.force) {
    throw new TidewatchError('bad_parameter', `${kind} has no windows`, {
      hint: 'leave --window and --force out',
    });
  }
  const { from, to } = parseRange(flags.from, flags.to);
  const timeframe = timeframeOf(context, flags.tf);
  return withServices(context, async (services) => {
    const instrument = await resolveSymbol(flags.symbol, context.config.lake.watched, services.data.lake);
    let job: Job;
    if (kind === TRAINING) {
      const request = { instrument, timeframe, from, to, options: trainingOptions(context, {}) };
      job = await services.jobs.start(TRAINING, trainingKey(request), trainingInput(request));
    } else {
      const input: DataInput = {
        instrument_id: instrument.id,
        timeframe,
        from: from ?? null,
        to: to ?? null,
        full_history: false,
      };
      job = await services.jobs.start(DATA, dataKey(input), input);
    }
    return awaitEnd(context, services, job);
  });
}

export function runJobsRetry(context: CommandContext, id: string): Promise<CommandResult> {
  if (!z.uuid().safeParse(id).success) {
    throw new TidewatchError('bad_parameter', `"${id}" is not the id of a job`, {
      hint: 'see the ids with: tidewatch jobs history',
    });
  }
  return withServices(context, async (services) =>
    awaitEnd(context, services, await services.jobs.retry(id)),
  );
}

export function runJobsHistory(
  context: CommandContext,
  kind: string | undefined,
  flags: { status?: string; limit: string },
): Promise<CommandResult> {
  if (kind !== undefined) parseChoice(kind, 'job', [...KINDS, ...SCHEDULE_TABLE.map(({ id }) => id)]);
  const status = flags.status === undefined ? undefined : parseChoice(flags.status, '--status', JOB_STATUSES);
  const limit = parseWhole(flags.limit, '--limit', 1, 10_000);
  return withServices(context, async ({ jobs, operations }) => {
    operations.works = false;
    const runs = await jobs.list({ kind, status, limit });
    return {
      data: { runs: runs.map(jobJson) },
      text:
        runs.length === 0
          ? noRuns(kind, status)
          : renderTable(
              [text('Begun (UTC)'), text('Job'), text('Key'), text('Status'), number('Took'), text('Id')],
              runs.map((job) => [
                minute(job.startedAt ?? job.createdAt),
                job.kind,
                shortName(job.key),
                job.status === 'running'
                  ? `running ${percent(job.progress, 0)}`
                  : (job.error?.code ?? job.status),
                job.startedAt === null || job.finishedAt === null
                  ? ''
                  : seconds(job.finishedAt - job.startedAt),
                job.id,
              ]),
              context.style,
            ),
    };
  });
}

function noRuns(kind: string | undefined, status: string | undefined): string {
  if (kind === undefined && status === undefined) return 'No job has run yet';
  return `No ${status === undefined ? '' : `${status} `}run${kind === undefined ? '' : ` of ${kind}`} in the history`;
}

async function awaitEnd(context: CommandContext, services: Services, job: Job): Promise<CommandResult> {
  const progress = context.progress(job.kind, '%', 100);
  const unlisten = services.jobs.onProgress((event) => {
    if (event.id === job.id) progress.update(Math.round(event.progress * 100), 100);
  });
  const cancel = (): void => void services.jobs.cancel(job.id).catch(() => undefined);
  context.signal.addEventListener('abort', cancel, { once: true });
  try {
    const ended = await services.jobs.finished(job.id);
    if (ended.error !== null) {
      const { code, message, hint } = ended.error;
      throw new TidewatchError(code as ErrorCode, message, {
        details: { job_id: ended.id },
        ...(hint === null ? {} : { hint }),
      });
    }
    return {
      data: jobJson(ended),
      text: `${ended.kind} of ${ended.key} ${ended.status}`,
      exit: ended.status === 'completed' ? EXIT.ok : EXIT.findings,
    };
  } finally {
    context.signal.removeEventListener('abort', cancel);
    unlisten();
    progress.stop();
  }
}
