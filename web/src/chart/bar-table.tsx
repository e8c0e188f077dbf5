/** The chart as a table: the rows in view, newest first, real cells for readers that cannot see a canvas. */
import { formatPrice, formatProbability } from '../../../src/app/report/number-format.js';
import { readingOrder } from '../lab/lab-model.js';
import { useZone } from '../shell/zone.js';
import { firstAtOrAfter } from './chart-view.js';
import { NO_STATE } from './level-of-answer.js';
import type { Shown } from './price-chart.js';
import type { TimeSpan } from './viewport.js';

/** More rows than these are not put into the page. */
const MOST_ROWS = 300;

export function BarTable({ shown, span, scale }: { shown: Shown; span: TimeSpan; scale: string }) {
  const zone = useZone();
  const { level, labels } = shown.content;
  const from = firstAtOrAfter(level.time, span.from / 1000);
  const to = firstAtOrAfter(level.time, span.to / 1000);
  const count = Math.min(MOST_ROWS, to - from);
  const order = readingOrder(labels);
  const rows = Array.from({ length: Math.max(0, count) }, (_, index) => to - 1 - index);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="chart-table scroll" aria-label="Bars as a table" tabIndex={0}>
      <table className="table">
        <caption>
          {count < to - from
            ? `Newest ${count} of ${to - from} bars in view, ${scale}. Zoom in for the others.`
            : `${count} bars in view, newest first, ${scale}.`}
        </caption>
        <thead>
          <tr>
            <th scope="col">Open time, {zone.name}</th>
            <th scope="col">Open</th>
            <th scope="col">High</th>
            <th scope="col">Low</th>
            <th scope="col">Close</th>
            {labels.length > 0 && (
              <th scope="col" className="word">
                Regime
              </th>
            )}
            {order.map((state) => (
              <th scope="col" key={labels[state]}>
                {labels[state]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const state = level.state[row]!;
            return (
              <tr key={level.time[row]}>
                <th scope="row">{zone.time(level.time[row]! * 1000).replace(/ \S+$/, '')}</th>
                {[level.open, level.high, level.low, level.close].map((column, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: four columns in a fixed order
                  <td key={index}>{formatPrice(column[row])}</td>
                ))}
                {labels.length > 0 && <td className="word">{state === NO_STATE ? '—' : labels[state]}</td>}
                {order.map((each) => (
                  <td key={each}>
                    {state === NO_STATE ? '—' : formatProbability(level.probabilities[each]![row])}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
