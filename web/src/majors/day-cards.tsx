/** The day under the pointer: its signal, why, and the book that was held after its close. */
import { featureLabel, regimeLabel } from '../../../src/app/report/majors/majors-words.js';
import {
  formatNumber,
  formatPercent,
  formatReturn,
  formatSigned,
} from '../../../src/app/report/number-format.js';
import type { MonitorDayAnswer, MonitorSeriesAnswer } from '../../../src/app/server/api-types.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Empty } from '../ui/states.js';
import { Table } from '../ui/table.js';

const HALF = 50;
const EXITS: Readonly<Record<string, string>> = {
  stop_loss: 'stopped out',
  take_profit: 'took profit',
  time_exit: 'held its time',
  trailing_stop: 'trailing stop',
};

interface SignalCardProps {
  readonly day: MonitorDayAnswer;
  readonly rule: MonitorSeriesAnswer['rule'];
  readonly date: string;
  step(days: number): void;
}

export function SignalCard({ day, rule, date, step }: SignalCardProps) {
  const reach = Math.max(1, Math.abs(rule.threshold_high) * 2, Math.abs(day.score ?? 0));
  const place = (value: number): number => ((value + reach) / (2 * reach)) * 100;
  const { score, regime } = day;
  return (
    <Card
      title="Signal"
      className="signal"
      aside={
        <span className="day-steps">
          <button type="button" aria-label="The day before" onClick={() => step(-1)}>
            ‹
          </button>
          <time dateTime={new Date(day.ts).toISOString().slice(0, 10)}>{date}</time>
          <button type="button" aria-label="The day after" onClick={() => step(1)}>
            ›
          </button>
        </span>
      }
    >
      {score === null || regime === null ? (
        <Empty title="No score on this day">Some of its inputs lack their history.</Empty>
      ) : (
        <>
          <p className="signal-words">
            {regimeLabel(regime)} <span className="scope">score {formatSigned(score, 2)}</span>
          </p>
          <div className="signal-scale" aria-hidden="true">
            <i className="alts" style={{ left: 0, width: `${place(rule.threshold_low)}%` }} />
            <i className="majors" style={{ left: `${place(rule.threshold_high)}%`, right: 0 }} />
            <em style={{ left: `${place(score)}%` }} />
          </div>
          <p className="lever-ends" aria-hidden="true">
            <span>alts</span>
            <span>{formatSigned(rule.threshold_low, 1)}</span>
            <span>{formatSigned(rule.threshold_high, 1)}</span>
            <span>majors</span>
          </p>
        </>
      )}
    </Card>
  );
}

export function WhyScoreCard({ day }: { day: MonitorDayAnswer }) {
  const parts = Object.entries(day.contributions).sort(([, x], [, y]) => Math.abs(y ?? 0) - Math.abs(x ?? 0));
  const largest = Math.max(0.05, ...parts.map(([, value]) => Math.abs(value ?? 0)));
  return (
    <Card title="Why this score" scope="weight × z" className="why-score">
      <ul className="part-rows">
        {parts.map(([feature, value]) => (
          <li key={feature}>
            <span>{featureLabel(feature)}</span>
            <Diverging value={value ?? 0} largest={largest} tones={['exit-assertiveness', 'accent']} />
            <b>{formatSigned(value, 2)}</b>
          </li>
        ))}
      </ul>
    </Card>
  );
}

export function BookCard({ day }: { day: MonitorDayAnswer }) {
  const { book, traded } = day;
  const largest = Math.max(0.001, ...book.map(({ weight }) => Math.abs(weight)));
  const gross = book.reduce((sum, { weight }) => sum + Math.abs(weight), 0);
  return (
    <Card
      title="Book"
      scope="share of equity after the close"
      className="book"
      aside={book.length > 0 && <Badge tone="plain">gross {formatNumber(gross, 2)}</Badge>}
      footnote={
        traded ? (
          <DayNumbers day={day} />
        ) : (
          'The walk-forward test does not reach this day: it has a signal, and no book.'
        )
      }
    >
      {book.length === 0 && (
        <Empty title="Nothing is held">
          {day.exit_reason
            ? `${EXITS[day.exit_reason] ?? day.exit_reason} on this day.`
            : 'No regime for it, or no book that is neutral.'}
        </Empty>
      )}
      {book.length > 0 && (
        <Table
          columns={[
            { head: 'Name', cell: ({ asset_id: asset }) => asset },
            {
              head: 'Side',
              kind: 'word',
              look: 'quiet',
              cell: ({ weight }) => (weight < 0 ? 'short' : 'long'),
            },
            {
              head: 'Bar of the weight',
              isSilent: true,
              kind: 'part-cell',
              cell: ({ weight }) => <Diverging value={weight} largest={largest} tones={['down', 'up']} />,
            },
            { head: 'Weight', cell: ({ weight }) => formatReturn(weight, 1) },
            { head: 'β BTC', cell: ({ beta_btc: beta }) => formatNumber(beta, 2) },
            { head: 'β ETH', cell: ({ beta_eth: beta }) => formatNumber(beta, 2) },
          ]}
          rows={book}
          keyOf={({ asset_id: asset }) => asset}
        />
      )}
    </Card>
  );
}

function DayNumbers({ day: { numbers, rebalanced } }: { day: MonitorDayAnswer }) {
  const of = (name: string): number | null => numbers[name] ?? null;
  return (
    <>
      Exposure: majors {formatNumber(of('major_gross'), 2)}, alts {formatNumber(of('alt_gross'), 2)}
      {of('net_exposure') === null ? '' : `, net ${formatSigned(of('net_exposure'), 2)}`}. Net return{' '}
      {formatReturn(of('r_ls_net'), 2)}: moves {formatReturn(of('pnl'), 2)}, costs{' '}
      {formatPercent(of('cost'), 3)}, funding {formatReturn(of('funding'), 3)}.{' '}
      {rebalanced ? 'Rebalanced. ' : ''}
      {of('beta_err_btc') !== null &&
        `Beta left over ${formatSigned(of('beta_err_btc'), 3)} to BTC, ${formatSigned(of('beta_err_eth'), 3)} to ETH.`}
    </>
  );
}

interface DivergingProps {
  readonly value: number;
  readonly largest: number;
  /** Below and above zero. */
  readonly tones: readonly [string, string];
}

function Diverging({ value, largest, tones }: DivergingProps) {
  const width = (Math.abs(value) / largest) * HALF;
  return (
    <span className="part" aria-hidden="true">
      <i
        style={{
          left: `${value < 0 ? HALF - width : HALF}%`,
          width: `${width}%`,
          background: `var(--${tones[value < 0 ? 0 : 1]})`,
        }}
      />
    </span>
  );
}
