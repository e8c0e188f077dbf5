/** The regime summary of design §10: one row per state, then what holds now. */
import { displaySymbol, parseInstrument } from '../../market/instrument.js';
import type { RegimeHistory } from '../regime/regime-service.js';
import type { TrainedRegime } from '../regime/trained-regime.js';
import { count, day, number, percent, renderTable, type Style, signedPercent, text } from './output.js';

/** Indices of the states by ascending mean return, as the labels order them: the order of every table. */
export function stateOrder({ record }: TrainedRegime): number[] {
  return [...record.stats]
    .sort((a, b) => (a.avg_return ?? 0) - (b.avg_return ?? 0))
    .map(({ state }) => state);
}

export function regimeTable(regime: TrainedRegime, style: Style): string {
  const order = stateOrder(regime).map((state) => regime.record.stats[state]!);
  return renderTable(
    [
      text('State'),
      number('Share'),
      number('Mean per bar'),
      number('Vol per bar'),
      number('Next bar (t)'),
      number('Expected length'),
    ],
    order.map((each) => [
      each.label,
      percent(each.share),
      signedPercent(each.avg_return),
      percent(each.volatility, 3),
      `${signedPercent(each.next_bar_return)} (${tValue(each.next_bar_t_statistic)})`,
      regime.record.transition_matrix === null ? 'n/a' : bars(each.expected_duration),
    ]),
    style,
  );
}

/** `BTC/USDT 1h  2020-05-11 … 2024-05-08  hmm, 3 states, filtered` */
export function regimeHeading(history: RegimeHistory): string {
  const { stored, record } = history.regime;
  const { time } = history.rows;
  const symbol = displaySymbol(parseInstrument(stored.instrumentId));
  const span = `${day(time[0]!)} … ${day(time[time.length - 1]!)}`;
  return `${symbol} ${stored.timeframe}  ${span}  ${record.model}, ${record.config.states} states, ${history.kind}`;
}

/** `now Chop 0.97, for 12 bars` */
export function regimeNow(history: RegimeHistory): string {
  const { rows, regime } = history;
  const last = rows.rows - 1;
  const state = rows.regime[last]!;
  const probability = rows.probability[last * rows.states + state]!;
  const run = barsInState(history);
  // the whole window: the stay may have begun before it
  const least = run === rows.rows ? 'at least ' : '';
  return `now ${regime.record.labels[state]} ${probability.toFixed(2)}, for ${least}${run} ${run === 1 ? 'bar' : 'bars'}`;
}

/** Uninterrupted bars up to the newest in which its state was the most probable. */
export function barsInState({ rows }: RegimeHistory): number {
  const state = rows.regime[rows.rows - 1];
  let run = 0;
  while (run < rows.rows && rows.regime[rows.rows - 1 - run] === state) run += 1;
  return run;
}

function tValue(t: number | null): string {
  return t === null ? 'n/a' : `${t < 0 ? '−' : ''}${Math.abs(t).toFixed(1)}`;
}

function bars(expected: number | null): string {
  if (expected === null) return 'never ends';
  return `${expected < 10 ? expected.toFixed(1) : count(Math.round(expected))} bars`;
}
