/** What every command body works with: the home, the configuration, progress, notices and the interrupt signal. */
import { createInterface } from 'node:readline/promises';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import { type LoadedConfig, loadConfig } from '../../platform/config.js';
import type { Config } from '../../platform/config-schema.js';
import { type Home, resolveHome } from '../../platform/home.js';
import type { Component, Logger } from '../../platform/logging.js';
import { createProgress, type Progress } from '../../platform/progress.js';
import { secretsOf } from '../../platform/secrets.js';
import { systemClock } from '../../platform/system-clock.js';
import { asciiOf, type Style, terminalStyle } from './output.js';

export interface CommonFlags {
  readonly home?: string;
  readonly config?: string;
  readonly profile?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly [fact: string]: unknown;
}

export interface CommandContext {
  readonly flags: CommonFlags;
  readonly home: Home;
  readonly config: Config;
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  /** When the command began, epoch ms. */
  readonly started: number;
  /** Aborts on Ctrl-C; long loops check it between atomic writes. */
  readonly signal: AbortSignal;
  /** How stdout wants its text. */
  readonly style: Style;
  readonly warnings: readonly Warning[];
  /** Adds a warning to the envelope and says it on stderr. */
  warn(warning: Warning): void;
  /** Says something on stderr, unless --quiet. */
  notice(line: string): void;
  /** Writes a line to stdout at once (start, serve); in JSON mode one NDJSON object. */
  say(line: string): void;
  progress(label: string, unit: string, total?: number): Progress;
  log(component: Component): Promise<Logger>;
  /** Tells an interrupted run what stays. */
  keep(description: string): void;
  readonly kept: string | undefined;
  /** @throws TidewatchError `confirmation_required` when the answer is not yes or nobody can be asked */
  confirm(question: string, yes: boolean | undefined): Promise<void>;
}

/** @throws TidewatchError `invalid_config`, `file_not_found` */
export function openContext(
  flags: CommonFlags,
  overrides: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): CommandContext {
  const env = process.env;
  const home = resolveHome({ flag: flags.home, env, cwd: process.cwd() });
  const loaded = loadConfig({ flag: flags.config, overrides, env, cwd: process.cwd(), home: home.path });
  const warnings: Warning[] = [];
  const style = terminalStyle(process.stdout);
  const errorStyle = terminalStyle(process.stderr);
  const toStderr = (line: string): void => {
    process.stderr.write(`${errorStyle.unicode ? line : asciiOf(line)}\n`);
  };
  const notice = (line: string): void => {
    if (!flags.quiet) toStderr(line);
  };
  let kept: string | undefined;
  return {
    flags,
    home,
    config: loaded.config,
    loaded,
    clock: systemClock,
    started: systemClock.now(),
    signal,
    style,
    warnings,
    warn(warning) {
      warnings.push(warning);
      if (!flags.json) notice(`Warning: ${warning.message}`);
    },
    notice,
    say(line) {
      process.stdout.write(`${style.unicode || flags.json ? line : asciiOf(line)}\n`);
    },
    progress(label, unit, total) {
      return createProgress({
        label,
        unit,
        ...(total === undefined ? {} : { total }),
        stream: process.stderr,
        quiet: Boolean(flags.quiet),
        clock: systemClock,
      });
    },
    async log(component) {
      const { openLog } = await import('../../platform/logging.js');
      return openLog(component, {
        folder: home.logs,
        level: loaded.config.log.level,
        secrets: secretsOf(loaded),
        consoleLevel: flags.debug ? 'debug' : 'warn',
        console: flags.quiet ? undefined : toStderr,
      });
    },
    keep(description) {
      kept = description;
    },
    get kept() {
      return kept;
    },
    async confirm(question, yes) {
      if (yes) return;
      if (!process.stdin.isTTY || !process.stderr.isTTY) {
        throw new TidewatchError(
          'confirmation_required',
          `${question} was not confirmed · there is no terminal to ask on`,
          {
            hint: 'add --yes',
          },
        );
      }
      const reader = createInterface({ input: process.stdin, output: process.stderr });
      const answer = await reader.question(`${question}? [y/N] `, { signal }).finally(() => reader.close());
      if (!/^y(es)?$/i.test(answer.trim())) {
        throw new TidewatchError('confirmation_required', `${question} was not confirmed`, {
          hint: 'nothing was changed; answer y or add --yes',
        });
      }
    },
  };
}
