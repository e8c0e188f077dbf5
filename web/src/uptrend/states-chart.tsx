/** Price, states and signals: the uptrend's chart, what its panes are called, and what a bar says. */
import { type RefObject, useMemo } from 'react';
import { type UptrendConfig, uptrendConfig } from '../../../src/analysis/uptrend/profile.js';
import { UPTREND_EMA_INKS, UPTREND_SCORE_INKS } from '../../../src/app/report/client/uptrend-inks.js';
import { formatNumber, formatPrice, formatProbability } from '../../../src/app/report/number-format.js';
import { levelLinesOf } from '../../../src/app/report/uptrend/level-lines-of.js';
import type { UptrendLevelsAnswer } from '../../../src/app/server/api-types.js';
import { changeAddress } from '../address/address.js';
import type { BarColumn } from '../chart/bar-table.js';
import { ChartPanel } from '../chart/chart-panel.js';
import { NO_STATE } from '../chart/level-of-answer.js';
import type { ChartHandle } from '../chart/price-chart.js';
import type { TimeSpan } from '../chart/viewport.js';
import { readingOrder } from '../lab/lab-model.js';
import { useZone } from '../shell/zone.js';
import { Badge, Swatch } from '../ui/badge.js';
import { SignalLegend } from './signal-legend.js';
import { SCORES, STATE_TOKENS, STATES } from './uptrend-content.js';
import { type ShownUptrend, uptrendSource } from './uptrend-source.js';
import type { UptrendQuestion } from './use-uptrend.js';

interface StatesChartProps {
  readonly question: UptrendQuestion;
  /** Those in force at the newest bar. */
  readonly levels: UptrendLevelsAnswer | undefined;
  readonly canOverlay: boolean;
  /** Bar that a click pinned, UTC ms. */
  readonly pinned: number | null;
  readonly handle: RefObject<ChartHandle | null>;
  readonly onShown: (shown: ShownUptrend) => void;
  readonly onRow: (row: number | null) => void;
  readonly onPick: (row: number) => void;
  readonly onSettled: (span: TimeSpan) => void;
}

/** Levels are named right of the newest bar. */
const ROOM_FOR_LEVELS = 0.17;
const ROOM = 0.02;
const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  buy: 'buy',
  dip: 'first dip',
  trim: 'trim',
  emergency: 'emergency',
  reclaim: 'EMA333 reclaimed',
  exit: 'exit',
};

export function StatesChart(props: StatesChartProps) {
  const { question, levels, canOverlay } = props;
  const zone = useZone();
  const config = useMemo(() => uptrendConfig(question.profile), [question.profile]);
  const lines = useMemo(() => levelLinesOf(levels?.levels ?? []), [levels]);
  const source = useMemo(() => uptrendSource(question, lines, config), [question, lines, config]);
  const { shows, overlay } = question;
  const wide = typeof innerWidth === 'number' && innerWidth >= 768;
  return (
    <ChartPanel
      key={overlay ?? ''}
      title="Price, states and signals"
      className="states-chart"
      legend={<Legend config={config} />}
      badges={
        <>
          <Badge tone="ok" title="Each bar knows only bars that had closed by then">
            Causal: no lookahead
          </Badge>
          <Badge tone="plain">Data to {zone.timeOfYear(question.data.to)}</Badge>
        </>
      }
      controls={
        <>
          {(
            [
              ['emas', 'EMAs', shows.emas],
              ['levels', 'Levels', shows.levels],
              ['signals', 'Signals', shows.signals],
            ] as const
          ).map(([name, words, isOn]) => (
            <label className="check" key={name}>
              <input
                type="checkbox"
                checked={isOn}
                onChange={(event) => changeAddress({ [name]: event.target.checked ? undefined : '0' }, true)}
              />
              {words}
            </label>
          ))}
          <label className="check">
            <input
              type="checkbox"
              checked={shows.log}
              onChange={(event) => changeAddress({ log: event.target.checked ? '1' : undefined }, true)}
            />
            Log
          </label>
          <label
            className="check"
            title={
              canOverlay
                ? 'Filtered probabilities of the newest HMM of this series'
                : 'No HMM of this series yet'
            }
          >
            <input
              type="checkbox"
              checked={overlay !== undefined}
              disabled={!canOverlay}
              onChange={(event) => changeAddress({ hmm: event.target.checked ? '1' : undefined }, true)}
            />
            HMM
          </label>
        </>
      }
      source={source}
      barLength={question.barLength}
      room={shows.levels && wide ? ROOM_FOR_LEVELS : ROOM}
      paneNames={[
        null,
        <ScoreName key="scores" names={['ox', 'dx', 'edx']} config={config} />,
        <ScoreName key="strength" names={['ts']} config={config} />,
        'HMM probability, filtered',
      ]}
      merged="in the state of most of its {bar} bars; averages are of its last bar, scores the highest inside"
      legendOf={(shown, row) => <BarLegend shown={shown} row={row} time={zone.time} />}
      wordsOf={(shown, row) => barWords(shown, row, zone.time)}
      columnsOf={uptrendColumns}
      below={
        shows.signals ? (shown, span) => <SignalLegend content={shown.content} span={span} /> : undefined
      }
      legendAt={props.pinned}
      handle={props.handle}
      onShown={props.onShown}
      onRow={props.onRow}
      onPick={props.onPick}
      onSettled={props.onSettled}
    />
  );
}

