/** What is missing, late or wrong in the drivers, with the reason of each. */

import { formatCount, formatDuration, formatNumber } from '../../../src/app/report/number-format.js';
import type { DriversHealthAnswer } from '../../../src/app/server/api-types.js';
import type { Answer } from '../api/use-answer.js';
import { Answered } from '../ui/answered.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Empty } from '../ui/states.js';
import { type Column, Table } from '../ui/table.js';

const CELL_TONES = { ok: 'ok', late: 'warn', stale: 'bad', missing: 'plain' } as const;
const ALERT_TONES = { info: 'info', warning: 'warn', critical: 'bad' } as const;
const STATUS_TONES = { ok: 'ok', degraded: 'warn', critical: 'bad' } as const;

export function HealthCard({ answer }: { answer: Answer<DriversHealthAnswer> }) {
  const { data } = answer;
  return (
    <Card
      title="Health"
      scope="why a cell does not count"
      className="drivers-health"
      aside={data && <Badge tone={STATUS_TONES[data.status]}>{data.status}</Badge>}
      footnote={data ? `${dominanceWords(data)} ${dataWords(data)}`.trim() : undefined}
    >
      <Answered answer={answer} holds="Older findings stay." lines={4} label="Loading health">
        {(health) => {
          const troubled = troubledRows(health.cells.filter(({ status }) => status !== 'ok'));
          // the table tells of the cells
          const news = health.alerts.filter(({ name }) => !name.startsWith('driver.'));
          return (
            <>
              {news.length > 0 && (
                <ul className="alerts">
                  {news.map(({ name, level, message }) => (
                    <li key={name}>
                      <Badge tone={ALERT_TONES[level]}>{level}</Badge> {message}
                    </li>
                  ))}
                </ul>
              )}
              {troubled.length === 0 ? (
                <Empty title="All 24 cells are fresh">Every driver has its bars on every timeframe.</Empty>
              ) : (
                <Table
                  columns={COLUMNS}
                  rows={troubled}
                  keyOf={({ cell, timeframes }) => `${cell.driver} ${timeframes}`}
                />
              )}
            </>
          );
        }}
      </Answered>
    </Card>
  );
}

type TroubledCell = DriversHealthAnswer['cells'][number];

interface TroubledRow {
  /** The first of its cells. */
  readonly cell: TroubledCell;
  readonly timeframes: string;
  readonly bars: number;
  readonly gaps: number;
  readonly missing: number;
}

const COLUMNS: readonly Column<TroubledRow>[] = [
  {
    head: 'Cell',
    cell: ({ cell, timeframes }) => (
      <>
        {cell.driver} <span className="cell-timeframes">{timeframes}</span>
        {cell.required && <span className="quiet"> required</span>}
      </>
    ),
  },
  {
    head: 'Status',
    kind: 'word',
    cell: ({ cell: { status } }) => <Badge tone={CELL_TONES[status]}>{status}</Badge>,
  },
  { head: 'Why', kind: 'word', look: 'reason', cell: ({ cell }) => cell.reason ?? '—' },
  { head: 'Bars', kind: 'wide', cell: ({ bars }) => formatNumber(bars) },
  {
    head: 'Age',
    kind: 'wide',
    cell: ({ cell: { age_ms: age } }) => (age === null ? '—' : formatDuration(Math.max(0, age))),
  },
  {
    head: 'Gaps',
    kind: 'wide',
    title: ({ missing }) => formatCount(missing, 'bar'),
    cell: ({ gaps }) => formatNumber(gaps),
  },
];

/** Cells of a driver with the same trouble take one row; the longest timeframe speaks for them. */
function troubledRows(cells: readonly TroubledCell[]): readonly TroubledRow[] {
  const rows = new Map<string, TroubledCell[]>();
  for (const cell of cells) {
    // which bar is missing differs by timeframe only where there is one at all
    const why = cell.bars === 0 ? 'no bar' : cell.reason;
    const key = `${cell.driver} ${cell.status} ${why}`;
    rows.set(key, [...(rows.get(key) ?? []), cell]);
  }
  return [...rows.values()].map((own) => {
    const cell = own[0]!;
    const sum = (of: (each: TroubledCell) => number): number =>
      own.reduce((total, each) => total + of(each), 0);
    const reason =
      own.length === 3 ? cell.reason?.replace(/^no \d+[mhd] bar/, 'no bar on any timeframe') : cell.reason;
    return {
      cell: { ...cell, reason: reason ?? null },
      timeframes: own.map(({ timeframe }) => timeframe).join(', '),
      bars: sum(({ bars }) => bars),
      gaps: sum(({ gaps }) => gaps),
      missing: sum(({ missing_bars: missing }) => missing),
    };
  });
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
