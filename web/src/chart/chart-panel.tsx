/** A chart with everything around it: legend, ranges, its table twin, its scale in words, loading and failing. */
import { type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { offeredRanges } from '../../../src/app/report/client/range-choice.js';
import { changeAddress, useAddress } from '../address/address.js';
import type { ApiError } from '../api/request.js';
import { useRetry } from '../api/use-answer.js';
import { useZone } from '../shell/zone.js';
import { Segments } from '../ui/segments.js';
import { Failure } from '../ui/states.js';
import { type BarColumn, BarTable } from './bar-table.js';
import { type BarContent, firstAtOrAfter } from './bar-view.js';
import { bucketName, scaleWords } from './chart-words.js';
import {
  type BarsAnswer,
  type ChartHandle,
  type ChartSource,
  PriceChart,
  type Shown,
} from './price-chart.js';
import type { TimeSpan } from './viewport.js';

interface ChartPanelProps<A extends BarsAnswer, C extends BarContent> {
  readonly title: string;
  readonly className?: string;
  readonly legend: ReactNode;
  /** On the right of the title. */
  readonly badges: ReactNode;
  /** Beside the ranges. */
  readonly controls: ReactNode;
  readonly source: ChartSource<A, C>;
  readonly barLength: number;
  /** Share of the visible span that is left free after the newest bar. */
  readonly room: number;
  /** What stands at the top left of each lower pane; null for nothing. */
  readonly paneNames: readonly ReactNode[];
  /** How rows coarser than bars came about, after `1 bar = 4 h`. */
  readonly merged: string;
  readonly legendOf: (shown: Shown<A, C>, row: number) => ReactNode;
  /** The bar in words, for readers. */
  readonly wordsOf: (shown: Shown<A, C>, row: number) => string;
  readonly columnsOf: (shown: Shown<A, C>) => readonly BarColumn[];
  /** Bar that the legend speaks of while none is pointed at, UTC ms; the last in view when left out. */
  readonly legendAt?: number | null;
  /** Under the chart. */
  readonly below?: ((shown: Shown<A, C>, span: TimeSpan | null) => ReactNode) | undefined;
  readonly handle: RefObject<ChartHandle | null>;
  readonly onShown: (shown: Shown<A, C>) => void;
  readonly onRow?: (row: number | null) => void;
  readonly onPick?: (row: number) => void;
  readonly onSettled?: (span: TimeSpan) => void;
}

const DAY = 86_400_000;
/** px of one bar when nothing says what to show. */
const FIRST_BAR_WIDTH = 2.2;
const PHONE = 600;
const PHONE_SPAN = 7 * DAY;

/** The span of the address, else as many of the newest bars as have room. */
function firstSpan(query: URLSearchParams, data: TimeSpan, barLength: number, room: number): TimeSpan {
  const from = Number(query.get('from'));
  const to = Number(query.get('to'));
  if (from > 0 && to > from) return { from, to };
  const width = Math.min(innerWidth, 1150);
  const bars = (width * 0.72) / FIRST_BAR_WIDTH;
  const span = innerWidth < PHONE ? Math.max(PHONE_SPAN, 60 * barLength) : bars * barLength;
  return { from: Math.max(data.from, data.to - span), to: data.to + room * span };
}

export function ChartPanel<A extends BarsAnswer, C extends BarContent>(props: ChartPanelProps<A, C>) {
  const { source, barLength, room, handle, onShown } = props;
  const { query } = useAddress();
  const zone = useZone();
  const [shown, setShown] = useState<Shown<A, C> | null>(null);
  const [error, setError] = useState<ApiError | undefined>();
  const [row, setRow] = useState<number | null>(null);
  const [paneTops, setPaneTops] = useState<readonly number[]>([]);
  const [visible, setVisible] = useState<TimeSpan | null>(null);
  const [again, setAgain] = useState(0);
  const ownSpan = useRef('');
  const { data } = source;
  const span = useMemo(() => firstSpan(query, data, barLength, room), [query, data, barLength, room]);
  const asTable = query.get('as') === 'table';
  const ranges = offeredRanges(data.to - data.from, barLength);

  // Back and pasted links move the chart; what the chart itself wrote does not
  const asked = `${query.get('from') ?? ''} ${query.get('to') ?? ''}`;
  useEffect(() => {
    if (asked === ownSpan.current || asked === ' ') return;
    const [from, to] = asked.split(' ').map(Number);
    if (from! > 0 && to! > from!) handle.current?.setVisible({ from: from!, to: to! });
  }, [asked, handle]);

  // a chart that stands keeps its rows meanwhile
  const reload = (): void => (shown ? handle.current?.reload() : setAgain(again + 1));
  useRetry(error, reload);

  const settled = (next: TimeSpan): void => {
    setVisible(next);
    props.onSettled?.(next);
    const from = String(Math.round(next.from));
    const to = String(Math.round(next.to));
    ownSpan.current = `${from} ${to}`;
    changeAddress({ from, to }, true);
  };

  const level = shown?.content.level;
  const legendRow = level
    ? Math.min(row ?? lastInView(level.time, props.legendAt ?? visible?.to), level.rows - 1)
    : null;
  const chosen =
    visible &&
    ranges.find(({ length }) => isRange(visible, Math.min(length, data.to - data.from), data, room));

  return (
    <section className={`card chart-card ${props.className ?? ''}`} aria-labelledby="chart-title">
      <header>
        <h2 id="chart-title">{props.title}</h2>
        <p className="legend">{props.legend}</p>
        <div className="aside">{props.badges}</div>
      </header>
      <div className="chart-controls">
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset brings a box that cannot be laid out in a row */}
        <div className="segments" role="group" aria-label="Range">
          {ranges.map((range) => (
            <button
              key={range.name}
              type="button"
              aria-pressed={range === chosen}
              onClick={() => {
                const length = Math.min(range.length, data.to - data.from);
                handle.current?.setVisible({ from: data.to - length, to: data.to + room * length });
              }}
            >
              {range.name}
            </button>
          ))}
        </div>
        <Segments
          label="Show as"
          choices={[
            { value: 'chart', words: 'Chart' },
            { value: 'table', words: 'Table' },
          ]}
          value={asTable ? 'table' : 'chart'}
          choose={(next) => changeAddress({ as: next === 'table' ? 'table' : undefined })}
        />
        {props.controls}
      </div>
      <div className={`chart-frame ${asTable ? 'hidden' : ''}`}>
        <p className="chart-legend" aria-hidden="true">
          {shown && legendRow !== null && legendRow >= 0 && props.legendOf(shown, legendRow)}
        </p>
        <div className="chart-place">
          <PriceChart
            key={again}
            source={source}
            span={span}
            handle={handle}
            describe={(at) => (shown ? props.wordsOf(shown, at) : '')}
            onError={setError}
            onShown={(next) => {
              setShown(next);
              onShown(next);
            }}
            onSettled={settled}
            onRow={(next) => {
              setRow(next);
              props.onRow?.(next);
            }}
            onPick={(picked) => props.onPick?.(picked)}
            onPanes={setPaneTops}
          />
          {paneTops.map(
            (top, pane) =>
              props.paneNames[pane] && (
                // biome-ignore lint/suspicious/noArrayIndexKey: panes have no other name
                <p key={pane} className="pane-name" aria-hidden="true" style={{ top: top + 4 }}>
                  {props.paneNames[pane]}
                </p>
              ),
          )}
        </div>
        {!shown && !error && (
          <div className="chart-wait" role="status">
            Loading bars…
          </div>
        )}
      </div>
      {asTable && shown && visible && (
        <BarTable
          content={shown.content}
          columns={props.columnsOf(shown)}
          span={visible}
          scale={`1 bar = ${bucketName(shown.answer.bucket_ms)}`}
        />
      )}
      {error && (
        <Failure
          error={error}
          holds={shown ? 'Older bars stay on screen.' : undefined}
          retry={() => {
            setError(undefined);
            reload();
          }}
        />
      )}
      {shown && props.below?.(shown, visible)}
      <p className="footnote chart-note">
        {shown && <span>{scaleWords(shown.answer.bucket_ms, barLength, props.merged, zone.name)}</span>}
        <span id="chart-keys">Arrow keys move bar by bar, + and − zoom.</span>
      </p>
    </section>
  );
}

/** @param to UTC ms */
function lastInView(times: ArrayLike<number>, to: number | undefined): number {
  const row = to === undefined ? times.length - 1 : firstAtOrAfter(times, to / 1000 + 0.5) - 1;
  return row < 0 ? times.length - 1 : row;
}

function isRange(visible: TimeSpan, length: number, data: TimeSpan, room: number): boolean {
  const width = visible.to - visible.from;
  return (
    Math.abs(width / length - 1 - room) < 0.03 &&
    Math.abs(visible.to - data.to - room * length) < 0.05 * length
  );
}
