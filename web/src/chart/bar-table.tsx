/** The chart as a table: the rows in view, newest first, real cells for readers that cannot see a canvas. */
import { formatPrice } from '../../../src/app/report/number-format.js';
import { useZone } from '../shell/zone.js';
import { type BarContent, firstAtOrAfter } from './bar-view.js';
import type { TimeSpan } from './viewport.js';

/** More rows than these are not put into the page. */
const MOST_ROWS = 300;

/** Beside the prices. */
export interface BarColumn {
  readonly head: string;
  readonly isWord?: boolean;
  readonly cell: (row: number) => string;
}

interface BarTableProps {
  readonly content: BarContent;
  readonly columns: readonly BarColumn[];
  readonly span: TimeSpan;
  /** `1 bar = 4 h` */
  readonly scale: string;
}

export function BarTable({ content, columns, span, scale }: BarTableProps) {
  const zone = useZone();
  const { level } = content;
  const from = firstAtOrAfter(level.time, span.from / 1000);
  const to = firstAtOrAfter(level.time, span.to / 1000);
  const count = Math.min(MOST_ROWS, to - from);
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
            {columns.map(({ head, isWord }) => (
              <th scope="col" key={head} className={isWord ? 'word' : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={level.time[row]}>
              <th scope="row">{zone.time(level.time[row]! * 1000).replace(/ \S+$/, '')}</th>
              {[level.open, level.high, level.low, level.close].map((column, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: four columns in a fixed order
                <td key={index}>{formatPrice(column[row])}</td>
              ))}
              {columns.map(({ head, isWord, cell }) => (
                <td key={head} className={isWord ? 'word' : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
