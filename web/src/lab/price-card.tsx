/** Price by regime: legend, ranges, the chart or its table, its scale in words. */
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { offeredRanges } from '../../../src/app/report/client/range-choice.js';
import { formatPrice, formatProbability, formatReturn } from '../../../src/app/report/number-format.js';
import { changeAddress, useAddress } from '../address/address.js';
import type { ApiError } from '../api/request.js';
import { BarTable } from '../chart/bar-table.js';
import { STRIP_HEIGHT, TIME_SCALE_HEIGHT } from '../chart/chart-frame.js';
import { NO_STATE } from '../chart/level-of-answer.js';
import { type ChartHandle, type ChartQuestion, PriceChart, type Shown } from '../chart/price-chart.js';
import type { TimeSpan } from '../chart/viewport.js';
import { useZone } from '../shell/zone.js';
import { Badge, Swatch } from '../ui/badge.js';
import { Segments } from '../ui/segments.js';
import { Failure } from '../ui/states.js';
import { bucketName, scaleWords } from './chart-words.js';
import { colorsOf, readingOrder } from './lab-model.js';

interface PriceCardProps {
  readonly question: ChartQuestion;
  readonly labels: readonly string[];
  readonly closed: number;
  readonly handle: RefObject<ChartHandle | null>;
  readonly onShown: (shown: Shown) => void;
}

const DAY = 86_400_000;
/** px of one bar when nothing says what to show. */
const FIRST_BAR_WIDTH = 2.2;
const PHONE = 600;
const PHONE_SPAN = 7 * DAY;
const MIXED_BELOW = 0.6;

/** The span of the address, else as many of the newest bars as have room. */
function firstSpan(query: URLSearchParams, { data, barLength }: ChartQuestion): TimeSpan {
  const from = Number(query.get('from'));
  const to = Number(query.get('to'));
  if (from > 0 && to > from) return { from, to };
  const width = Math.min(innerWidth, 1150);
  const bars = (width * 0.72) / FIRST_BAR_WIDTH;
  const span = innerWidth < PHONE ? Math.max(PHONE_SPAN, 60 * barLength) : bars * barLength;
  return { from: Math.max(data.from, data.to - span), to: data.to + 0.01 * span };
}

