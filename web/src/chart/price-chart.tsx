/**
 * The chart inside a page: keeps about three screens of rows, fetches others when the screen nears their end or zooms
 * past their level, and never while a pointer is down (a level that changes during a drag throws the view away).
 */
import { type RefObject, useEffect, useImperativeHandle, useRef, useState } from 'react';
import type { SeriesAnswer } from '../../../src/app/server/api-types.js';
import { ApiError } from '../api/request.js';
import { useZone } from '../shell/zone.js';
import { BarChart, type ChartLook, type LiveRow } from './bar-chart.js';
import { type BarContent, firstAtOrAfter } from './bar-view.js';
import { ChartKeys } from './chart-keys.js';
import { capacityOf, needsWindow, rowsFor, type TimeSpan, windowFor } from './viewport.js';

/** After the last move of the screen. */
const SETTLE_MS = 150;
/** px that the axis of the prices takes. */
const PRICE_AXIS = 66;

/** What every answer with bars has. */
export type BarsAnswer = Omit<SeriesAnswer, 'regime'>;

/** Where the rows of a chart come from, and what is drawn over them. */
export interface ChartSource<A extends BarsAnswer, C extends BarContent> {
  /** Names the question: another key needs other rows. */
  readonly key: string;
  /** All bars there are, or those before the day that is looked back from. */
  readonly data: TimeSpan;
  load(window: TimeSpan & { readonly points: number }, signal: AbortSignal): Promise<A>;
  content(answer: A): C;
  /** Names what is drawn over the same rows. */
  readonly drawn: string;
  /** Called once per chart. */
  look(): ChartLook<C>;
}

/** What the chart holds now, for the words around it. */
export interface Shown<A extends BarsAnswer = BarsAnswer, C extends BarContent = BarContent> {
  readonly answer: A;
  readonly content: C;
}

export interface ChartHandle {
  setVisible(span: TimeSpan): void;
  visible(): TimeSpan | null;
  picture(): HTMLCanvasElement | undefined;
  /** A pushed bar; dropped when it does not follow what is held. */
  update(row: LiveRow): void;
  /** Asks for the same window again. */
  reload(): void;
  /** Puts the crosshair on the row that holds a time. */
  pointAt(time: number): void;
}

interface PriceChartProps<A extends BarsAnswer, C extends BarContent> {
  readonly source: ChartSource<A, C>;
  /** Visible at first. */
  readonly span: TimeSpan;
  readonly onShown: (shown: Shown<A, C>) => void;
  readonly onError: (error: ApiError | undefined) => void;
  /** The screen came to rest. */
  readonly onSettled: (span: TimeSpan) => void;
  readonly onRow: (row: number | null) => void;
  readonly onPick: (row: number) => void;
  readonly onPanes: (tops: readonly number[]) => void;
  readonly handle: RefObject<ChartHandle | null>;
  readonly describe: (row: number) => string;
}

