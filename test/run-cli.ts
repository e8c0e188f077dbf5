/** Runs the built command line as a person or a script would. */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';

export const CLI = 'dist/src/app/cli/main.js';

/** Optimising the embedded database takes longer than a test uses it: half a second of every start. */
export const FLAGS = ['--liftoff-only'];

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Environment without anything that belongs to the machine the tests run on. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('TIDEWATCH_') && name !== 'NODE_OPTIONS',
  );
  return { ...Object.fromEntries(kept), LANG: 'C.UTF-8', ...extra };
}

export function runCli(args: readonly string[], extra: Readonly<Record<string, string>> = {}): CliResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...FLAGS, CLI, ...args], {
    encoding: 'utf8',
    env: cleanEnvironment(extra),
  });
  return { code: status, stdout, stderr };
}

export interface Envelope {
  ok: boolean;
  command: string;
  data: Record<string, unknown>;
  warnings: { code: string; message: string }[];
  error: { code: string; message: string; hint: string | null } | null;
  meta: { version: string; home: string; profile: string; as_of: number; duration_ms: number };
}

/** Runs with --json; the whole of stdout must be one document. */
export function runJson(args: readonly string[], extra: Readonly<Record<string, string>> = {}) {
  const result = runCli([...args, '--json'], extra);
  return { ...result, envelope: JSON.parse(result.stdout) as Envelope };
}

/**
 * A process that has loaded the command line and runs one command after the other, with an exit code and outputs each:
 * the start of Node and of the database engine, most of what a short command costs, is paid once per suite. What concerns
 * the process itself (signals, terminal, kills, whether it ends at all) is asked of `runCli` and `startCli`.
 */
class WarmCli {
  private readonly child: ChildProcess;
  private readonly waiting: { resolve(result: CliResult): void; reject(error: Error): void }[] = [];

  constructor() {
    this.child = fork('test/warm-cli.mjs', [CLI], {
      env: cleanEnvironment(),
      execArgv: FLAGS,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child.on('message', (result: CliResult) => {
      this.waiting.shift()!.resolve(result);
      if (this.waiting.length === 0) this.rest();
    });
    this.child.once('exit', (code, signal) => {
      warm = undefined;
      for (const { reject } of this.waiting)
        reject(new Error(`the command ended its process: ${code ?? signal}`));
    });
    this.rest();
  }

  get isAlive(): boolean {
    return this.child.connected;
  }

  /** Commands queue up in the process: it reads one message after the other. */
  ask(args: readonly string[], extra: Readonly<Record<string, string>>): Promise<CliResult> {
    this.child.ref();
    this.child.channel?.ref();
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.child.send({ args, extra });
    });
  }

  /** Keeps nobody waiting for it. */
  private rest(): void {
    this.child.unref();
    this.child.channel?.unref();
  }
}

let warm: WarmCli | undefined;

/** As `runCli`, in a process that has loaded the command line already; commands asked at once run one after the other. */
export function askCli(
  args: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  if (warm === undefined || !warm.isAlive) warm = new WarmCli();
  return warm.ask(args, extra);
}

/** As `runJson`, in a process that has loaded the command line already. */
export async function askJson(
  args: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Promise<CliResult & { envelope: Envelope }> {
  const result = await askCli([...args, '--json'], extra);
  return { ...result, envelope: JSON.parse(result.stdout) as Envelope };
}

/** Starts a long-running command and waits for a line of stdout that fits. */
export async function startCli(
  args: readonly string[],
  ready: RegExp,
  extra: Readonly<Record<string, string>> = {},
) {
  const child = spawn(process.execPath, [...FLAGS, CLI, ...args], {
    env: cleanEnvironment(extra),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const match = await new Promise<RegExpExecArray>((found, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      const hit = ready.exec(stdout);
      if (hit) found(hit);
    });
    // what it wrote comes after its exit
    child.once('close', (code) =>
      failed(new Error(`ended with ${code} before it was ready: ${stderr}${stdout}`)),
    );
  });
  return { child, match, exited, output: () => ({ stdout, stderr }) };
}