export function PriceCard({ question, labels, closed, handle, onShown }: PriceCardProps) {
  const { query } = useAddress();
  const zone = useZone();
  const [shown, setShown] = useState<Shown | null>(null);
  const [error, setError] = useState<ApiError | undefined>();
  const [row, setRow] = useState<number | null>(null);
  const [oddsHeight, setOddsHeight] = useState(0);
  const [visible, setVisible] = useState<TimeSpan | null>(null);
  const [again, setAgain] = useState(0);
  const ownSpan = useRef('');
  const span = useMemo(() => firstSpan(query, question), [query, question]);
  const asTable = query.get('as') === 'table';
  const lookahead = question.kind === 'smoothed';
  const colors = colorsOf(labels);
  const { data, barLength } = question;
  const ranges = offeredRanges(data.to - data.from, barLength);

  // Back and pasted links move the chart; what the chart itself wrote does not
  const asked = `${query.get('from') ?? ''} ${query.get('to') ?? ''}`;
  useEffect(() => {
    if (asked === ownSpan.current || asked === ' ') return;
    const [from, to] = asked.split(' ').map(Number);
    if (from! > 0 && to! > from!) handle.current?.setVisible({ from: from!, to: to! });
  }, [asked, handle]);

  const settled = (next: TimeSpan): void => {
    setVisible(next);
    const from = String(Math.round(next.from));
    const to = String(Math.round(next.to));
    ownSpan.current = `${from} ${to}`;
    changeAddress({ from, to }, true);
  };

  const words = (at: number): string => (shown ? rowWords(shown, at, zone.time) : '');
  const level = shown?.content.level;
  const legendRow = level ? Math.min(row ?? level.rows - 1, level.rows - 1) : null;
  const chosen =
    visible && ranges.find(({ length }) => isRange(visible, Math.min(length, data.to - data.from), data));

  return (
    <section className={`card chart-card ${lookahead ? 'lookahead' : ''}`} aria-labelledby="chart-title">
      <header>
        <h2 id="chart-title">Price by regime</h2>
        <p className="legend">
          {readingOrder(labels).map((state) => (
            <span key={labels[state]}>
              <Swatch color={colors[state]!} />
              {labels[state]}
            </span>
          ))}
        </p>
        <div className="aside">
          {lookahead ? (
            <Badge tone="bad" title="Each bar knows the bars after it: for study, never for a backtest">
              Lookahead
            </Badge>
          ) : (
            <Badge tone="ok" title="Only bars that had closed by then">
              Causal: no lookahead
            </Badge>
          )}
          <Badge tone="plain">Data to {zone.timeOfYear(closed)}</Badge>
        </div>
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
                handle.current?.setVisible({ from: data.to - length, to: data.to + 0.012 * length });
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
        <label className="check">
          <input
            type="checkbox"
            checked={question.marks}
            onChange={(event) => changeAddress({ marks: event.target.checked ? '1' : undefined })}
          />
          Switches
        </label>
      </div>
      <div className={`chart-frame ${asTable ? 'hidden' : ''}`}>
        <p className="chart-legend" aria-hidden="true">
          {shown && legendRow !== null && <Legend shown={shown} row={legendRow} time={zone.time} />}
        </p>
        <PriceChart
          key={again}
          question={question}
          span={span}
          handle={handle}
          describe={words}
          onError={setError}
          onShown={(next) => {
            setShown(next);
            onShown(next);
          }}
          onSettled={settled}
          onRow={setRow}
          onPanes={setOddsHeight}
        />
        {labels.length > 0 && (
          <p
            className="pane-name"
            aria-hidden="true"
            style={{ bottom: TIME_SCALE_HEIGHT + oddsHeight - STRIP_HEIGHT - 4 }}
          >
            Probability, {question.kind}
          </p>
        )}
        {!shown && !error && (
          <div className="chart-wait" role="status">
            Loading bars…
          </div>
        )}
      </div>
      {asTable && shown && visible && (
        <BarTable shown={shown} span={visible} scale={`1 bar = ${bucketName(shown.answer.bucket_ms)}`} />
      )}
      {error && (
        <Failure
          error={error}
          holds={shown ? 'Older bars stay on screen.' : undefined}
          retry={() => {
            setError(undefined);
            setAgain(again + 1);
          }}
        />
      )}
      <p className="footnote chart-note">
        {shown && <span>{scaleWords(shown.answer.bucket_ms, barLength, zone.name)}</span>}
        <span id="chart-keys">Arrow keys move bar by bar, + and − zoom.</span>
      </p>
    </section>
  );
}

function isRange(visible: TimeSpan, length: number, data: TimeSpan): boolean {
  const width = visible.to - visible.from;
  return Math.abs(width / length - 1.012) < 0.03 && Math.abs(visible.to - data.to) < 0.05 * length;
}

function regimeWords({ content }: Shown, row: number): string {
  const { level, labels } = content;
  const state = level.state[row]!;
  if (state === NO_STATE) return 'no regime';
  const probability = formatProbability(level.probabilities[state]![row]);
  if (level.share[row]! < MIXED_BELOW) return `mixed, most ${labels[state]} ${probability}`;
  return `${labels[state]} ${probability}`;
}

function changeAt({ content }: Shown, row: number): number {
  const { close } = content.level;
  return row > 0 ? close[row]! / close[row - 1]! - 1 : Number.NaN;
}

function rowWords(shown: Shown, row: number, time: (at: number) => string): string {
  const { level } = shown.content;
  return [
    time(level.time[row]! * 1000),
    `close ${formatPrice(level.close[row])}`,
    formatReturn(changeAt(shown, row)),
    regimeWords(shown, row),
  ].join(', ');
}

function Legend({ shown, row, time }: { shown: Shown; row: number; time: (at: number) => string }) {
  const { level, names, labels } = shown.content;
  const change = changeAt(shown, row);
  const state = level.state[row]!;
  return (
    <>
      <span>{time(level.time[row]! * 1000)}</span>
      {(['open', 'high', 'low', 'close'] as const).map((name) => (
        <span key={name}>
          {name[0]!.toUpperCase()} <b>{formatPrice(level[name][row])}</b>
        </span>
      ))}
      <span className={change < 0 ? 'down' : 'up'}>{formatReturn(change)}</span>
      {labels.length > 0 && (
        <b>
          <Swatch color={state === NO_STATE ? 'unobserved' : names[state]!} />
          {regimeWords(shown, row)}
        </b>
      )}
    </>
  );
}
