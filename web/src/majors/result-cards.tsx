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
      scope="with 95 % intervals of a block bootstrap"
      aside={<Badge tone={verdict.verdict === 'holds so far' ? 'ok' : 'warn'}>{verdict.verdict}</Badge>}
      footnote={`${verdict.sentence} Funding was missing for ${formatPercent(funding.missing_share, 1)} of the days held, and counted as nothing.`}
    >
      <table className="table">
        <thead>
          <tr>
            <th scope="col" className="word">
              Figure
            </th>
            <th scope="col">Value</th>
            <th scope="col">From</th>
            <th scope="col">To</th>
          </tr>
        </thead>
        <tbody>
          {FIGURES.filter(([name]) => kpis[name] != null).map(([name, words, kind]) => (
            <tr key={name}>
              <th scope="row">{words}</th>
              <td>{write(kpis[name], kind)}</td>
              <td className="quiet">{write(intervals[name]?.low, kind)}</td>
              <td className="quiet">{write(intervals[name]?.high, kind)}</td>
            </tr>
          ))}
        </tbody>
      </table>
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
      <table className="table">
        <thead>
          <tr>
            <th scope="col" className="word">
              Regime
            </th>
            <th scope="col">Days</th>
            <th scope="col">Mean a day</th>
            <th scope="col">Deviation</th>
            <th scope="col">Total</th>
          </tr>
        </thead>
        <tbody>
          {run.regime_metrics.map((row) => (
            <tr key={row.regime}>
              <th scope="row">{regimeLabel(row.regime)}</th>
              <td>{formatNumber(row.n_days)}</td>
              <td>
                {formatReturn(row.mean_return, 3)}
                <Range of={row.mean_interval} digits={3} />
              </td>
              <td>{formatPercent(row.std_return, 2)}</td>
              <td>
                {formatReturn(row.total_return, 1)}
                <Range of={row.total_interval} digits={1} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
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
      {formatReturn(of.low, digits)} to {formatReturn(of.high, digits)}
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
      <div className="scroll">
        <table className="table">
          <thead>
            <tr>
              <th scope="col" className="word">
                Configuration
              </th>
              <th scope="col">Return</th>
              <th scope="col">Sharpe</th>
              <th scope="col">Max drawdown</th>
              <th scope="col">Days</th>
              <th scope="col">To</th>
              {runs.length > 1 && <th scope="col">Beside</th>}
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <tr key={run.run_id} aria-current={run.run_id === shown}>
                <th scope="row">
                  <button
                    type="button"
                    className="link plain"
                    onClick={() => changeAddress({ run: run.run_id, at: undefined })}
                  >
                    {run.title ?? run.name} <span className="quiet">{run.profile}</span>
                  </button>
                </th>
                <td>{formatReturn(run.kpis.total_return, 1)}</td>
                <td>{formatNumber(run.kpis.sharpe, 2)}</td>
                <td>{formatReturn(run.kpis.max_drawdown, 1)}</td>
                <td>{formatNumber(run.test_days)}</td>
                <td>{zone.date(run.to)}</td>
                {runs.length > 1 && (
                  <td>
                    {run.run_id !== shown && (
                      <button
                        type="button"
                        className="link"
                        aria-pressed={run.run_id === beside}
                        aria-label={`Draw ${run.title ?? run.name} beside`}
                        onClick={() =>
                          changeAddress({ with: run.run_id === beside ? undefined : run.run_id }, true)
                        }
                      >
                        {run.run_id === beside ? 'hide' : 'draw'}
                      </button>
                    )}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
