/** Wealth over time, one line a candidate: colour, dash and a name at its end, with a table of the ends beside it. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatDate, formatReturn } from '../../../src/app/report/number-format.js';
import { APPEARANCE_CHANGED } from '../shell/appearance.js';
import { useZone } from '../shell/zone.js';

export interface Curve {
  readonly name: string;
  /** UTC ms, ascending. */
  readonly time: readonly number[];
  /** Wealth; 1 at the start. */
  readonly values: readonly number[];
}

const HEIGHT = 260;
const DAY = 86_400;
/** Tokens and dashes by position; the last curve is holding, quiet and dotted. */
const LINES = ['accent', 'warn', 'ok', 'exit-assertiveness', 'add-appetite', 's0'] as const;
const DASHES = [[], [8, 4], [3, 3], [12, 4, 3, 4], [2, 5], [6, 2]] as const;
const HOLD = { token: 'muted', dash: [2, 3] } as const;

export function lineOf(index: number, name: string): { token: string; dash: readonly number[] } {
  if (name === 'hold') return HOLD;
  return { token: LINES[index % LINES.length]!, dash: DASHES[index % DASHES.length]! };
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** One column of times for all curves, gaps where a curve has none. */
function aligned(curves: readonly Curve[]): uPlot.AlignedData {
  const times = [...new Set(curves.flatMap(({ time }) => [...time]))].sort((a, b) => a - b);
  const columns = curves.map(({ time, values }) => {
    const known = new Map(time.map((each, index) => [each, values[index]! - 1]));
    return times.map((each) => known.get(each) ?? null);
  });
  return [times.map((each) => each / 1000), ...columns];
}

/** `15 Oct`, `Oct 2023` or `2023` of UTC seconds: as fine as the step between two ticks, in s. */
function dayWords(tick: number, step: number): string {
  const [day, month, year] = formatDate(tick * 1000).split(' ');
  if (step >= 360 * DAY) return year!;
  return step >= 28 * DAY || (day === '1' && month === 'Jan') ? `${month} ${year}` : `${day} ${month}`;
}

function plot(host: HTMLElement, curves: readonly Curve[]): uPlot {
  const percent = (value: number | null): string => formatReturn(value, 1);
  const axis = {
    stroke: token('faint'),
    font: '11px Inter, system-ui, sans-serif',
    grid: { stroke: token('grid'), width: 1 },
    ticks: { show: false },
  };
  return new uPlot(
    {
      width: host.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
      cursor: { points: { size: 6 }, drag: { x: false, y: false } },
      scales: { x: { time: true } },
      axes: [
        { ...axis, size: 30, values: (_, ticks, __, ___, step) => ticks.map((tick) => dayWords(tick, step)) },
        { ...axis, side: 1, size: 64, values: (_, ticks) => ticks.map((tick) => formatReturn(tick, 0)) },
      ],
      series: [
        {},
        ...curves.map(({ name }, index) => {
          const { token: color, dash } = lineOf(index, name);
          return {
            label: name,
            stroke: token(color),
            width: 1.5,
            dash: [...dash],
            spanGaps: true,
            points: { show: false },
            value: (_: uPlot, value: number | null) => percent(value),
          };
        }),
      ],
    },
    aligned(curves),
    host,
  );
}

export function WealthChart({ curves }: { curves: readonly Curve[] }) {
  const host = useRef<HTMLDivElement>(null);
  const zone = useZone();
  useEffect(() => {
    const node = host.current!;
    let made = plot(node, curves);
    const again = (): void => {
      made.destroy();
      made = plot(node, curves);
    };
    const observer = new ResizeObserver(() => made.setSize({ width: node.clientWidth, height: HEIGHT }));
    observer.observe(node);
    addEventListener(APPEARANCE_CHANGED, again);
    return () => {
      observer.disconnect();
      removeEventListener(APPEARANCE_CHANGED, again);
      made.destroy();
    };
  }, [curves]);
  const span = curves[0];
  return (
    <div className="wealth">
      <div
        ref={host}
        role="img"
        aria-label={`Wealth of ${curves.length} lines; their ends stand in the table below`}
      />
      <table className="table ends">
        <caption className="for-readers">
          Where each line ends, {zone.date(span?.time[0])} to {zone.date(span?.time.at(-1))}
        </caption>
        <thead className="for-readers">
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Net return</th>
          </tr>
        </thead>
        <tbody>
          {curves.map((curve, index) => {
            const { token: color, dash } = lineOf(index, curve.name);
            return (
              <tr key={curve.name}>
                <th scope="row">
                  <svg className="line-key" viewBox="0 0 28 8" aria-hidden="true">
                    <line
                      x1="0"
                      x2="28"
                      y1="4"
                      y2="4"
                      stroke={`var(--${color})`}
                      strokeWidth="2"
                      strokeDasharray={dash.join(' ')}
                    />
                  </svg>
                  {curve.name}
                </th>
                <td>{formatReturn((curve.values.at(-1) ?? Number.NaN) - 1, 1)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