function Legend({ config }: { config: UptrendConfig }) {
  const shown = UPTREND_EMA_INKS.filter(([name]) => name !== 'ema30');
  return (
    <>
      {shown.map(([name, token]) => (
        <span key={name}>
          <i className={`line-swatch ink-${token}`} aria-hidden="true" />
          {name === 'ema20' ? 'EMA20, 30' : name.slice(3)}
        </span>
      ))}
      <span className="for-readers">profile {config.profile}</span>
    </>
  );
}

const SCORE_WORDS = {
  ox: (config: UptrendConfig) => `OX over-extension, trim from ${config.oxSell.toFixed(2)}`,
  dx: (config: UptrendConfig) => `DX dip, buy from ${config.dxBuy.toFixed(2)}`,
  edx: () => 'EDX decay',
  ts: (config: UptrendConfig) => `TS strength, buy from ${config.tsThreshold.toFixed(2)} with boost`,
} as const;

function ScoreName({ names, config }: { names: readonly (typeof SCORES)[number][]; config: UptrendConfig }) {
  return (
    <span className="legend">
      {names.map((name) => {
        const [, token, , dash] = UPTREND_SCORE_INKS.find(([column]) => column === name)!;
        return (
          <span key={name}>
            <i className={`line-swatch ink-${token} ${dash.length > 0 ? 'dashed' : ''}`} />
            {SCORE_WORDS[name](config)}
          </span>
        );
      })}
    </span>
  );
}

function signalsAt({ content }: ShownUptrend, row: number): string[] {
  const { level, signals } = content;
  const from = level.time[row]! * 1000;
  const inside = signals.filter(({ time }) => time >= from && time < from + level.bucket);
  return [...new Set(inside.map(({ kind }) => SIGNAL_WORDS[kind]!))];
}

function stateWords({ content }: ShownUptrend, row: number): string {
  const state = content.level.state[row]!;
  return state === NO_STATE ? 'no state' : STATES[state]!;
}

function barWords(shown: ShownUptrend, row: number, time: (at: number) => string): string {
  const { level } = shown.content;
  return [
    time(level.time[row]! * 1000),
    stateWords(shown, row),
    `close ${formatPrice(level.close[row])}`,
    ...signalsAt(shown, row),
  ].join(', ');
}

function BarLegend({ shown, row, time }: { shown: ShownUptrend; row: number; time: (at: number) => string }) {
  const { level, lines, overlay } = shown.content;
  const state = level.state[row]!;
  const signals = signalsAt(shown, row);
  const odds = overlay?.columns.map((column) => column[row] ?? Number.NaN) ?? [];
  const likeliest = odds.indexOf(Math.max(...odds));
  return (
    <>
      <span>{time(level.time[row]! * 1000)}</span>
      <b>
        <Swatch color={state === NO_STATE ? 'unobserved' : STATE_TOKENS[state]!} />
        {stateWords(shown, row)}
      </b>
      <span>
        C <b>{formatPrice(level.close[row])}</b>
      </span>
      <span>
        ATR <b>{formatPrice(lines.atr[row])}</b>
      </span>
      {SCORES.filter((name) => !Number.isNaN(lines[name][row] ?? Number.NaN)).map((name) => (
        <span key={name}>
          {name.toUpperCase()} <b>{formatNumber(lines[name][row], 2)}</b>
        </span>
      ))}
      {overlay && likeliest >= 0 && (
        <span>
          <Swatch color={overlay.names[likeliest]!} />
          {overlay.labels[likeliest]} {formatProbability(odds[likeliest])}
        </span>
      )}
      {signals.length > 0 && <b>{signals.join(', ')}</b>}
    </>
  );
}

function uptrendColumns(shown: ShownUptrend): BarColumn[] {
  const { lines, overlay } = shown.content;
  return [
    { head: 'State', isWord: true, cell: (row) => stateWords(shown, row) },
    { head: 'Signals', isWord: true, cell: (row) => signalsAt(shown, row).join(', ') },
    ...SCORES.map((name) => ({
      head: name.toUpperCase(),
      cell: (row: number) => formatNumber(lines[name][row], 2),
    })),
    { head: 'EMA333', cell: (row) => formatPrice(lines.ema333[row]) },
    ...(overlay ? readingOrder(overlay.labels) : []).map((state) => ({
      head: overlay!.labels[state]!,
      cell: (row: number) => formatProbability(overlay!.columns[state]![row]),
    })),
  ];
}
