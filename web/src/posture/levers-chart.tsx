/**
 * BTC above, A and E below, stepped on one axis of time: what somebody would have read at each close. Behind them the
 * state that the BTC driver was known to be in, on the timeframe of the rows.
 */
import { useMemo, useState } from 'react';
import { formatNumber, formatPercent, formatPrice } from '../../../src/app/report/number-format.js';
import type { PostureHistory } from '../../../src/app/server/api-types.js';
import { type PlotPane, TimePlot } from '../chart/time-plot.js';
import { useZone } from '../shell/zone.js';
import { StateChip } from '../uptrend/state-chip.js';
import { STATE_TOKENS, STATES } from '../uptrend/uptrend-content.js';
import { knownRows, knownRuns } from './known-runs.js';

export function LeversChart({ history }: { history: PostureHistory }) {
  const [at, setAt] = useState<number | null>(null);
  const zone = useZone();
  const { ts, a, e, coverage, price, step, states } = history;
  const stretches = useMemo(() => {
    const btc = states.find(({ driver, timeframe }) => driver === 'BTC' && timeframe === step);
    return knownRows(knownRuns(btc?.runs ?? [], step, ts[0]!, ts.at(-1)!), ts);
  }, [states, step, ts]);
  const bands = useMemo(
    () => stretches.map(({ from, to, state }) => ({ from, to, token: STATE_TOKENS[state]! })),
    [stretches],
  );
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
  const state = stretches.find(({ from, to }) => from <= row && row <= to)?.state;
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
        <span>
          bands: BTC {step} {state === undefined ? <b>no state</b> : <StateChip state={STATES[state]!} />}
        </span>
      </p>
      <TimePlot
        time={ts}
        panes={panes}
        bands={bands}
        label={`A and E over ${ts.length} closes, the last ${formatNumber(a.at(-1), 3)} and ${formatNumber(e.at(-1), 3)}`}
        describe={(at) =>
          `${zone.time(ts[at])}, A ${formatNumber(a[at], 3)}, E ${formatNumber(e[at], 3)}, coverage ${formatPercent(coverage[at], 0)}, BTC ${formatPrice(price[at])}`
        }
        onPoint={setAt}
      />
    </>
  );
}
