/**
 * Runs a command of the built tree in this process, as `askJson` does in one of its own: the same flags, the same JSON
 * document, the same exit code, without the second that a process takes to start. One command at a time, as the streams
 * are shared; what only a process of its own can show (signals, usage errors, colours) stays with `run-cli.ts`.
 */
import type { Command } from 'commander';
import { buildProgram } from '../src/app/cli/program.js';
import { type CliResult, cleanEnvironment, type Envelope } from './run-cli.js';

type Write = typeof process.stdout.write;

export async function askHere(
  args: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Promise<CliResult & { envelope: Envelope }> {
  const environment = { ...process.env };
  const written = { stdout: '', stderr: '' };
  const streams = { stdout: process.stdout.write, stderr: process.stderr.write };
  const heldExit = process.exitCode;
  const capture = (name: 'stdout' | 'stderr'): Write =>
    ((chunk: string | Uint8Array) => {
      written[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      return true;
    }) as Write;
  try {
    replaceEnvironment(cleanEnvironment(extra));
    process.stdout.write = capture('stdout');
    process.stderr.write = capture('stderr');
    process.exitCode = 0;
    const program = buildProgram();
    throwInsteadOfExit(program);
    await program.parseAsync([...args, '--json'], { from: 'user' });
    return {
      code: Number(process.exitCode),
      ...written,
      envelope: JSON.parse(written.stdout) as Envelope,
    };
  } finally {
    process.stdout.write = streams.stdout;
    process.stderr.write = streams.stderr;
    process.exitCode = heldExit;
    replaceEnvironment(environment);
  }
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}

function replaceEnvironment(wanted: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in wanted)) delete process.env[name];
  Object.assign(process.env, wanted);
}
