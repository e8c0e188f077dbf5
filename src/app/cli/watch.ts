/**
 * `watch`: states, flags, regimes, A and E and prices of some instruments as they come. Beside a server that follows
 * streams it asks that one; else it follows the streams itself and stores what they bring, one such process a home. A and
 * E come from the server, which keeps the drivers; alone there are none.
 */
import { join } from 'node:path';
import { EXIT, TidewatchError } from '../../errors.js';
import { parseTimeframe } from '../../market/timeframe.js';
import { type FileLock, tryLock } from '../../platform/file-lock.js';
import { createHome } from '../../platform/home.js';
import { resolveSymbol } from '../resolve-symbol.js';
import { servingUrl } from '../server/serving-mark.js';
import type { Services } from '../services.js';
import type { CommandContext } from './command-context.js';
import { openLiveScreen } from './live-screen.js';
import { asciiOf, minute } from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';
import { closedJson, closedLine, rowJson, WatchRows, watchTable } from './watch-rows.js';
import { localSource, remoteSource, type WatchSource } from './watch-source.js';

export interface WatchFlags {
  readonly tf?: string;
  readonly once?: boolean;
}

const REDRAW_MS = 500;
const STREAMS_MS = 5_000;
const CONNECT_MS = 2_000;

export function runWatch(
  context: CommandContext,
  symbols: readonly string[],
  flags: WatchFlags,
): Promise<CommandResult> {
  const timeframe = parseTimeframe(flags.tf ?? context.config.hmm.timeframe);
  return withServices(context, async (services) => {
    const { watched } = context.config.lake;
    const instruments: string[] = [];
    for (const typed of symbols.length === 0 ? watched : symbols) {
      const { id } = await resolveSymbol(typed, watched, services.data.lake);
      if (!instruments.includes(id)) instruments.push(id);
    }
    const source = await sourceOf(context, services, instruments, Boolean(flags.once));
    try {
      const rows = new WatchRows(source, instruments, timeframe);
      await rows.loadAll();
      if (flags.once) return answerOf(context, rows);
      context.keep('everything that was stored');
      await new Watch(context, source, rows).untilInterrupted();
      return { data: null, printed: true };
    } finally {
      await source.close();
      await services.streams.stop();
    }
  });
}

/** The server of this home where it knows more than this process, else this process with streams of its own. */
async function sourceOf(
  context: CommandContext,
  services: Services,
  instruments: readonly string[],
  once: boolean,
): Promise<WatchSource> {
  const url = await servingUrl(context.home);
  if (url !== undefined) {
    const remote = await remoteSource(url, context.config.http.token);
    const streams = await remote.get<{ running: boolean }>('/api/streams');
    if (once || streams?.running) return remote;
    context.notice(`${url} follows no streams; this command follows them itself`);
  }
  if (once) return localSource(services);
  const lock = await lockWatching(context);
  const local = await localSource(services);
  await services.streams.start(
    {
      crashed: (error) =>
        context.warn({
          code: 'internal',
          message: `the streams failed · ${error instanceof Error ? error.message : String(error)}`,
        }),
      troubled: (problem, error) =>
        context.warn({ code: error instanceof TidewatchError ? error.code : 'internal', message: problem }),
    },
    instruments,
  );
  for (const { instrument_id, reason } of services.streams.status().left_out) {
    context.warn({
      code: 'not_offered',
      message: `${instrument_id} is not followed · ${reason}`,
      instrument_id,
    });
  }
  return {
    ...local,
    async close() {
      await local.close();
      lock.release();
    },
  };
}

/**
 * Two that follow the same streams for one home would ask the venue for everything twice.
 * @throws TidewatchError `home_in_use`
 */
async function lockWatching({ home }: CommandContext): Promise<FileLock> {
  createHome(home);
  const answer = await tryLock(join(home.run, 'watch.duckdb'));
  if ('release' in answer) return answer;
  const { heldBy } = answer;
  throw new TidewatchError(
    'home_in_use',
    `another tidewatch watch${heldBy === null ? '' : ` (pid ${heldBy})`} follows the streams for ${home.path}`,
    {
      hint: 'start tidewatch up, which any number of watches can be beside; or stop the other one',
      details: { home: home.path, pid: heldBy },
    },
  );
}

