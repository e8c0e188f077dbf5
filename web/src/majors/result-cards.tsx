/** What the run earned, how sure that is, by regime, and beside the other runs. */
import { regimeLabel } from '../../../src/app/report/majors/majors-words.js';
import { formatNumber, formatPercent, formatReturn, MISSING } from '../../../src/app/report/number-format.js';
import type {
  MonitorCompareAnswer,
  MonitorRunAnswer,
  MonitorRunsAnswer,
} from '../../../src/app/server/api-types.js';
import { changeAddress } from '../address/address.js';
import { useZone } from '../shell/zone.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { type Column, Table } from '../ui/table.js';

type Kind = 'return' | 'number' | 'percent';

const FIGURES: readonly (readonly [name: string, words: string, kind: Kind])[] = [
  ['total_return', 'Return', 'return'],
  ['cagr', 'Return a year', 'return'],
  ['sharpe', 'Sharpe ratio', 'number'],
  ['sortino', 'Sortino ratio', 'number'],
  ['max_drawdown', 'Maximal drawdown', 'return'],
  ['annual_vol', 'Volatility a year', 'percent'],
  ['hit_rate_active', 'Days won, of active ones', 'percent'],
  ['avg_turnover', 'Turnover a day', 'percent'],
  ['total_cost', 'Costs in all', 'percent'],
  ['total_funding', 'Funding in all', 'percent'],
];

function write(value: number | null | undefined, kind: Kind): string {
  if (value == null) return MISSING;
  if (kind === 'return') return formatReturn(value, 1);
  return kind === 'percent' ? formatPercent(value, 1) : formatNumber(value, 2);
}

export function FiguresCard({ run }: { run: MonitorRunAnswer }) {
  const { kpis, intervals, verdict, funding_coverage: funding } = run;
  return (
    <Card
      title="Figures"
      scope="95 % intervals, block bootstrap"
      aside={<Badge tone={verdict.verdict === 'holds so far' ? 'ok' : 'warn'}>{verdict.verdict}</Badge>}
      footnote={`${verdict.sentence} Funding was missing for ${formatPercent(funding.missing_share, 1)} of the days held, and counted as nothing.`}
    >
      <Table
        columns={[
          { head: 'Figure', cell: ([, words]) => words },
          { head: 'Value', cell: ([name, , kind]) => write(kpis[name], kind) },
          { head: 'From', look: 'quiet', cell: ([name, , kind]) => write(intervals[name]?.low, kind) },
          { head: 'To', look: 'quiet', cell: ([name, , kind]) => write(intervals[name]?.high, kind) },
        ]}
        rows={FIGURES.filter(([name]) => kpis[name] != null)}
        keyOf={([name]) => name}
      />
    </Card>
  );
}

export function RegimesCard({ run }: { run: MonitorRunAnswer }) {
  return (
    <Card
      title="By regime"
      scope={
        run.profile === 'corrected'
          ? 'under which the return was earned'
          : 'of the same row, as the reference counts'
      }
      footnote="Below a figure: its 95 % interval from blocks of days; none for a regime of fewer than ten days."
    >
      <Table
        columns={[
          { head: 'Regime', cell: ({ regime }) => regimeLabel(regime) },
          { head: 'Days', cell: (row) => formatNumber(row.n_days) },
          {
            head: 'Mean a day',
            cell: (row) => (
              <>
                {formatReturn(row.mean_return, 3)}
                <Range of={row.mean_interval} digits={3} />
              </>
            ),
          },
          {
            head: 'Total',
            cell: (row) => (
              <>
                {formatReturn(row.total_return, 1)}
                <Range of={row.total_interval} digits={1} />
              </>
            ),
          },
        ]}
        rows={run.regime_metrics}
        keyOf={({ regime }) => regime}
      />
    </Card>
  );
}

/** Low to high below a figure; nothing where there is no interval. */
function Range({
  of,
  digits,
}: {
  of: MonitorRunAnswer['regime_metrics'][number]['mean_interval'];
  digits: number;
}) {
  if (of === null) return null;
  return (
    <small className="range">
      {formatReturn(of.low, digits).replace(/\s?%$/, '')} to {formatReturn(of.high, digits)}
    </small>
  );
}

interface VariantsCardProps {
  readonly runs: MonitorRunsAnswer;
  readonly shown: string;
  /** The run whose equity is drawn beside. */
  readonly beside: string | undefined;
  readonly overfitting: MonitorCompareAnswer['overfitting'] | undefined;
}

/** Every run there is, side by side; one is shown, and another may be drawn beside it. */
export function VariantsCard({ runs, shown, beside, overfitting }: VariantsCardProps) {
  const zone = useZone();
  const columns: readonly Column<MonitorRunsAnswer[number]>[] = [
    {
      head: 'Configuration',
      cell: (run) => (
        <button
          type="button"
          className="link plain"
          onClick={() => changeAddress({ run: run.run_id, at: undefined })}
        >
          {run.title ?? run.name} <span className="quiet">{run.profile}</span>
        </button>
      ),
    },
    { head: 'Return', cell: ({ kpis }) => formatReturn(kpis.total_return, 1) },
    { head: 'Sharpe', cell: ({ kpis }) => formatNumber(kpis.sharpe, 2) },
    { head: 'Max drawdown', kind: 'wide', cell: ({ kpis }) => formatReturn(kpis.max_drawdown, 1) },
    { head: 'Days', kind: 'wide', cell: (run) => formatNumber(run.test_days) },
    { head: 'To', kind: 'wide', cell: (run) => zone.date(run.to) },
  ];
  const drawn: Column<MonitorRunsAnswer[number]> = {
    head: 'Beside',
    cell: ({ run_id: id, title, name }) =>
      id !== shown && (
        <button
          type="button"
          className="link"
          aria-pressed={id === beside}
          aria-label={`Draw ${title ?? name} beside`}
          onClick={() => changeAddress({ with: id === beside ? undefined : id }, true)}
        >
          {id === beside ? 'hide' : 'draw'}
        </button>
      ),
  };
  return (
    <Card
      title="Runs"
      scope="choose one to show it, another to draw its equity beside"
      footnote={`Sharpe ratios are annualised with 365 days.${
        overfitting
          ? ` Of these two, the better of one half of the ${formatNumber(overfitting.days)} common days is the worse of the other in ${formatPercent(overfitting.probability, 0)} of the splits.`
          : ''
      }`}
    >
      <Table
        columns={runs.length > 1 ? [...columns, drawn] : columns}
        rows={runs}
        keyOf={({ run_id: id }) => id}
        isCurrent={({ run_id: id }) => id === shown}
      />
    </Card>
  );
}
