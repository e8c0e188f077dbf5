/** BTC above, A and E below, stepped on one axis of time: what somebody would have read at each close. */
import { useMemo, useState } from 'react';
import { formatNumber, formatPercent, formatPrice } from '../../../src/app/report/number-format.js';
import type { PostureHistory } from '../../../src/app/server/api-types.js';
import { type PlotPane, TimePlot } from '../chart/time-plot.js';
import { useZone } from '../shell/zone.js';

export function LeversChart({ history }: { history: PostureHistory }) {
  const [at, setAt] = useState<number | null>(null);
  const zone = useZone();
  const { ts, a, e, coverage, price } = history;
  const panes = useMemo(
    (): PlotPane[] => [
      { height: 110, lines: [{ values: price, token: 'muted' }], format: (value) => formatPrice(value) },
      {
        height: 170,
        range: [0, 1],
        levels: [0.5],
        format: (value) => formatNumber(value, 2),
        lines: [
          { values: a, token: 'add-appetite', width: 1.75, isStepped: true },
          { values: e, token: 'exit-assertiveness', width: 1.75, isStepped: true, dash: [5, 4] },
        ],
      },
    ],
    [price, a, e],
  );
  const row = at !== null && at < ts.length ? at : ts.length - 1;
  return (
    <>
      <p className="legend lever-legend">
        <span>{zone.time(ts[row])}</span>
        <span>
          <i className="line-swatch ink-add-appetite" aria-hidden="true" />A <b>{formatNumber(a[row], 3)}</b>
        </span>
        <span>
          <i className="line-swatch dashed ink-exit-assertiveness" aria-hidden="true" />E{' '}
          <b>{formatNumber(e[row], 3)}</b>
        </span>
        <span>
          coverage <b>{formatPercent(coverage[row], 0)}</b>
        </span>
        <span>
          BTC <b>{formatPrice(price[row])}</b>
        </span>
      </p>
      <TimePlot
        time={ts}
        panes={panes}
        label={`A and E over ${ts.length} closes, the last ${formatNumber(a.at(-1), 3)} and ${formatNumber(e.at(-1), 3)}; the rows can be exported`}
        onPoint={setAt}
      />
    </>
  );
}
