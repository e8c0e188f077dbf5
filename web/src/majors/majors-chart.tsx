/** Score with the regimes behind it, equity, drawdown, the return of each day, exposure and what is left of beta. */
import { useMemo } from 'react';
import { regimeSide } from '../../../src/app/report/majors/majors-words.js';
import { formatNumber, formatPercent, formatReturn } from '../../../src/app/report/number-format.js';
import type { MonitorSeriesAnswer } from '../../../src/app/server/api-types.js';
import { type PlotPane, TimePlot } from '../chart/time-plot.js';
import { useZone } from '../shell/zone.js';
import { type MajorsColumns, sideBands } from './majors-columns.js';

const BAND_TOKENS = { 1: 'accent', [-1]: 'exit-assertiveness' } as const;

interface MajorsChartProps {
  readonly series: MonitorSeriesAnswer;
  readonly columns: MajorsColumns;
  /** Equity of another run on the same days. */
  readonly other?: readonly (number | null)[] | undefined;
  onPoint(row: number | null): void;
  onPick(row: number): void;
}

export function MajorsChart({ series, columns, other, onPoint, onPick }: MajorsChartProps) {
  const { rule, regimes } = series;
  const zone = useZone();
  const panes = useMemo((): PlotPane[] => {
    const strong = rule.n_regimes === 5 ? [rule.threshold_strong_low, rule.threshold_strong_high] : [];
    const hasError = columns.neutralityError.some((value) => value !== null && value > 0);
    return [
      {
        height: 170,
        format: (value) => formatNumber(value, 1),
        lines: [{ values: columns.score, token: 'text', width: 1.25 }],
        levels: [rule.threshold_low, rule.threshold_high, ...strong],
      },
      {
        height: 140,
        format: (value) => formatNumber(value, 2),
        lines: [
          ...(other === undefined ? [] : [{ values: other, token: 'warn', width: 1.5, dash: [5, 3] }]),
          { values: columns.equity, token: 'accent', width: 2 },
        ],
        levels: [1],
      },
      {
        height: 80,
        format: (value) => formatPercent(value, 0),
        lines: [{ values: columns.drawdown, token: 'bad', isFilled: true }],
      },
      {
        height: 80,
        format: (value) => formatReturn(value, 1),
        lines: [{ values: columns.net, token: 'muted', width: 1, isStepped: true }],
        levels: [0],
      },
      {
        height: 70,
        format: (value) => formatNumber(value, 2),
        lines: [{ values: columns.gross, token: 'muted', isStepped: true, isFilled: true }],
      },
      ...(hasError
        ? [
            {
              height: 60,
              format: (value: number) => formatNumber(value, 2),
              lines: [{ values: columns.neutralityError, token: 'warn', isStepped: true }],
            },
          ]
        : []),
    ];
  }, [columns, rule, other]);
  const bands = useMemo(
    () =>
      sideBands(columns.regime, (regime) => regimeSide(regimes[regime]!)).map(({ from, to, side }) => ({
        from,
        to,
        token: BAND_TOKENS[side],
      })),
    [columns, regimes],
  );
  const names = [
    'Score',
    'Equity, 1.00 at start',
    'Drawdown',
    'Net return of the day',
    'Gross exposure',
    'Beta left over',
  ];
  return (
    <div className="majors-plot">
      <TimePlot
        time={columns.ts}
        panes={panes}
        bands={bands}
        label={`Score, equity, drawdown, daily return and exposure over ${columns.ts.length} days; the day under the cursor stands beside, Enter holds it`}
        describe={(at) =>
          `${zone.date(columns.ts[at])}, score ${formatNumber(columns.score[at], 2)}, equity ${formatNumber(columns.equity[at], 3)}, drawdown ${formatPercent(columns.drawdown[at], 1)}, net return ${formatReturn(columns.net[at], 2)}`
        }
        onPoint={onPoint}
        onPick={onPick}
      />
      <div className="pane-names" aria-hidden="true">
        {panes.map(({ height }, at) => (
          <span key={names[at]} style={{ height }}>
            <b>{names[at]}</b>
          </span>
        ))}
      </div>
    </div>
  );
}
