/** Wealth over time on a logarithmic scale: an inline picture that needs no script. */
import { html, Markup } from '../markup.js';
import { formatDate, formatReturn } from '../number-format.js';

export interface Curve {
  readonly name: string;
  readonly ts: readonly number[];
  /** 1 at the start. */
  readonly wealth: readonly number[];
  /** The dashed grey line that the others are held against. */
  readonly isBenchmark?: boolean;
}

const WIDTH = 1000;
const HEIGHT = 276;
/** Part of the height left free above and below. */
const MARGIN = 0.07;
const COLOURS = 6;
/** Ticks are multiples of a power of ten that leave at most this many lines. */
const MOST_TICKS = 7;
const STEPS: readonly (readonly number[])[] = [
  [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9],
  [1, 1.2, 1.5, 2, 3, 5, 7],
  [1, 2, 5],
  [1, 3],
  [1],
];

/** Wealth levels worth a grid line between two levels. */
export function wealthTicks(low: number, high: number): number[] {
  for (const steps of STEPS) {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      for (const step of steps) {
        const value = step * 10 ** power;
        if (value >= low && value <= high) ticks.push(value);
      }
    }
    if (ticks.length <= MOST_TICKS) return ticks;
  }
  // so wide that single powers of ten are too many: every second, third … of them
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  const apart = Math.ceil((last - first + 1) / MOST_TICKS);
  return Array.from({ length: Math.floor((last - first) / apart) + 1 }, (_, i) =>
    Number(`1e${first + i * apart}`),
  );
}

/** Class of a line: colours first, then the same colours dashed and dotted. */
function lineClass(curve: Curve, at: number): string {
  if (curve.isBenchmark) return 'line-hold';
  const dash = ['', ' dashed', ' dotted'][Math.floor(at / COLOURS) % 3]!;
  return `line-${at % COLOURS}${dash}`;
}

export function wealthCurves(title: string, note: string, curves: readonly Curve[]): Markup {
  const all = curves.flatMap(({ wealth }) => wealth);
  const from = Math.min(...curves.map(({ ts }) => ts[0]!));
  const to = Math.max(...curves.map(({ ts }) => ts[ts.length - 1]!));
  const low = Math.log(Math.min(...all));
  const high = Math.log(Math.max(...all));
  const room = Math.max(1e-6, high - low) * MARGIN;
  const share = (value: number): number =>
    1 - (Math.log(value) - low + room) / (Math.max(1e-6, high - low) + 2 * room);
  const x = (time: number): number => ((time - from) / Math.max(1, to - from)) * WIDTH;
  const path = ({ ts, wealth }: Curve): string =>
    wealth
      .map(
        (value, i) => `${i === 0 ? 'M' : 'L'}${x(ts[i]!).toFixed(1)} ${(share(value) * HEIGHT).toFixed(1)}`,
      )
      .join('');
  const ticks = wealthTicks(Math.exp(low - room), Math.exp(high + room));
  const named = curves.map((curve, at) => ({ curve, line: lineClass(curve, at), path: path(curve) }));
  const grid = ticks.map((tick) => {
    const y = (share(tick) * HEIGHT).toFixed(1);
    return html`<path class="grid${tick === 1 ? ' one' : ''}" d="M0 ${y}H${WIDTH}"/>`;
  });
  const spoken = curves
    .map(({ name, wealth }) => `${name} ${formatReturn(wealth[wealth.length - 1]! - 1, 0)}`)
    .join(', ');
  return html`<section aria-labelledby="curves-title">
<h2 id="curves-title">${title} <span>${note}</span></h2>
<div class="plot" role="img" aria-label="Return from ${formatDate(from)} to ${formatDate(to)}: ${spoken}.">
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">${grid}${[...named].reverse().map((each) => html`<path class="curve ${each.line}" d="${each.path}"/>`)}</svg>
${ticks.map((tick) => html`<span class="tick" style="top:${tickTop(share(tick))}">${formatReturn(tick - 1, 0)}</span>`)}
${dateTicks(from, to)}</div>
<p class="key">${named.map(
    ({ curve, line }) =>
      html`<span class="${line}"><svg viewBox="0 0 22 8" aria-hidden="true"><path d="M0 4H22"/></svg>${curve.name} <b>${formatReturn(curve.wealth[curve.wealth.length - 1]! - 1, 0)}</b></span>`,
  )}</p></section>`;
}

/** The picture ends 24 px above the frame's lower edge, where the dates stand. */
const tickTop = (share: number): string => `calc((100% - 24px) * ${share.toFixed(4)})`;

function dateTicks(from: number, to: number): Markup[] {
  return [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const left = `calc((100% - 64px) * ${part}${part === 0 ? ' + 8px' : ''})`;
    const end = part === 0 ? ' first' : part === 1 ? ' last' : part === 0.5 ? '' : ' between';
    return html`<span class="date${end}" style="left:${new Markup(left)}">${formatDate(from + part * (to - from))}</span>`;
  });
}
