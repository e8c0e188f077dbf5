/**
 * Progress of long work on stderr: nothing for two seconds, then a bar with rate and ETA on a terminal, or a line
 * every ten seconds where there is none (logs of a scheduler stay readable).
 */
import { SingleBar } from 'cli-progress';
import type { Clock } from '../market/clock.js';

export interface Progress {
  /** @param done finished units; @param total all units, when known or changed */
  update(done: number, total?: number, note?: string): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly label: string;
  /** What is counted: `rows`, `files`, `iterations`. */
  readonly unit: string;
  /** All units; without it no ETA is shown until `update` tells it. */
  readonly total?: number;
  readonly stream: NodeJS.WriteStream;
  readonly quiet: boolean;
  readonly clock: Clock;
}

const SHOW_AFTER_MS = 2_000;
const LINE_EVERY_MS = 10_000;
const BAR_WIDTH = 20;

export const SILENT_PROGRESS: Progress = { update: () => {}, stop: () => {} };

/** Progress on `stream`, or silence when `quiet`; call `stop` at the end, also after a failure. */
export function createProgress(options: ProgressOptions): Progress {
  if (options.quiet) return SILENT_PROGRESS;
  const { stream, clock } = options;
  const started = clock.now();
  const ascii = !supportsUnicode();
  let total = options.total ?? 0;
  let bar: SingleBar | undefined;
  let lastLine = started + SHOW_AFTER_MS - LINE_EVERY_MS;
  let done = 0;
  let note = '';
  const describe = (): string =>
    progressLine({
      label: options.label,
      unit: options.unit,
      done,
      total,
      note,
      elapsedMs: clock.now() - started,
      ascii,
    });
  return {
    update(newDone, newTotal, newNote) {
      done = newDone;
      total = newTotal ?? total;
      note = newNote ?? note;
      const now = clock.now();
      if (now - started < SHOW_AFTER_MS) return;
      if (stream.isTTY) {
        if (!bar) {
          bar = new SingleBar({
            stream,
            format: () => describe(),
            hideCursor: true,
            clearOnComplete: true,
            fps: 8,
          });
          bar.start(Math.max(total, 1), done);
        }
        bar.setTotal(Math.max(total, 1));
        bar.update(done);
      } else if (now - lastLine >= LINE_EVERY_MS) {
        lastLine = now;
        stream.write(`${describe()}\n`);
      }
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

interface ProgressState {
  label: string;
  unit: string;
  done: number;
  total: number;
  note: string;
  elapsedMs: number;
  ascii: boolean;
}

/** `import  ██████░░░░  4/22 files  3 files/s  ETA 6 s` */
export function progressLine({ label, unit, done, total, note, elapsedMs, ascii }: ProgressState): string {
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0;
  const parts = [label];
  if (total > 0) {
    const filled = Math.min(BAR_WIDTH, Math.round((done / total) * BAR_WIDTH));
    parts.push((ascii ? '#' : '█').repeat(filled) + (ascii ? '-' : '░').repeat(BAR_WIDTH - filled));
    parts.push(`${grouped(done)}/${grouped(total)} ${unit}`);
  } else {
    parts.push(`${grouped(done)} ${unit}`);
  }
  parts.push(`${rate >= 10 ? grouped(Math.round(rate)) : rate.toFixed(1)} ${unit}/s`);
  if (total > 0 && rate > 0) parts.push(`ETA ${duration(((total - done) / rate) * 1000)}`);
  if (note) parts.push(note);
  return parts.join('  ');
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** Design §10: ASCII where the terminal does not speak UTF-8. */
export function supportsUnicode(env: NodeJS.ProcessEnv = process.env): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return process.platform === 'win32' ? Boolean(env.WT_SESSION) : locale === '' || /utf-?8/i.test(locale);
}
