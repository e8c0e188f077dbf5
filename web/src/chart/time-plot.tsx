/**
 * Plain lines over one axis of time, in panes one below the other: for values that are no bars. One cursor for all
 * panes; whoever shows the values under it is told the row. Colours are tokens, so that a change of theme redraws.
 */
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { mixColors } from '../../../src/app/report/client/colors.js';
import { paintBands } from '../../../src/app/report/client/paint-bands.js';
import { APPEARANCE_CHANGED } from '../shell/appearance.js';
import { useZone, type Zone } from '../shell/zone.js';
import { firstAtOrAfter } from './bar-view.js';
import { ChartKeys } from './chart-keys.js';

export interface PlotLine {
  /** One value per time; null leaves a hole. */
  readonly values: readonly (number | null)[];
  /** Name of a colour token. */
  readonly token: string;
  readonly width?: number;
  readonly dash?: readonly number[];
  /** Holds its value until the next time. */
  readonly isStepped?: boolean;
  /** Fills towards zero. */
  readonly isFilled?: boolean;
}

export interface PlotPane {
  readonly height: number;
  readonly lines: readonly PlotLine[];
  readonly format: (value: number) => string;
  /** Fixed ends of the scale; the values decide when left out. */
  readonly range?: readonly [number, number];
  /** Dotted across the pane. */
  readonly levels?: readonly number[];
}

/** A stretch painted behind all panes, in rows, both ends in it. */
export interface PlotBand {
  readonly from: number;
  readonly to: number;
  readonly token: string;
}

interface TimePlotProps {
  /** UTC ms, ascending. */
  readonly time: readonly number[];
  readonly panes: readonly PlotPane[];
  readonly bands?: readonly PlotBand[];
  /** What is drawn, and where its table or its words stand. */
  readonly label: string;
  /** A row in words, for readers who move along it by key. */
  describe(row: number): string;
  /** The row under the cursor; null when it is elsewhere. */
  onPoint(row: number | null): void;
  /** A row was clicked. */
  onPick?(row: number): void;
}

/** Room of the scale on the right; strips below a plot keep it free too. */
export const SCALE_WIDTH = 64;
const TIMES_HEIGHT = 26;
const DAY = 86_400;
const BAND_TINT = 0.14;
const FILL_TINT = 0.22;

const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** `15 Oct`, `Oct 2023`, `15 Oct 12:00`: as fine as the step between two ticks, in s. */
function tickWords(zone: Zone, tick: number, step: number): string {
  const [day, month, year] = zone.date(tick * 1000).split(' ');
  if (step >= 28 * DAY) return `${month} ${year}`;
  return step >= DAY ? `${day} ${month}` : zone.timeOfYear(tick * 1000).replace(/ \S+$/, '');
}

function axes(zone: Zone, isLast: boolean, format: (value: number) => string): uPlot.Axis[] {
  const look = {
    stroke: token('faint'),
    font: '11px Inter, system-ui, sans-serif',
    grid: { stroke: token('grid'), width: 1 },
    ticks: { show: false },
  };
  return [
    {
      ...look,
      size: isLast ? TIMES_HEIGHT : 0,
      space: 90,
      values: (_, ticks, __, ___, step) => ticks.map((tick) => (isLast ? tickWords(zone, tick, step) : '')),
    },
    { ...look, side: 1, size: SCALE_WIDTH, values: (_, ticks) => ticks.map(format) },
  ];
}

function seriesOf({ token: name, width = 1.5, dash, isStepped, isFilled }: PlotLine): uPlot.Series {
  const color = token(name);
  return {
    stroke: color,
    width,
    points: { show: false },
    ...(dash ? { dash: [...dash] } : {}),
    ...(isStepped ? { paths: uPlot.paths.stepped!({ align: 1 }) } : {}),
    ...(isFilled ? { fill: mixColors(color, token('panel'), FILL_TINT) } : {}),
  };
}

