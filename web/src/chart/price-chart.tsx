/**
 * The chart inside a page: keeps about three screens of rows, fetches others when the screen nears their end or zooms
 * past their level, and never while a pointer is down (a level that changes during a drag throws the view away).
 */
import { type RefObject, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { regimeColor } from '../../../src/app/report/regime-color.js';
import type { SeriesAnswer } from '../../../src/app/server/api-types.js';
import { getSeries } from '../api/calls.js';
import { ApiError } from '../api/request.js';
import { useZone } from '../shell/zone.js';
import { ChartKeys } from './chart-keys.js';
import type { ChartContent } from './chart-view.js';
import { levelOfAnswer } from './level-of-answer.js';
import { type LiveRow, RegimeChart } from './regime-chart.js';
import { HELD_ROWS, needsWindow, type TimeSpan, windowFor } from './viewport.js';

/** After the last move of the screen. */
const SETTLE_MS = 150;

export interface ChartQuestion {
  readonly instrument: string;
  readonly timeframe: string;
  readonly barLength: number;
  readonly continuous: boolean;
  readonly modelId: string | undefined;
  readonly kind: 'filtered' | 'smoothed';
  readonly marks: boolean;
  /** All bars there are, or those before the day that is looked back from. */
  readonly data: TimeSpan;
  /** UTC ms, ascending. */
  readonly refits?: readonly number[];
}

/** What the chart holds now, for the words around it. */
export interface Shown {
  readonly answer: SeriesAnswer;
  readonly content: ChartContent;
}

export interface ChartHandle {
  setVisible(span: TimeSpan): void;
  visible(): TimeSpan | null;
  picture(): HTMLCanvasElement | undefined;
  /** A pushed bar; dropped when it does not follow what is held. */
  update(row: LiveRow): void;
}

interface PriceChartProps {
  readonly question: ChartQuestion;
  /** Visible at first. */
  readonly span: TimeSpan;
  readonly onShown: (shown: Shown) => void;
  readonly onError: (error: ApiError | undefined) => void;
  /** The screen came to rest. */
  readonly onSettled: (span: TimeSpan) => void;
  readonly onRow: (row: number | null) => void;
  readonly onPanes: (oddsHeight: number) => void;
  readonly handle: RefObject<ChartHandle | null>;
  readonly describe: (row: number) => string;
}

export function contentOf(answer: SeriesAnswer, question: ChartQuestion): ChartContent {
  const { regime } = answer;
  const runs = regime?.runs;
  return {
    level: levelOfAnswer(answer),
    barLength: answer.timeframe_ms,
    continuous: question.continuous,
    labels: regime?.labels ?? [],
    names: (regime?.labels ?? []).map(regimeColor),
    // the answer names the last bar of training; the line stands after it
    trainEnd: regime ? regime.train_end + answer.timeframe_ms : null,
    refits: question.refits ?? [],
    switches: question.marks && runs ? { time: runs.from, state: runs.state } : null,
  };
}

export function PriceChart(props: PriceChartProps) {
  const { question, handle } = props;
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const zone = useZone();
  const zoneNow = useRef(zone);
  zoneNow.current = zone;
  const [chart, setChart] = useState<RegimeChart | null>(null);
  const shown = useRef<Shown | null>(null);
  const settle = useRef<() => void>(() => {});

  useEffect(() => {
    const made = new RegimeChart(
      host.current!,
      {
        onVisible: () => settle.current(),
        onRow: (row) => latest.current.onRow(row),
        onPanes: (height) => latest.current.onPanes(height),
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
      setVisible: (span) => chart?.setVisible(span),
      visible: () => chart?.visible() ?? null,
      picture: () => chart?.picture(),
      update: (row) => {
        const held = shown.current?.answer;
        if (!chart || !held || held.to < held.last_ts || held.bucket_ms !== held.timeframe_ms) return;
        chart.update(row);
      },
    }),
    [chart],
  );

  const key = JSON.stringify([
    question.instrument,
    question.timeframe,
    question.modelId,
    question.kind,
    question.data.to,
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all of the question that needs other rows
  useEffect(() => {
    if (!chart) return;
    let stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asked = '';
    let pointerDown = false;

    const load = (visible: TimeSpan): void => {
      const now = latest.current.question;
      const { from, to } = windowFor(visible, now.data);
      const asking = `${from} ${to}`;
      if (asking === asked) return;
      asked = asking;
      stop.abort();
      stop = new AbortController();
      const { signal } = stop;
      const wanted = { ...now, from: Math.floor(from), to: Math.ceil(to), points: HELD_ROWS };
      getSeries(wanted, signal).then(
        (answer) => {
          if (signal.aborted) return;
          const first = shown.current === null;
          const content = contentOf(answer, latest.current.question);
          const before = first ? null : chart.visible();
          chart.show(content, first ? visible : (before ?? visible));
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

    const rest = (): void => {
      const visible = chart.visible();
      const held = shown.current?.answer;
      if (!visible || pointerDown || !held) return;
      latest.current.onSettled(visible);
      const asked = latest.current.question.data;
      const data = { from: asked.from, to: Math.min(asked.to, held.last_ts + held.timeframe_ms) };
      if (needsWindow(visible, { from: held.from, to: held.to, bucket: held.bucket_ms }, data, held.levels)) {
        load(visible);
      }
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
      node.removeEventListener('pointerdown', down);
      removeEventListener('pointerup', up);
      removeEventListener('pointercancel', up);
    };
  }, [chart, key]);

  // marks and refits need no other rows
  const drawn = JSON.stringify([question.marks, question.refits?.length ?? 0]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn over the same rows
  useEffect(() => {
    const held = shown.current;
    if (!chart || !held) return;
    const content = { ...contentOf(held.answer, latest.current.question), level: held.content.level };
    shown.current = { answer: held.answer, content };
    chart.show(content);
  }, [drawn]);

  return (
    <ChartKeys
      host={host}
      chart={chart}
      rows={() => shown.current?.content.level.rows ?? 0}
      describe={(row) => latest.current.describe(row)}
      onRow={(row) => latest.current.onRow(row)}
    />
  );
}

/** For the speed measurement: the first chart stands two frames after its rows were set. */
function markPainted(chart: RegimeChart): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => performance.mark('tidewatch:chart-painted', { detail: chart.held() })),
  );
}
