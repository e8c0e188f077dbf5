/**
 * Runs one command and turns its end into the contract of the command line: result on stdout (text, or one JSON
 * envelope), one-sentence error on stderr, exit code from the catalogue.
 */
import type { Command } from 'commander';
import { EXIT, TidewatchError } from '../../errors.js';
import { VERSION } from '../../platform/package.js';
import { secretsOf, withoutSecrets } from '../../platform/secrets.js';
import type { CommandContext, CommonFlags, Warning } from './command-context.js';
import { asciiOf, terminalStyle } from './output.js';

export interface CommandResult {
  /** `data` of the envelope; snake_case names, epoch-ms times. */
  readonly data: unknown;
  /** What a person reads; printed as it is. */
  readonly text?: string;
  /** 0 unless there are findings. */
  readonly exit?: number;
  /** Time up to which the data speak, epoch ms; now when left out. */
  readonly asOf?: number;
  /** True when the command wrote its own document to stdout (start, serve, raw exports). */
  readonly printed?: boolean;
}

export interface CommandSettings {
  /** Configuration keys given as flags. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Waits for the body after Ctrl-C, because it finishes an atomic write; otherwise the process ends at once. */
  readonly finishesWrites?: boolean;
}

export type CommandBody = (context: CommandContext) => Promise<CommandResult>;

/** The envelope of cli.md §1. */
export interface Envelope {
  ok: boolean;
  command: string;
  data: unknown;
  warnings: readonly Warning[];
  error: { code: string; message: string; hint: string | null } | null;
  meta: { version: string; home: string | null; profile: string | null; as_of: number; duration_ms: number };
}

export async function runCommand(
  command: Command,
  name: string,
  body: CommandBody,
  settings: CommandSettings = {},
): Promise<void> {
  const started = Date.now();
  const flags = command.optsWithGlobals<CommonFlags>();
  const interrupt = new AbortController();
  let context: CommandContext | undefined;
  let signalExit = 0;

  const endAtOnce = (): never => {
    const kept = context?.kept;
    if (!flags.quiet)
      process.stderr.write(`\nInterrupted${kept ? `. Kept: ${kept}` : ', nothing was changed'}.\n`);
    process.exit(signalExit);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    signalExit = signal === 'SIGINT' ? EXIT.interrupted : 143;
    if (interrupt.signal.aborted || !settings.finishesWrites) endAtOnce();
    interrupt.abort(Object.assign(new Error('interrupted'), { exit: signalExit }));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  let exit: number = EXIT.ok;
  try {
    const { openContext } = await import('./command-context.js');
    context = openContext(flags, settings.overrides ?? {}, interrupt.signal);
    const result = await body(context);
    if (interrupt.signal.aborted) endAtOnce();
    exit = result.exit ?? EXIT.ok;
    if (!result.printed) {
      if (flags.json) {
        writeStdout(documentOf(envelope({ name, flags, context, started, result, exit }), context));
      } else if (result.text !== undefined && result.text !== '') {
        const text = withoutSecrets(result.text, secretsIn(context));
        writeStdout(terminalStyle(process.stdout).unicode ? text : asciiOf(text));
      }
    }
  } catch (error) {
    if (interrupt.signal.aborted) endAtOnce();
    exit = reportError(error, { name, flags, context, started });
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
  process.exitCode = exit;
}

interface Ending {
  readonly name: string;
  readonly flags: CommonFlags;
  readonly context: CommandContext | undefined;
  readonly started: number;
}

export function envelope({
  name,
  flags,
  context,
  started,
  result,
  exit,
}: Ending & { result: CommandResult; exit: number }): Envelope {
  return {
    ok: exit === EXIT.ok || exit === EXIT.findings,
    command: name,
    data: result.data,
    warnings: context?.warnings ?? [],
    error: null,
    meta: {
      version: VERSION,
      home: context?.home.path ?? null,
      profile: flags.profile ?? context?.config.hmm.profile ?? null,
      as_of: result.asOf ?? Date.now(),
      duration_ms: Date.now() - started,
    },
  };
}

/** Writes the envelope at once, for commands that go on running. */
export function printEnvelope(name: string, context: CommandContext, result: CommandResult): void {
  const ending = { name, flags: context.flags, context, started: context.started };
  writeStdout(documentOf(envelope({ ...ending, result, exit: EXIT.ok }), context));
}

function secretsIn(context: CommandContext | undefined): readonly string[] {
  return context === undefined ? [] : secretsOf(context.loaded);
}

/** One JSON document; what venues and databases said of a failure may quote an address with its password. */
function documentOf(document: object, context: CommandContext | undefined): string {
  const secrets = secretsIn(context);
  if (secrets.length === 0) return JSON.stringify(document);
  return JSON.stringify(document, (_key, value: unknown) =>
    typeof value === 'string' ? withoutSecrets(value, secrets) : value,
  );
}

/** Says what failed, why and what to do; returns the exit code. */
export function reportError(error: unknown, ending: Ending): number {
  const known =
    error instanceof TidewatchError
      ? error
      : new TidewatchError(
          'internal',
          `internal error · ${error instanceof Error ? error.message : String(error)}`,
          {
            hint: 'run again with --debug and report the trace',
            cause: error,
          },
        );
  const { flags, context } = ending;
  const clean = (text: string): string => withoutSecrets(text, secretsIn(context));
  if (flags.json) {
    const failed = envelope({ ...ending, result: { data: null }, exit: known.exitCode });
    const { code, message, hint } = known;
    writeStdout(documentOf({ ...failed, ok: false, error: { code, message, hint: hint ?? null } }, context));
  }
  if (!flags.json || flags.debug) {
    const line = clean(`Error: ${known.message}${known.hint ? ` · ${known.hint}` : ''}`);
    process.stderr.write(`${terminalStyle(process.stderr).unicode ? line : asciiOf(line)}\n`);
  }
  if (flags.debug) process.stderr.write(`${clean(stackOf(error))}\n`);
  return known.exitCode;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

export function writeStdout(line: string): void {
  process.stdout.write(line.endsWith('\n') ? line : `${line}\n`);
}
