/**
 * How numbers and times are written (design §4): grouped thousands, U+2212 minus, units after a no-break space,
 * `> 99 %` and `< 1 %` instead of false certainty, never −0, a dash for what is missing. Times are UTC and say so.
 * Imports nothing: the report's page runs this very file in the browser.
 */

/** What stands for a missing value. */
export const MISSING = '—';

const MINUS = '\u2212';
const SPACE = '\u00a0';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

type Maybe = number | null | undefined;

const isMissing = (value: Maybe): value is null | undefined => value == null || Number.isNaN(value);

function groupThousands(digits: string): string {
  const [whole = '', fraction] = digits.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Fixed decimals, grouped, with a typographic minus and no negative zero. */
export function formatNumber(value: Maybe, decimals = 0): string {
  if (isMissing(value)) return MISSING;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${MINUS}∞`;
  const digits = groupThousands(Math.abs(value).toFixed(decimals));
  return value < 0 && /[1-9]/.test(digits) ? MINUS + digits : digits;
}

/** Like formatNumber with a plus before what is above zero after rounding. */
export function formatSigned(value: Maybe, decimals = 2): string {
  const text = formatNumber(value, decimals);
  return !isMissing(value) && value > 0 && /[1-9∞]/.test(text) ? `+${text}` : text;
}

/** ≥ 1000 no decimals, ≥ 10 one, below four significant digits with the zeros grouped: `0.000 018 42`. */
export function formatPrice(value: Maybe): string {
  if (isMissing(value)) return MISSING;
  const size = Math.abs(value);
  if (size >= 999.95) return formatNumber(value, 0);
  if (size >= 9.9995) return formatNumber(value, 1);
  if (size === 0) return '0';
  const decimals = Math.min(20, 3 - Math.floor(Math.log10(size)));
  const text = formatNumber(value, decimals);
  if (size >= 0.01) return text;
  const [whole = '', fraction = ''] = text.split('.');
  return `${whole}.${fraction.replace(/(\d{3})(?=\d)/g, `$1${SPACE}`)}`;
}

/** A fraction as a signed percentage: `+1.28 %`. */
export function formatReturn(fraction: Maybe, decimals = 2): string {
  return isMissing(fraction) ? MISSING : `${formatSigned(fraction * 100, decimals)}${SPACE}%`;
}

/** A fraction as an unsigned percentage: `44.7 %`. */
export function formatPercent(fraction: Maybe, decimals = 1): string {
  return isMissing(fraction) ? MISSING : `${formatNumber(fraction * 100, decimals)}${SPACE}%`;
}

/** A probability in whole percent; `> 99 %` and `< 1 %` at the ends, so that nothing looks certain. */
export function formatProbability(probability: Maybe): string {
  if (isMissing(probability)) return MISSING;
  if (probability > 0.99) return `>${SPACE}99${SPACE}%`;
  if (probability < 0.01) return `<${SPACE}1${SPACE}%`;
  return `${Math.round(probability * 100)}${SPACE}%`;
}

/** A length of time in its two largest units: `2 d 7 h`, `1 h 40 m`, `12 s`. */
export function formatDuration(milliseconds: Maybe): string {
  if (isMissing(milliseconds)) return MISSING;
  if (!Number.isFinite(milliseconds)) return '∞';
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds}${SPACE}s`;
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${SPACE}${unit}`)
    .join(SPACE);
}

/** A number of bars of `barLength` ms as time with one decimal: 15.3 bars of 1h are `15.3 h`, of 4h `2.6 d`. */
export function formatBarsAsTime(bars: Maybe, barLength: number): string {
  if (isMissing(bars)) return MISSING;
  if (!Number.isFinite(bars)) return '∞';
  const length = bars * barLength;
  if (length < 2 * HOUR && barLength < HOUR) return `${formatNumber(length / MINUTE, 0)}${SPACE}m`;
  if (length < 2 * DAY && barLength < DAY) return `${formatNumber(length / HOUR, 1)}${SPACE}h`;
  return `${formatNumber(length / DAY, 1)}${SPACE}d`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `11 May 2020`. */
export function formatDate(time: Maybe): string {
  if (isMissing(time)) return MISSING;
  const date = new Date(time);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** `16 Oct 2025 12:00 UTC`. */
export function formatTime(time: Maybe): string {
  if (isMissing(time)) return MISSING;
  const date = new Date(time);
  return `${formatDate(time)} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} UTC`;
}

/** `16 Oct 12:00 UTC`, where the year stands nearby. */
export function formatTimeOfYear(time: Maybe): string {
  return formatTime(time).replace(/ \d{4} /, ' ');
}

/** `1 bar`, `1,240 bars`. */
export function formatCount(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
}
