/** Runs the built command line as a person or a script would. */
import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';

export const CLI = 'dist/src/app/cli/main.js';

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
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
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

/** As `runJson`, leaving the thread free, so that cases that change nothing run side by side. */
export async function askJson(
  args: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Promise<CliResult & { envelope: Envelope }> {
  const child = spawn(process.execPath, [CLI, ...args, '--json'], {
    env: cleanEnvironment(extra),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((done) => child.once('exit', done)),
  ]);
  return { code, stdout, stderr, envelope: JSON.parse(stdout) as Envelope };
}

/** Starts a long-running command and waits for a line of stdout that fits. */
export async function startCli(args: readonly string[], ready: RegExp) {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: cleanEnvironment(),
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
    void exited.then((code) => failed(new Error(`ended with ${code} before it was ready: ${stderr}`)));
  });
  return { child, match, exited, output: () => ({ stdout, stderr }) };
}
