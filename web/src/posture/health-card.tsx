/** What is missing, late or wrong in the drivers, with the reason of each. */

import { formatCount, formatDuration } from '../../../src/app/report/number-format.js';
import type { DriversHealthAnswer } from '../../../src/app/server/api-types.js';
import type { Answer } from '../api/use-answer.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';

const CELL_TONES = { ok: 'ok', late: 'warn', stale: 'bad', missing: 'plain' } as const;
const ALERT_TONES = { info: 'info', warning: 'warn', critical: 'bad' } as const;
const STATUS_TONES = { ok: 'ok', degraded: 'warn', critical: 'bad' } as const;

export function HealthCard({ answer }: { answer: Answer<DriversHealthAnswer> }) {
  const { data, error } = answer;
  const troubled = troubledRows(data?.cells.filter(({ status }) => status !== 'ok') ?? []);
  // the table tells of the cells
  const news = data?.alerts.filter(({ name }) => !name.startsWith('driver.')) ?? [];
  return (
    <Card
      title="Health"
      scope="why a cell does not count"
      className="drivers-health"
      aside={data && <Badge tone={STATUS_TONES[data.status]}>{data.status}</Badge>}
      footnote={data ? `${dominanceWords(data)} ${dataWords(data)}`.trim() : undefined}
    >
      {error && (
        <Failure error={error} retry={answer.refresh} holds={data ? 'Older findings stay.' : undefined} />
      )}
      {!data && !error && <Skeleton lines={4} label="Loading health" />}
      {news.length > 0 && (
        <ul className="alerts">
          {news.map(({ name, level, message }) => (
            <li key={name}>
              <Badge tone={ALERT_TONES[level]}>{level}</Badge> {message}
            </li>
          ))}
        </ul>
      )}
      {data && troubled.length === 0 && (
        <Empty title="All 24 cells are fresh">Every driver has its bars on every timeframe.</Empty>
      )}
      {troubled.length > 0 && (
        <div className="scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col" className="word">
                  Cell
                </th>
                <th scope="col" className="word">
                  Status
                </th>
                <th scope="col" className="word">
                  Why
                </th>
                <th scope="col" className="wide">
                  Bars
                </th>
                <th scope="col" className="wide">
                  Age
                </th>
                <th scope="col" className="wide">
                  Gaps
                </th>
              </tr>
            </thead>
            <tbody>
              {troubled.map(({ cell, timeframes }) => (
                <tr key={`${cell.driver} ${timeframes}`}>
                  <th scope="row">
                    <b>{cell.driver}</b> {timeframes}
                    {cell.required && <span className="quiet"> required</span>}
                  </th>
                  <td className="word">
                    <Badge tone={CELL_TONES[cell.status]}>{cell.status}</Badge>
                  </td>
                  <td className="word reason">{cell.reason ?? '—'}</td>
                  <td className="wide">{cell.bars}</td>
                  <td className="wide">
                    {cell.age_ms === null ? '—' : formatDuration(Math.max(0, cell.age_ms))}
                  </td>
                  <td className="wide" title={formatCount(cell.missing_bars, 'bar')}>
                    {cell.gaps}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

type TroubledCell = DriversHealthAnswer['cells'][number];

/** A driver without a bar anywhere takes one row, not three. */
function troubledRows(
  cells: readonly TroubledCell[],
): readonly { readonly cell: TroubledCell; readonly timeframes: string }[] {
  const isBare = ({ driver }: TroubledCell): boolean =>
    cells.filter((each) => each.driver === driver && each.bars === 0).length === 3;
  return cells
    .filter((cell) => !isBare(cell) || cell.timeframe === '1d')
    .map((cell) =>
      isBare(cell)
        ? {
            cell: { ...cell, reason: cell.reason?.replace(/^no 1d bar/, 'no bar on any timeframe') ?? null },
            timeframes: '1d, 1h, 1m',
          }
        : { cell, timeframes: cell.timeframe },
    );
}

/** Whether the cells with bars stand on what happened, and where it comes from. */
function dataWords({ cells }: DriversHealthAnswer): string {
  const held = cells.filter(({ bars }) => bars > 0);
  if (held.length === 0) return '';
  const parts = (['real', 'synthetic', 'mixed'] as const).flatMap((kind) => {
    const own = held.filter(({ data }) => data === kind);
    if (own.length === 0) return [];
    const names = new Set(own.flatMap(({ origins }) => origins.map(({ name }) => name)));
    return [`${formatCount(own.length, 'cell')} on ${kind} data (${[...names].join(', ')})`];
  });
  return `${parts.join(', ')}.`;
}

function dominanceWords({ dominance }: DriversHealthAnswer): string {
  if (dominance.age_ms === null) return 'No dominance sample is stored.';
  const age = formatDuration(Math.max(0, dominance.age_ms));
  return dominance.static_provider
    ? `The dominance provider has renewed nothing for ${age}.`
    : `The dominance provider renewed its numbers ${age} ago; it does so every ten minutes.`;
}
