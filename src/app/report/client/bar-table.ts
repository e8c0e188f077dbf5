/** The chart as a table: the rows in view, newest first, real cells for readers that cannot see a canvas. */
import { formatPrice, formatProbability, formatTime } from '../number-format.js';
import type { DecodedLevel } from './decode-columns.js';

/** More rows than these are not put into the page. */
const TABLE_ROWS = 300;

/** Fills `host` with rows [from, to] of the level. */
export function fillTable(
  host: HTMLElement,
  level: DecodedLevel,
  labels: readonly string[],
  order: readonly number[],
  from: number,
  to: number,
  scale: string,
): void {
  const table = document.createElement('table');
  const shown = Math.min(TABLE_ROWS, to - from + 1);
  table.createCaption().textContent =
    shown < to - from + 1
      ? `Newest ${shown} of ${to - from + 1} rows in view, ${scale}. Choose a shorter range for the others.`
      : `${shown} rows in view, newest first, ${scale}.`;
  const heads = [
    'Open time, UTC',
    'Open',
    'High',
    'Low',
    'Close',
    'Regime',
    ...order.map((state) => labels[state]!),
  ];
  const head = table.createTHead().insertRow();
  for (const [column, words] of heads.entries()) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = words;
    if (column === 5) cell.className = 'word';
    head.append(cell);
  }
  const body = table.createTBody();
  for (let row = to; row > to - shown; row -= 1) {
    const line = body.insertRow();
    const time = document.createElement('th');
    time.scope = 'row';
    time.textContent = formatTime(level.time[row]! * 1000).replace(' UTC', '');
    line.append(time);
    for (const price of [level.open, level.high, level.low, level.close]) {
      line.insertCell().textContent = formatPrice(price[row]);
    }
    const regime = line.insertCell();
    regime.className = 'word';
    const state = level.state[row]!;
    regime.textContent = state === 255 ? '—' : labels[state]!;
    for (const index of order) {
      line.insertCell().textContent =
        state === 255 ? '—' : formatProbability(level.probabilities[index]![row]);
    }
  }
  host.replaceChildren(table);
}