export function PriceChart<A extends BarsAnswer, C extends BarContent>(props: PriceChartProps<A, C>) {
  const { source, handle } = props;
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const zone = useZone();
  const zoneNow = useRef(zone);
  zoneNow.current = zone;
  const [chart, setChart] = useState<BarChart<C> | null>(null);
  const shown = useRef<Shown<A, C> | null>(null);
  const settle = useRef<() => void>(() => {});
  const reload = useRef<() => void>(() => {});
  const go = useRef<(span: TimeSpan) => void>(() => {});

  useEffect(() => {
    const made = new BarChart(
      host.current!,
      latest.current.source.look(),
      {
        onVisible: () => settle.current(),
        onRow: (row) => latest.current.onRow(row),
        onPick: (row) => latest.current.onPick(row),
        onPanes: (tops) => latest.current.onPanes(tops),
      },
      (seconds) => zoneNow.current.time(seconds * 1000),
    );
    setChart(made);
    return () => {
      setChart(null);
      shown.current = null;
      made.dispose();
    };
  }, []);

  useImperativeHandle(
    handle,
    () => ({
      setVisible: (span) => go.current(span),
      visible: () => chart?.visible() ?? null,
      picture: () => chart?.picture(),
      update: (row) => {
        const held = shown.current?.answer;
        if (!chart || !held || held.to < held.last_ts || held.bucket_ms !== held.timeframe_ms) return;
        chart.update(row);
      },
      reload: () => reload.current(),
      pointAt: (time) => {
        const level = shown.current?.content.level;
        if (!level || level.rows === 0) return;
        chart?.point(Math.max(0, firstAtOrAfter(level.time, time / 1000 + 0.5) - 1));
      },
    }),
    [chart],
  );

  const { key, drawn } = source;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all of the question that needs other rows
  useEffect(() => {
    if (!chart) return;
    let stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asked = '';
    let pointerDown = false;

    const capacity = (): number => capacityOf((host.current?.clientWidth ?? 0) - PRICE_AXIS);

    /** @param aim moves the screen there when the rows have come; else it stays where it is then */
    const load = (visible: TimeSpan, aim = false): void => {
      const now = latest.current.source;
      const { from, to } = windowFor(visible, now.data);
      const points = rowsFor(visible, { from, to }, capacity());
      const asking = `${from} ${to} ${points}`;
      if (asking === asked) return;
      asked = asking;
      stop.abort();
      stop = new AbortController();
      const { signal } = stop;
      now.load({ from: Math.floor(from), to: Math.ceil(to), points }, signal).then(
        (answer) => {
          if (signal.aborted) return;
          const first = shown.current === null;
          const content = latest.current.source.content(answer);
          const before = first ? null : chart.visible();
          chart.show(content, first || aim ? visible : (before ?? visible));
          shown.current = { answer, content };
          latest.current.onError(undefined);
          latest.current.onShown(shown.current);
          if (first) markPainted(chart);
        },
        (error: unknown) => {
          if (signal.aborted) return;
          asked = '';
          latest.current.onError(
            error instanceof ApiError ? error : new ApiError(String(error), 'internal', 0, 'chart'),
          );
        },
      );
    };

    const needs = (visible: TimeSpan): boolean => {
      const held = shown.current?.answer;
      if (!held) return false;
      const asked = latest.current.source.data;
      const data = { from: asked.from, to: Math.min(asked.to, held.last_ts + held.timeframe_ms) };
      const window = { from: held.from, to: held.to, bucket: held.bucket_ms };
      return needsWindow(visible, window, data, held.levels, capacity());
    };
    const rest = (): void => {
      const visible = chart.visible();
      if (!visible || pointerDown || !shown.current) return;
      latest.current.onSettled(visible);
      if (needs(visible)) load(visible);
    };
    const later = (): void => {
      clearTimeout(timer);
      timer = setTimeout(rest, SETTLE_MS);
    };
    const down = (): void => {
      pointerDown = true;
    };
    const up = (): void => {
      pointerDown = false;
      later();
    };
    settle.current = later;
    // more bars than have room on this level would be cut: the level comes first
    go.current = (span) => (needs(span) ? load(span, true) : chart.setVisible(span));
    reload.current = () => {
      const visible = chart.visible();
      asked = '';
      if (visible) load(visible);
    };
    const node = host.current!;
    node.addEventListener('pointerdown', down);
    addEventListener('pointerup', up);
    addEventListener('pointercancel', up);
    shown.current = null;
    load(latest.current.span);
    return () => {
      stop.abort();
      clearTimeout(timer);
      settle.current = () => {};
      reload.current = () => {};
      go.current = () => {};
      node.removeEventListener('pointerdown', down);
      removeEventListener('pointerup', up);
      removeEventListener('pointercancel', up);
    };
  }, [chart, key]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn over the same rows
  useEffect(() => {
    const held = shown.current;
    if (!chart || !held) return;
    const content = { ...latest.current.source.content(held.answer), level: held.content.level };
    shown.current = { answer: held.answer, content };
    chart.show(content);
  }, [drawn]);

  return (
    <ChartKeys
      host={host}
      chart={chart}
      className="chart"
      label="Bar under the crosshair"
      describedBy="chart-keys"
      rows={() => shown.current?.content.level.rows ?? 0}
      timeOf={(row) => shown.current?.content.level.time[row] ?? Number.NaN}
      rowOf={(time) => {
        const times = shown.current?.content.level.time ?? [];
        return Math.max(0, firstAtOrAfter(times, time + 0.5) - 1);
      }}
      describe={(row) => latest.current.describe(row)}
      onRow={(row) => latest.current.onRow(row)}
      onPick={(row) => latest.current.onPick(row)}
    />
  );
}

/** For the speed measurement: the first chart stands two frames after its rows were set. */
function markPainted<C extends BarContent>(chart: BarChart<C>): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => performance.mark('tidewatch:chart-painted', { detail: chart.held() })),
  );
}
