/** The card of one day beside the chart: score and its parts, result, book. Builds plain elements, no markup. */
import type { MajorsChartData } from '../majors/chart-shape.js';
import { formatDate, formatNumber, formatReturn, formatSigned } from '../number-format.js';
import { node } from './page-element.js';

const EXITS: Record<string, string> = {
  stop_loss: 'stop loss',
  take_profit: 'profit taken',
  time_exit: 'held too long',
  trailing_stop: 'trailing stop',
};

/** A bar to the right for what is above zero, to the left for what is below; `widest` fills one half. */
function bar(value: number, widest: number, kind: string): HTMLElement {
  const fill = node('i', value < 0 ? `${kind} minus` : kind);
  fill.style.width = `${Math.min(50, (Math.abs(value) / Math.max(widest, 1e-12)) * 50)}%`;
  return node('span', 'diverging', fill);
}

function fact(name: string, value: string, tone = ''): HTMLElement {
  return node('div', '', node('dt', '', name), node('dd', tone, value));
}

const toneOf = (value: number): string => (value > 0 ? 'up' : value < 0 ? 'down' : '');

/** @param row of the timeline */
export function fillDay(host: HTMLElement, data: MajorsChartData, row: number): void {
  const at = row - data.firstTraded;
  const isTraded = at >= 0 && at < data.equity.length;
  const regime = data.regimes[data.regime[row]!]!;
  const parts = data.contributions
    .map(({ label, values }) => ({ label, value: values[row] ?? null }))
    .sort((a, b) => Math.abs(b.value ?? 0) - Math.abs(a.value ?? 0));
  const widest = Math.max(...parts.map(({ value }) => Math.abs(value ?? 0)), 0.05);
  const side = regime.side > 0 ? 'majors' : regime.side < 0 ? 'alts' : 'neither';
  const children: HTMLElement[] = [
    node(
      'p',
      'day-regime',
      node('i', `side ${side}`),
      node('b', '', regime.label),
      node('span', '', `score ${formatSigned(data.score[row], 2)}`),
    ),
    node('h3', '', 'Why this score', node('span', '', 'weight × z')),
    node(
      'ul',
      'parts',
      ...parts.map(({ label, value }) =>
        node(
          'li',
          '',
          node('span', 'name', label),
          bar(value ?? 0, widest, (value ?? 0) < 0 ? 'alts' : 'majors'),
          node('span', 'number', formatSigned(value, 2)),
        ),
      ),
    ),
  ];
  if (isTraded) children.push(...tradedDay(data, at));
  else children.push(node('p', 'footnote', 'Before the first test day: nothing was traded.'));
  host.replaceChildren(...children);
}

function tradedDay(data: MajorsChartData, at: number): HTMLElement[] {
  const book = data.book[at]!;
  const pairs = book < 0 ? [] : data.books[book]!;
  const weights: { asset: string; weight: number }[] = [];
  for (let i = 0; i < pairs.length; i += 2)
    weights.push({ asset: data.assets[pairs[i]!]!, weight: pairs[i + 1]! });
  weights.sort((a, b) => b.weight - a.weight || (a.asset < b.asset ? -1 : 1));
  const widest = Math.max(...weights.map(({ weight }) => Math.abs(weight)), 0.01);
  const exit = EXITS[data.exit[at]!];
  const facts = [
    fact('Net result', formatReturn(data.net[at]), toneOf(data.net[at]!)),
    fact('Prices', formatReturn(data.pnl[at])),
    fact('Costs', formatReturn(-data.cost[at]!)),
    fact('Funding', formatReturn(-data.funding[at]!, 3)),
  ];
  if (exit !== undefined) facts.push(fact('Closed', exit, 'down'));
  const held = [
    fact('Gross, net', `${formatNumber(data.gross[at], 2)}, ${formatSigned(data.netExposure[at], 2)}`),
    fact(
      'Left-over beta',
      `BTC ${formatSigned(data.errorBtc[at], 3)}, ETH ${formatSigned(data.errorEth[at], 3)}`,
    ),
  ];
  return [
    node('h3', '', 'Result of the day', node('span', '', 'share of equity')),
    node('dl', 'facts', ...facts),
    node(
      'h3',
      '',
      'Book after the close',
      node('span', '', weights.length === 0 ? 'flat' : `${weights.length} names`),
    ),
    ...(weights.length === 0
      ? [node('p', 'footnote', 'No position is held.')]
      : [
          node('dl', 'facts', ...held),
          node(
            'ul',
            'parts weights',
            ...weights.map(({ asset, weight }) =>
              node(
                'li',
                '',
                node('span', 'name', asset),
                bar(weight, widest, weight < 0 ? 'down' : 'up'),
                node('span', 'number', formatReturn(weight, 1)),
              ),
            ),
          ),
        ]),
  ];
}

/** Rows of the traded days as a table, newest first. */
export function fillDayTable(host: HTMLElement, data: MajorsChartData): void {
  if (host.childElementCount > 0) return;
  const head = ['Day', 'Regime', 'Score', 'Net', 'Costs', 'Funding', 'Gross', 'Equity', 'Drawdown'];
  const cells = (tag: string, texts: string[]): HTMLElement => {
    const line = node('tr', '');
    texts.forEach((text, column) => {
      line.append(node(tag, column === 1 ? 'word' : '', text));
    });
    return line;
  };
  const body = node('tbody', '');
  for (let at = data.equity.length - 1; at >= 0; at -= 1) {
    const row = at + data.firstTraded;
    body.append(
      cells('td', [
        formatDate(data.time[row]! * 1000),
        data.regimes[data.regime[row]!]!.label,
        formatSigned(data.score[row], 2),
        formatReturn(data.net[at]),
        formatReturn(-data.cost[at]!),
        formatReturn(-data.funding[at]!, 3),
        formatNumber(data.gross[at], 2),
        formatNumber(data.equity[at], 4),
        formatReturn(data.drawdown[at], 1),
      ]),
    );
  }
  const table = node('table', '', node('thead', '', cells('th', head)), body);
  host.append(table);
}