function paintBehind(plot: uPlot, time: readonly number[], bands: readonly PlotBand[]): void {
  const end = time.length - 1;
  const colors = new Map(bands.map(({ token: name }) => [name, token(name)]));
  const shown = bands.map(({ from, to, token: name }) => ({
    left: plot.valToPos(time[from]! / 1000, 'x', true),
    right: plot.valToPos(time[Math.min(end, to + 1)]! / 1000, 'x', true),
    color: colors.get(name)!,
  }));
  paintBands(plot.ctx, plot.bbox, shown, token('panel'), BAND_TINT);
}

interface Drawn {
  /** Puts the cursor on a row. */
  point(row: number): void;
  destroy(): void;
  resize(): void;
}

function draw(host: HTMLElement, props: TimePlotProps, zone: Zone, sync: string): Drawn {
  const { time, panes, bands = [] } = props;
  const seconds = time.map((each) => each / 1000);
  const plots = panes.map((pane, at) => {
    const isLast = at === panes.length - 1;
    const levels = (pane.levels ?? []).map(
      (level): PlotLine => ({ values: time.map(() => level), token: 'faint', width: 1, dash: [1, 3] }),
    );
    const lines = [...pane.lines, ...levels];
    const options: uPlot.Options = {
      width: host.clientWidth,
      height: pane.height + (isLast ? TIMES_HEIGHT : 0),
      legend: { show: false },
      padding: [8, 0, isLast ? 0 : 4, 0],
      tzDate: (moment) => uPlot.tzDate(new Date(zone.shift(moment * 1000)), 'UTC'),
      ...(pane.range ? { scales: { y: { range: [...pane.range] as uPlot.Range.MinMax } } } : {}),
      axes: axes(zone, isLast, pane.format),
      series: [{}, ...lines.map(seriesOf)],
      cursor: {
        points: { show: false },
        y: false,
        drag: { x: false, y: false },
        sync: { key: sync },
      },
      hooks: {
        drawClear: [(plot) => paintBehind(plot, time, bands)],
        setCursor: [({ cursor }) => props.onPoint(cursor.idx ?? null)],
      },
    };
    const plot = new uPlot(
      options,
      [seconds, ...lines.map(({ values }) => values)] as uPlot.AlignedData,
      host,
    );
    plot.over.addEventListener('click', () => {
      if (plot.cursor.idx != null) props.onPick?.(plot.cursor.idx);
    });
    return plot;
  });
  return {
    point(row) {
      plots[0]?.setCursor({ left: plots[0].valToPos(seconds[row]!, 'x'), top: 1 });
    },
    destroy() {
      for (const plot of plots) plot.destroy();
    },
    resize() {
      for (const plot of plots) plot.setSize({ width: host.clientWidth, height: plot.height });
    },
  };
}

export function TimePlot(props: TimePlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const zone = useZone();
  const [cursor, setCursor] = useState<Pick<Drawn, 'point'> | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { time, panes, bands, label } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: other data are another drawing; callbacks are read late
  useEffect(() => {
    const node = host.current!;
    const told: TimePlotProps = {
      ...latest.current,
      onPoint: (row) => latest.current.onPoint(row),
      onPick: (row) => latest.current.onPick?.(row),
    };
    const sync = `plot ${label} ${Math.round(time[0] ?? 0)}`;
    let drawn = draw(node, told, zone, sync);
    setCursor({ point: (row) => drawn.point(row) });
    const again = (): void => {
      drawn.destroy();
      drawn = draw(node, told, zone, sync);
    };
    const observer = new ResizeObserver(() => drawn.resize());
    observer.observe(node);
    addEventListener(APPEARANCE_CHANGED, again);
    return () => {
      observer.disconnect();
      removeEventListener(APPEARANCE_CHANGED, again);
      drawn.destroy();
    };
  }, [time, panes, bands, zone]);
  return (
    <ChartKeys
      host={host}
      chart={cursor}
      className="time-plot"
      label={label}
      rows={() => time.length}
      timeOf={(row) => time[row]!}
      rowOf={(at) => Math.max(0, firstAtOrAfter(time, at + 0.5) - 1)}
      describe={props.describe}
      onRow={props.onPoint}
      onPick={(row) => props.onPick?.(row)}
    />
  );
}