function answerOf(context: CommandContext, { rows }: WatchRows): CommandResult {
  const now = context.clock.now();
  const closes = rows.flatMap(({ available_at }) => (available_at === null ? [] : [available_at]));
  return {
    data: rows.map((row) => rowJson(row, now)),
    text: watchTable(rows, now, context.style),
    exit: closes.length === rows.length ? EXIT.ok : EXIT.findings,
    ...(closes.length === 0 ? {} : { asOf: Math.max(...closes) }),
  };
}

class Watch {
  private readonly screen;
  private taking: Promise<unknown> = Promise.resolve();
  private timers: NodeJS.Timeout[] = [];
  private isConnected = false;

  constructor(
    private readonly context: CommandContext,
    private readonly source: WatchSource,
    private readonly rows: WatchRows,
  ) {
    const isScreen = process.stdout.isTTY && !context.flags.json;
    this.screen = isScreen ? openLiveScreen(process.stdout) : undefined;
  }

  async untilInterrupted(): Promise<void> {
    const { signal } = this.context;
    const ended = new Promise<void>((done) => {
      if (signal.aborted) done();
      else signal.addEventListener('abort', () => done(), { once: true });
    });
    try {
      await this.connect();
      this.timers = [
        setInterval(() => this.draw(), REDRAW_MS),
        setInterval(() => this.queue(() => this.rows.loadStreams()), STREAMS_MS),
      ];
      this.draw();
      await ended;
    } finally {
      for (const timer of this.timers) clearInterval(timer);
      this.screen?.close();
    }
    // what was seen last stays to be read
    if (this.screen) this.context.say(this.table('').trimEnd());
  }

  private async connect(): Promise<void> {
    const { rows, context } = this;
    const topics = rows.rows.map(({ instrument_id, timeframe }) => ({
      topic: 'bars' as const,
      instrument_id,
      timeframe,
    }));
    await this.source.listen(
      topics,
      (message) => {
        if (message.type === 'bars') this.queue(() => this.tell(message));
        else if (message.type === 'error') {
          context.warn({ code: message.code, message: message.detail });
        }
      },
      () => {
        this.isConnected = false;
        void this.again();
      },
    );
    this.isConnected = true;
  }

  /** Connects anew until it succeeds: a server that is started again is found again. */
  private async again(): Promise<void> {
    const { signal } = this.context;
    while (!signal.aborted && !this.isConnected) {
      await new Promise((wake) => setTimeout(wake, CONNECT_MS).unref());
      if (signal.aborted) return;
      await this.connect()
        .then(() => this.rows.loadAll())
        .catch(() => undefined);
    }
  }

  private async tell(message: Parameters<WatchRows['take']>[0]): Promise<void> {
    const { context } = this;
    for (const closed of await this.rows.take(message)) {
      if (context.flags.json) context.say(JSON.stringify(closedJson(closed, context.clock.now())));
      else if (!this.screen) context.say(closedLine(closed));
    }
    this.draw();
  }

  /** One after another; a server that does not answer is said in the last line. */
  private queue(work: () => Promise<unknown>): void {
    this.taking = this.taking.then(work).catch((error: unknown) => {
      if (this.context.signal.aborted || !this.isConnected) return;
      const message = error instanceof Error ? error.message : String(error);
      if (!this.screen) this.context.warn({ code: 'internal', message });
    });
  }

  private draw(): void {
    this.screen?.draw(this.table());
  }

  private table(last = 'Ctrl C stops'): string {
    const { context, rows } = this;
    const now = context.clock.now();
    const { timeframe } = rows.rows[0]!;
    const state = this.isConnected ? '' : '  connection lost, trying again';
    const screen = [
      `${timeframe}  ${minute(now)} UTC${state}`,
      watchTable(rows.rows, now, context.style),
      last,
    ].join('\n');
    return context.style.unicode ? screen : asciiOf(screen);
  }
}
