/** `up`: the whole system in one process, or one part of it beside others on a server (operations spec §1). */
import type { Notice } from '../../platform/alerts/alert-book.js';
import {
  desktopChannel,
  logChannel,
  telegramChannel,
  webhookChannel,
} from '../../platform/alerts/channels.js';
import { type NoticeChannel, Notifier } from '../../platform/alerts/notifier.js';
import { PREFIX } from '../../platform/environment.js';
import { createHome } from '../../platform/home.js';
import { VERSION } from '../../platform/package.js';
import { secretsOf } from '../../platform/secrets.js';
import type { BootstrapReport, StepReport } from '../process/bootstrap.js';
import { BoundedStop, type StopStep } from '../process/bounded-stop.js';
import { ROLES, type Role } from '../process/role.js';
import { exitOf, RunningProcess } from '../process/running-process.js';
import { openServices, type Services } from '../services.js';
import type { CommandContext } from './command-context.js';
import { parseChoice } from './flags.js';
import { seconds, statusWord } from './output.js';
import { panelText } from './posture-panel-text.js';
import { type CommandResult, printEnvelope } from './run-command.js';
import { type Http, openHttp, SERVED } from './serving.js';

export interface UpFlags {
  readonly role: string;
  readonly mode: string;
  readonly host?: string;
  readonly port?: string;
  readonly backfill: boolean;
  readonly bootstrapOnly?: boolean;
}

export async function runUp(context: CommandContext, flags: UpFlags): Promise<CommandResult> {
  const role = parseChoice(flags.role, '--role', ROLES);
  const mode = parseChoice(flags.mode, '--mode', ['paper', 'live']);
  createHome(context.home);
  const { signal } = context;
  let toldAt: number | undefined;
  signal.addEventListener('abort', () => (toldAt = performance.now()), { once: true });
  const log = await context.log('system');
  const services = await openServices(context.home, context.loaded, context.clock);
  const running = new RunningProcess({
    services,
    role,
    mode,
    backfill: flags.backfill,
    log,
    signal,
    onStep: (step) => {
      if (!context.flags.json) context.say(stepLine(step, context));
    },
  });
  let http: Http | undefined;
  let notifier: Notifier | undefined;
  /** What does not listen to the signal must not hold the process. */
  const untilTold = async <T>(work: Promise<T>): Promise<T | undefined> =>
    Promise.race([work, interrupted(signal).then(() => undefined)]);
  try {
    if (!context.flags.json) context.say(`Tidewatch ${VERSION}  ${role}, ${mode}, home ${context.home.path}`);
    const begun = await untilTold(running.begin());
    if (begun === undefined) return SERVED;
    if (begun.status === 'failed') return ended(begun, role, mode, context);
    if (flags.bootstrapOnly) {
      const checked = await untilTold(running.check());
      return checked === undefined ? SERVED : ended(checked, role, mode, context);
    }
    context.keep('everything that was stored; jobs go on at the next start');

    notifier = openNotifier(context, services, await context.log('notifier'));
    const serves = role === 'all' || role === 'web' || flags.port !== undefined;
    http = serves ? await openHttp(context, services) : undefined;
    if (http && !context.flags.json) context.say(`Serving ${http.url}`);
    const told = await untilTold(running.run());
    if (told === undefined) return SERVED;
    if (told.status === 'failed') return ended(told, role, mode, context);
    const url = http?.url ?? null;
    if (context.flags.json) printEnvelope('up', context, { data: dataOf(told, role, mode, url) });
    else {
      const panel = panelText(told, context.style);
      if (panel !== '') context.say(panel);
      context.say(`Running, status ${told.status}. Ctrl C stops.`);
    }
    if (context.flags.json) tellEvents(context, services);
    await interrupted(signal);
    return SERVED;
  } finally {
    const stop = new BoundedStop(log, toldAt ?? performance.now());
    await stop.together(...running.stopSteps(), ...stopOfServer(http), {
      name: 'jobs',
      limitMs: 3_000,
      run: () => services.operations.stopJobs(),
    });
    // the store last: parts give their leases back, so that another process need not wait for them to run out
    await stop.together(
      { name: 'store', limitMs: 1_000, run: () => services.operations.close() },
      { name: 'lake', limitMs: 1_000, run: () => services.data.close() },
      { name: 'notices', limitMs: 1_000, run: async () => notifier?.close() },
    );
    running.end();
    log.info({ ms: stop.tookMs, left: stop.left }, `stopped in ${stop.tookMs} ms`);
    if (stop.left.length > 0)
      context.notice(`Stopped before ${stop.left.join(', ')} had ended; jobs go on at the next start.`);
  }
}

function stopOfServer(http: Http | undefined): readonly StopStep[] {
  return http === undefined ? [] : [{ name: 'server', limitMs: 2_000, run: () => http.close() }];
}

async function interrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
}

/** One object per event on stdout: jobs that ended, notices. */
function tellEvents(context: CommandContext, services: Services): void {
  const tell = (event: string, facts: object): void =>
    context.say(JSON.stringify({ ts: context.clock.now(), event, ...facts }));
  services.operations.onEnd(({ id, kind, key, status, error }) =>
    tell('job', { id, job: kind, key, status, error: error?.code ?? null }),
  );
  services.alerts.onNotice((notice: Notice) => tell('notice', { notice }));
}

type Log = Awaited<ReturnType<CommandContext['log']>>;

function openNotifier(context: CommandContext, services: Services, log: Log): Notifier {
  const { webhook_url, telegram_chat_id, telegram_base_url: baseUrl, desktop, least } = context.config.notify;
  const token = context.loaded.environment[`${PREFIX}TELEGRAM_BOT_TOKEN`];
  const channels: NoticeChannel[] = [logChannel(log)];
  if (webhook_url !== null) channels.push(webhookChannel({ url: webhook_url }));
  if (token && telegram_chat_id !== null)
    channels.push(telegramChannel({ token, chat: telegram_chat_id, baseUrl }));
  if (desktop) channels.push(desktopChannel());
  const notifier = new Notifier({
    channels,
    secrets: secretsOf(context.loaded),
    least,
    onFailure: (channel, reason) => log.warn({ channel }, `a notice could not be sent · ${reason}`),
  });
  services.alerts.onNotice((notice) => notifier.notify(notice));
  return notifier;
}

function dataOf(report: BootstrapReport, role: Role, mode: string, url: string | null) {
  return { role, mode, url, bootstrap: report };
}

function ended(report: BootstrapReport, role: Role, mode: string, { style }: CommandContext): CommandResult {
  const failed = report.steps.filter(({ status }) => status === 'fail').map(({ message }) => message);
  return {
    data: dataOf(report, role, mode, null),
    text: [panelText(report, style), [`Status ${report.status}`, ...failed].join(' · ')]
      .filter(Boolean)
      .join('\n'),
    exit: exitOf(report),
  };
}

function stepLine({ status, name, message, ms }: StepReport, { style }: CommandContext): string {
  const word = status === 'skipped' ? 'skip' : statusWord(status, style);
  return `  ${word}  ${name.padEnd(12)} ${seconds(ms).padStart(7)}  ${message}`;
}
