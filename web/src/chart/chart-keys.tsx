/** The chart's place in the page, and its keys: a slider over the bars that says what stands under the crosshair. */
import { type KeyboardEvent, type RefObject, useRef, useState } from 'react';

interface ChartKeysProps {
  readonly host: RefObject<HTMLDivElement | null>;
  readonly chart: { point(row: number): void; zoom?(factor: number): void } | null;
  readonly className: string;
  readonly label: string;
  /** Id of what says more about the keys. */
  readonly describedBy?: string;
  readonly rows: () => number;
  /** Open time of a row, UTC s; a window that is fetched anew gives the bar another row. */
  readonly timeOf: (row: number) => number;
  /** Row of the bar that holds a time; the newest when none does. */
  readonly rowOf: (time: number) => number;
  readonly describe: (row: number) => string;
  readonly onRow: (row: number) => void;
  /** Enter, as a click on the bar. */
  readonly onPick: (row: number) => void;
}

const ZOOM = 0.7;

export function ChartKeys(props: ChartKeysProps) {
  const { host, chart, className, label, describedBy, rows, timeOf, rowOf, describe, onRow, onPick } = props;
  /** Time of the bar under the crosshair. */
  const cursor = useRef<number | null>(null);
  const [spoken, setSpoken] = useState({ row: 0, of: 0, words: '' });

  const move = (wanted: number): void => {
    const count = rows();
    if (count === 0 || !chart) return;
    const row = Math.max(0, Math.min(count - 1, wanted));
    cursor.current = timeOf(row);
    chart.point(row);
    onRow(row);
    setSpoken({ row, of: count - 1, words: describe(row) });
  };

  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const count = rows();
    const at = cursor.current === null ? count - 1 : Math.min(count - 1, rowOf(cursor.current));
    if (event.key === 'Enter' && count > 0) {
      event.preventDefault();
      onPick(at);
      return;
    }
    const step = event.shiftKey ? 10 : 1;
    const row = new Map([
      ['ArrowLeft', at - step],
      ['ArrowRight', at + step],
      ['Home', 0],
      ['End', count - 1],
    ]).get(event.key);
    const zoom = new Map([
      ['+', ZOOM],
      ['=', ZOOM],
      ['-', 1 / ZOOM],
    ]).get(event.key);
    if (row === undefined && zoom === undefined) return;
    event.preventDefault();
    if (row !== undefined) move(row);
    if (zoom !== undefined) chart?.zoom?.(zoom);
  };

  return (
    <div
      ref={host}
      className={className}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-describedby={describedBy}
      aria-valuemin={0}
      aria-valuemax={spoken.of}
      aria-valuenow={spoken.row}
      aria-valuetext={spoken.words}
      onKeyDown={press}
    />
  );
}
