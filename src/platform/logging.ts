/**
 * Logs: JSON lines, one file per component in <home>/logs, rotated at 10 MB with three old files kept, and warnings
 * in words on stderr (operations spec §6). Redaction is always on: values under secret-looking names, and the known
 * secrets themselves wherever they appear.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { withoutSecrets } from './secrets.js';

export type { Logger } from 'pino';

export type Component = 'system' | 'bootstrap' | 'notifier' | 'http' | 'regime' | 'lake';

export interface LogOptions {
  /** Folder of the log files. */
  readonly folder: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Values that must never appear. */
  readonly secrets?: readonly string[];
  /** Receives human-readable lines of at least `consoleLevel`; none when undefined. */
  readonly console?: ((line: string) => void) | undefined;
  readonly consoleLevel?: 'debug' | 'info' | 'warn' | 'error';
}

const MAX_BYTES = 10 * 1024 * 1024;
const KEPT_FILES = 3;
const SECRET_NAME = /(token|secret|password|passphrase|api_?key|private_?key|authorization|cookie)/i;
const LEVEL_VALUE = { debug: 20, info: 30, warn: 40, error: 50 } as const;

/** A logger for one component. File trouble never stops the work: the line is dropped. */
export function openLog(component: Component, options: LogOptions): Logger {
  const file = new RotatingFile(join(options.folder, `${component}.log`));
  const secrets = (options.secrets ?? []).filter((secret) => secret.length >= 4);
  const consoleFrom = LEVEL_VALUE[options.consoleLevel ?? 'warn'];
  const fileFrom = LEVEL_VALUE[options.level];
  return pino(
    {
      base: { component },
      level: consoleFrom < fileFrom ? (options.consoleLevel ?? 'warn') : options.level,
      timestamp: () => `,"ts":${Date.now()}`,
      formatters: { level: (label) => ({ level: label }), log: (fields) => redact(fields, 0) },
    },
    {
      write(raw: string): void {
        // of texts alone: a secret of digits must not break a number
        const record = JSON.parse(raw, (_name, value: unknown) =>
          typeof value === 'string' ? withoutSecrets(value, secrets) : value,
        ) as { level: keyof typeof LEVEL_VALUE; msg?: string; err?: { message?: string } };
        const value = LEVEL_VALUE[record.level] ?? LEVEL_VALUE.error;
        // written anew: a name given twice (child loggers) stands once
        if (value >= fileFrom) file.write(`${JSON.stringify(record)}\n`);
        if (value < consoleFrom) return;
        const reason = record.err?.message;
        const why = reason === undefined || reason === record.msg ? '' : ` · ${reason}`;
        options.console?.(`${record.level.padEnd(5)} ${component}  ${record.msg ?? ''}${why}`);
      },
    },
  );
}

function redact(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (SECRET_NAME.test(name)) clean[name] = '****';
    else if (isPlain(value) && depth < 6) clean[name] = redact(value, depth + 1);
    else clean[name] = value;
  }
  return clean;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Appends lines; `name` becomes `name.1`, `.1` becomes `.2` … when the limit is reached. */
export class RotatingFile {
  private handle: number | undefined;
  private bytes = 0;

  constructor(
    private readonly path: string,
    private readonly maxBytes: number = MAX_BYTES,
  ) {}

  write(line: string): void {
    try {
      if (this.handle === undefined) this.open();
      if (this.bytes + line.length > this.maxBytes && this.bytes > 0) this.rotate();
      this.bytes += writeSync(this.handle!, line);
    } catch {
      this.close();
    }
  }

  close(): void {
    if (this.handle !== undefined) closeSync(this.handle);
    this.handle = undefined;
  }

  private open(): void {
    mkdirSync(join(this.path, '..'), { recursive: true, mode: 0o700 });
    this.handle = openSync(this.path, 'a', 0o600);
    this.bytes = fstatSync(this.handle).size;
  }

  private rotate(): void {
    this.close();
    rmSync(`${this.path}.${KEPT_FILES}`, { force: true });
    for (let age = KEPT_FILES - 1; age >= 0; age -= 1) {
      const from = age === 0 ? this.path : `${this.path}.${age}`;
      try {
        renameSync(from, `${this.path}.${age + 1}`);
      } catch {
        // Not there yet: fewer than three old files.
      }
    }
    this.open();
  }
}
