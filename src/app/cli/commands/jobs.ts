import type { Command } from 'commander';
import type { JobRunFlags } from '../job-commands.js';
import { runCommand } from '../run-command.js';

export function registerJobs(program: Command): void {
  const jobs = program.command('jobs').description('long work: what runs, ran and failed');
  jobs
    .command('list')
    .description('kinds of jobs and the schedule, with the newest run of each')
    .addHelpText('after', '\nExample:\n  tidewatch jobs list')
    .action((_options, command: Command) =>
      runCommand(command, 'jobs list', async (context) =>
        (await import('../job-commands.js')).runJobsList(context),
      ),
    );
  jobs
    .command('run')
    .description('run a job now and wait for its end')
    .argument('<job>', 'training, data or a scheduled job')
    .option('--symbol <symbol>', 'instrument; the first watched one when left out')
    .option('--tf <timeframe>', 'timeframe')
    .option('--from <time>', 'first bar')
    .option('--to <time>', 'end of the range, not included')
    .option('--window <time>', 'window of a scheduled job, by its beginning; the newest when left out')
    .option('--force', 'run a window again that is done')
    .addHelpText('after', '\nExample:\n  tidewatch jobs run data --symbol BTC/USDT --tf 1h')
    .action((job: string, flags: JobRunFlags, command: Command) =>
      runCommand(
        command,
        'jobs run',
        async (context) => (await import('../job-commands.js')).runJobsRun(context, job, flags),
        { finishesWrites: true },
      ),
    );
  jobs
    .command('history')
    .description('runs, newest first')
    .argument('[job]', 'only this kind')
    .option('--status <status>', 'only queued, running, completed, failed or cancelled')
    .option('--limit <n>', 'newest runs', '20')
    .addHelpText('after', '\nExample:\n  tidewatch jobs history training --status failed')
    .action((job: string | undefined, flags: { status?: string; limit: string }, command: Command) =>
      runCommand(command, 'jobs history', async (context) =>
        (await import('../job-commands.js')).runJobsHistory(context, job, flags),
      ),
    );
  jobs
    .command('retry')
    .description('run a failed or cancelled job again and wait for its end')
    .argument('<id>', 'id of the run')
    .addHelpText('after', '\nExample:\n  tidewatch jobs retry 6b1f6a7e-8f0e-4a8e-9a3a-0d8f6b7c1a2b')
    .action((id: string, _options, command: Command) =>
      runCommand(
        command,
        'jobs retry',
        async (context) => (await import('../job-commands.js')).runJobsRetry(context, id),
        { finishesWrites: true },
      ),
    );
}
