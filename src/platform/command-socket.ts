/**
 * Calls from one process of a home to another over a local socket: one JSON object a line each way. The owner of the home
 * answers (home-owner.ts); whoever may enter the home's run folder may call.
 */
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { z } from 'zod';
import { ERROR_CATALOGUE, type ErrorCode, TidewatchError } from '../errors.js';

export type Calls = Readonly<Record<string, (input: unknown) => Promise<unknown>>>;

const request = z.strictObject({ call: z.string().max(100), input: z.json() });
const codes = Object.keys(ERROR_CATALOGUE) as [ErrorCode, ...ErrorCode[]];
const answer = z.union([
  z.object({ result: z.json() }),
  z.object({
    error: z.object({
      code: z.enum(codes),
      message: z.string(),
      hint: z.string().nullable(),
      details: z.record(z.string(), z.json()),
    }),
  }),
]);

export type Answer = z.infer<typeof answer>;

/** A caller that sends more without a line break is no caller of ours. */
const LONGEST_LINE = 10_000_000;

/** The answering side; it answers nothing but errors until `answer` has been called. */
export class CommandServer {
  private calls: Calls = {};
  private readonly open = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => this.serve(socket));
  }

  static listen(path: string): Promise<CommandServer> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(path, () => resolve(new CommandServer(server)));
    });
  }

  answer(calls: Calls): void {
    this.calls = calls;
  }

  /** Also removes the socket from its folder. */
  close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    return new Promise((done) => this.server.close(() => done()));
  }

  private serve(socket: Socket): void {
    this.open.add(socket);
    socket.on('close', () => this.open.delete(socket));
    socket.on('error', () => socket.destroy());
    readLine(socket, (line) => {
      void this.reply(line).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
    });
  }

  private async reply(line: string): Promise<Answer> {
    try {
      const { call: name, input } = request.parse(JSON.parse(line));
      const found = Object.hasOwn(this.calls, name) ? this.calls[name] : undefined;
      if (!found) {
        throw new TidewatchError('bad_parameter', `the owner of the home does not know "${name}"`, {
          hint: 'it may be another version, or still starting; try again',
        });
      }
      return { result: JSON.parse(JSON.stringify((await found(input)) ?? null)) };
    } catch (error) {
      const known =
        error instanceof TidewatchError
          ? error
          : new TidewatchError('internal', error instanceof Error ? error.message : String(error));
      const details = JSON.parse(JSON.stringify(known.details));
      return { error: { code: known.code, message: known.message, hint: known.hint ?? null, details } };
    }
  }
}

/**
 * One call.
 * @param waitMs give up after this; no limit when left out
 * @returns undefined when nobody listens, or nobody answers in time
 */
export function call(
  path: string,
  name: string,
  input: unknown,
  waitMs?: number,
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const end = (value: Answer | undefined): void => {
      socket.destroy();
      resolve(value);
    };
    if (waitMs !== undefined) socket.setTimeout(waitMs, () => end(undefined));
    socket.on('error', () => end(undefined));
    socket.on('close', () => end(undefined));
    socket.on('connect', () => socket.write(`${JSON.stringify({ call: name, input: input ?? null })}\n`));
    readLine(socket, (line) => {
      end(parseAnswer(line));
    });
  });
}

function parseAnswer(line: string): Answer | undefined {
  try {
    return answer.parse(JSON.parse(line));
  } catch {
    return undefined; // somebody else listens there
  }
}

/** Calls back with the first line, once. */
function readLine(socket: Socket, take: (line: string) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  const onData = (chunk: string): void => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end < 0) {
      if (text.length > LONGEST_LINE) socket.destroy();
      return;
    }
    socket.off('data', onData);
    take(text.slice(0, end));
  };
  socket.on('data', onData);
}
