/**
 * How results look in a terminal (design §10): words left, numbers right, two spaces between columns, one header
 * rule, no boxes; ASCII without UTF-8, colour only on a terminal and without NO_COLOR.
 */
import pico from 'picocolors';

export interface Column {
  readonly header: string;
  readonly align: 'left' | 'right';
}

export interface Style {
  readonly unicode: boolean;
  readonly color: boolean;
}

export function terminalStyle(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): Style {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  const unicode =
    process.platform === 'win32' ? Boolean(env.WT_SESSION) : locale === '' || /utf-?8/i.test(locale);
  return { unicode, color: Boolean(stream.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb' };
}

/** Short marks for columns: `text('State')`, `number('Share')`. */
export const text = (header: string): Column => ({ header, align: 'left' });
export const number = (header: string): Column => ({ header, align: 'right' });

/** A name in at most `most` characters: its beginning and its end, which tell names of one venue apart. */
export function shortName(name: string, most = 44): string {
  if (name.length <= most) return name;
  const tail = Math.floor((most - 1) / 3);
  return `${name.slice(0, most - 1 - tail)}…${name.slice(-tail)}`;
}

/** Lines joined by newlines, without one at the end. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: Style,
): string {
  const widths = columns.map(({ header }, index) =>
    Math.max(width(header), ...rows.map((row) => width(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? '';
        const padding = ' '.repeat(widths[index]! - width(cell));
        return align === 'left' ? cell + padding : padding + cell;
      })
      .join('  ')
      .trimEnd();
  const colors = pico.createColors(style.color);
  const rule = (style.unicode ? '─' : '-').repeat(
    widths.reduce((sum, each) => sum + each, 0) + 2 * (widths.length - 1),
  );
  return [colors.bold(line(columns.map(({ header }) => header))), colors.dim(rule), ...rows.map(line)].join(
    '\n',
  );
}

/** Visible characters: escape sequences take no room. */
function width(cell: string): number {
  return [...cell.replace(ESCAPES, '')].length;
}

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

/** `43,210` */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 file`, `527 files` */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** The first word of a check, in the colour of what it means; the word itself says it too. */
export function statusWord(status: 'ok' | 'warn' | 'fail', style: Style): string {
  const colors = pico.createColors(style.color);
  const paint = { ok: colors.green, warn: colors.yellow, fail: colors.red }[status];
  return paint(status) + ' '.repeat(4 - status.length);
}

/** `12.3 MB` */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? scaled : scaled.toFixed(1)} ${units[unit]}`;
}

/** A share of one as `48.2%`. */
export function percent(value: number | null, digits = 1): string {
  return value === null || !Number.isFinite(value) ? 'n/a' : `${(value * 100).toFixed(digits)}%`;
}

/** As `percent`, with its sign. */
export function signedPercent(value: number | null, digits = 3): string {
  if (value === null || !Number.isFinite(value)) return 'n/a';
  const shown = Math.abs(value * 100).toFixed(digits);
  if (Number(shown) === 0) return `${shown}%`;
  return `${value > 0 ? '+' : '−'}${shown}%`;
}

/** `2024-05-08` */
export function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** `2024-05-08 12:00` (UTC) */
export function minute(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

/** `0.4 s`, `3 min` */
export function seconds(milliseconds: number): string {
  if (milliseconds < 100_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
}

/** What leaves the product, in ASCII where the terminal does not speak UTF-8. */
export function asciiOf(line: string): string {
  return line.replaceAll('·', '-').replaceAll('…', '..').replaceAll('−', '-').replaceAll('─', '-');
}
