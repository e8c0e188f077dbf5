/** Closes over two strips: as the chart of that day showed them, and as they were first shown; between them, what differs. */

import { formatPrice } from '../../../src/app/report/number-format.js';
import { regimeColor } from '../../../src/app/report/regime-color.js';
import { firstAtOrAfter } from '../chart/bar-view.js';
import { useZone } from '../shell/zone.js';
import { type KnownDay, type LabelRun, labelRuns } from './as-known.js';

interface KnownChartProps {
  readonly day: KnownDay;
  /** Bars of the stretch: open times in ms and closes. */
  readonly prices: { readonly time: readonly number[]; readonly close: readonly number[] } | undefined;
}

const WIDTH = 1000;
const PRICE_HEIGHT = 220;
/** A run narrower than this share of the width carries no word. */
const LABELLED_SHARE = 0.045;

export function KnownChart({ day, prices }: KnownChartProps) {
  const zone = useZone();
  const { rows } = day;
  const known = labelRuns(rows.map((row) => row.known));
  const first = labelRuns(rows.map((row) => row.first));
  const changed = labelRuns(
    rows.map((row) => (row.first !== null && row.first !== row.known ? `${row.first} → ${row.known}` : null)),
  );
  const refit = firstAtOrAfter(
    rows.map(({ time }) => time),
    day.refit,
  );
  return (
    <div className="known-chart">
      <PriceLine rows={rows.map(({ time }) => time)} prices={prices} refit={refit} />
      <StripRow name="On the chart of that day" runs={known} count={rows.length} />
      <StripRow name="Revised since" runs={changed} count={rows.length} changed />
      <StripRow name="As first shown" runs={first} count={rows.length} />
      <p className="known-axis">
        <span>{zone.date(rows[0]?.time)}</span>
        <span className="refit-word">refit {zone.date(day.refit)}</span>
        <span>{zone.timeOfYear(rows.at(-1)?.time)}</span>
      </p>
    </div>
  );
}

function PriceLine({
  rows,
  prices,
  refit,
}: {
  rows: readonly number[];
  prices: KnownChartProps['prices'];
  refit: number;
}) {
  const closes = rows.map((time) => {
    if (!prices || prices.time.length === 0) return Number.NaN;
    const at = firstAtOrAfter(prices.time, time + 1) - 1;
    return at < 0 ? Number.NaN : prices.close[at]!;
  });
  const finite = closes.filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const x = (row: number): number => (row / Math.max(1, rows.length)) * WIDTH;
  const y = (close: number): number => 8 + (1 - (close - low) / (high - low || 1)) * (PRICE_HEIGHT - 16);
  const path = closes
    .map((close, row) => (Number.isFinite(close) ? `${x(row + 0.5).toFixed(1)} ${y(close).toFixed(1)}` : ''))
    .filter(Boolean)
    .join('L');
  return (
    <div className="known-price">
      <svg viewBox={`0 0 ${WIDTH} ${PRICE_HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {path && <path className="line" d={`M${path}`} />}
        <line className="refit" x1={x(refit)} x2={x(refit)} y1="0" y2={PRICE_HEIGHT} />
      </svg>
      {finite.length > 0 && (
        <>
          <span className="top">{formatPrice(high)}</span>
          <span className="bottom">{formatPrice(low)}</span>
        </>
      )}
    </div>
  );
}

interface StripRowProps {
  readonly name: string;
  readonly runs: readonly LabelRun[];
  readonly count: number;
  readonly changed?: boolean;
}

function StripRow({ name, runs, count, changed = false }: StripRowProps) {
  const percent = (position: number): string => `${((position / count) * 100).toFixed(3)}%`;
  return (
    <div className="known-row">
      <p>{name}</p>
      <div
        className={`known-strip ${changed ? 'changed' : ''}`}
        role="img"
        aria-label={`${name}: ${runs.length} runs`}
      >
        {runs.map((run) => (
          <span
            key={run.from}
            className={changed ? 'change' : regimeColor(run.label)}
            style={{ left: percent(run.from), width: percent(run.to - run.from) }}
            title={`${run.label}, ${run.to - run.from} bars`}
          >
            {!changed && (run.to - run.from) / count > LABELLED_SHARE ? run.label : ''}
          </span>
        ))}
      </div>
    </div>
  );
}
