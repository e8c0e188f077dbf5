/** Price by regime: the chart with its honesty badge, and what a bar says. */
import { type RefObject, useMemo } from 'react';
import { formatPrice, formatProbability, formatReturn } from '../../../src/app/report/number-format.js';
import { changeAddress } from '../address/address.js';
import type { BarColumn } from '../chart/bar-table.js';
import { ChartPanel } from '../chart/chart-panel.js';
import { NO_STATE } from '../chart/level-of-answer.js';
import type { ChartHandle } from '../chart/price-chart.js';
import { useZone } from '../shell/zone.js';
import { Badge, Swatch } from '../ui/badge.js';
import { colorsOf, readingOrder } from './lab-model.js';
import { type ChartQuestion, regimeSource, type ShownRegimes } from './regime-source.js';

interface PriceCardProps {
  readonly question: ChartQuestion;
  readonly labels: readonly string[];
  readonly closed: number;
  readonly handle: RefObject<ChartHandle | null>;
  readonly onShown: (shown: ShownRegimes) => void;
}

const MIXED_BELOW = 0.6;
const ROOM = 0.012;

export function PriceCard({ question, labels, closed, handle, onShown }: PriceCardProps) {
  const zone = useZone();
  const lookahead = question.kind === 'smoothed';
  const colors = colorsOf(labels);
  const source = useMemo(() => regimeSource(question), [question]);
  return (
    <ChartPanel
      title="Price by regime"
      className={lookahead ? 'lookahead' : ''}
      legend={readingOrder(labels).map((state) => (
        <span key={labels[state]}>
          <Swatch color={colors[state]!} />
          {labels[state]}
        </span>
      ))}
      badges={
        <>
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
        </>
      }
      controls={
        <label className="check">
          <input
            type="checkbox"
            checked={question.marks}
            onChange={(event) => changeAddress({ marks: event.target.checked ? '1' : undefined })}
          />
          Switches
        </label>
      }
      source={source}
      barLength={question.barLength}
      room={ROOM}
      paneNames={labels.length > 0 ? [null, `Probability, ${question.kind}`] : []}
      merged="in the colour of most of its {bar} bars; probabilities are their mean"
      legendOf={(shown, row) => <Legend shown={shown} row={row} time={zone.time} />}
      wordsOf={(shown, row) => rowWords(shown, row, zone.time)}
      columnsOf={regimeColumns}
      handle={handle}
      onShown={onShown}
    />
  );
}

function regimeColumns({ content }: ShownRegimes): BarColumn[] {
  const { level, labels } = content;
  if (labels.length === 0) return [];
  const known = (row: number): boolean => level.state[row] !== NO_STATE;
  return [
    { head: 'Regime', isWord: true, cell: (row) => (known(row) ? labels[level.state[row]!]! : '—') },
    ...readingOrder(labels).map((state) => ({
      head: labels[state]!,
      cell: (row: number) => (known(row) ? formatProbability(level.probabilities[state]![row]) : '—'),
    })),
  ];
}

function regimeWords({ content }: ShownRegimes, row: number): string {
  const { level, labels } = content;
  const state = level.state[row]!;
  if (state === NO_STATE) return 'no regime';
  const probability = formatProbability(level.probabilities[state]![row]);
  if (level.share[row]! < MIXED_BELOW) return `mixed, most ${labels[state]} ${probability}`;
  return `${labels[state]} ${probability}`;
}

function changeAt({ content }: ShownRegimes, row: number): number {
  const { close } = content.level;
  return row > 0 ? close[row]! / close[row - 1]! - 1 : Number.NaN;
}

function rowWords(shown: ShownRegimes, row: number, time: (at: number) => string): string {
  const { level } = shown.content;
  return [
    time(level.time[row]! * 1000),
    `close ${formatPrice(level.close[row])}`,
    formatReturn(changeAt(shown, row)),
    regimeWords(shown, row),
  ].join(', ');
}

function Legend({ shown, row, time }: { shown: ShownRegimes; row: number; time: (at: number) => string }) {
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
