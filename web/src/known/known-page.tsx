/** As it was known that day: a slider through a walk-forward run, with the share of labels that were later revised. */
import { useMemo } from 'react';
import type { WalkForwardReport } from '../../../src/analysis/models/walk-forward/walk-forward-report.js';
import { formatNumber, formatPercent, formatReturn } from '../../../src/app/report/number-format.js';
import type { RunsAnswer } from '../../../src/app/server/api-types.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../src/market/timeframe.js';
import { changeAddress, pageHref, useAddress } from '../address/address.js';
import { Link } from '../address/link.js';
import { getRuns, getSeries } from '../api/calls.js';
import { getResult, getStates, type ShownRows } from '../api/run-tables.js';
import { useAnswer } from '../api/use-answer.js';
import { firstAtOrAfter } from '../chart/bar-view.js';
import { parseAt } from '../lab/use-lab.js';
import { seriesOf } from '../runs/run-facts.js';
import { useZone } from '../shell/zone.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import { knownOn } from './as-known.js';
import { KnownChart } from './known-chart.js';

type Run = RunsAnswer[number];

const MOST_POINTS = 5000;

export function KnownPage() {
  const { query } = useAddress();
  const answer = useAnswer('runs', getRuns);
  const walks = (answer.data ?? []).filter(({ manifest }) => manifest.kind === 'walk_forward');
  const chosen = walks.find(({ manifest }) => manifest.run_id === query.get('run')) ?? walks[0];
  return (
    <>
      <div className="page-head">
        <h1>As it was known</h1>
        <p className="scope">{chosen ? seriesOf(chosen.manifest) : ''}</p>
        <div className="controls">
          {walks.length > 1 && (
            <label className="field inline">
              <span>Run</span>
              <select
                value={chosen?.manifest.run_id}
                onChange={(event) => changeAddress({ run: event.target.value, at: undefined })}
              >
                {walks.map(({ manifest }) => (
                  <option key={manifest.run_id} value={manifest.run_id}>
                    {manifest.run_id}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
      </div>
      {answer.error && !answer.data && (
        <Card title="Runs">
          <Failure error={answer.error} retry={answer.refresh} />
        </Card>
      )}
      {!answer.data && !answer.error && <Skeleton lines={8} label="Loading runs" />}
      {answer.data && !chosen && (
        <Card title="As it was known">
          <Empty title="No walk-forward run yet">
            Only a walk-forward keeps what was shown on each day. Run{' '}
            <code>tidewatch model walk-forward</code>, then open this page again.
          </Empty>
        </Card>
      )}
      {chosen && <KnownRun key={chosen.manifest.run_id} run={chosen} />}
    </>
  );
}

function KnownRun({ run }: { run: Run }) {
  const id = run.manifest.run_id;
  const report = useAnswer(`result ${id}`, (signal) => getResult<WalkForwardReport>(id, signal));
  const states = useAnswer(`states ${id}`, (signal) => getStates(id, signal));
  const failed = report.error ?? states.error;
  if (failed) {
    return (
      <Card title="As it was known">
        <Failure
          error={failed}
          retry={() => {
            report.refresh();
            states.refresh();
          }}
        />
      </Card>
    );
  }
  if (!report.data || !states.data) return <Skeleton lines={8} label="Loading the run" />;
  return <KnownDays run={run} report={report.data} shown={states.data} />;
}

function KnownDays({ run, report, shown }: { run: Run; report: WalkForwardReport; shown: ShownRows }) {
  const { query } = useAddress();
  const zone = useZone();
  const data = run.manifest.data as { instrument_id: string; timeframe: string };
  const barLength = TIMEFRAME_MS[data.timeframe as Timeframe];
  const last = shown.time.length - 1;
  const asked = parseAt(query.get('at'));
  const at = asked === null ? last : Math.max(0, Math.min(last, firstAtOrAfter(shown.time, asked + 1) - 1));
  const day = useMemo(() => knownOn(report, shown, at, barLength), [report, shown, at, barLength]);
  const from = day?.rows[0]?.time;
  const refit = day?.refit;
  // prices of the whole stretch of this refit, so that the slider moves without asking
  const fold = report.folds.find(({ first_ts }) => first_ts === refit);
  const to = (fold?.last_ts ?? shown.time[at]!) + barLength;
  const prices = useAnswer(
    from === undefined ? null : `known ${data.instrument_id} ${data.timeframe} ${from} ${to}`,
    (signal) =>
      getSeries(
        { instrument: data.instrument_id, timeframe: data.timeframe, from: from!, to, points: MOST_POINTS },
        signal,
      ),
  );
  const line = useMemo(() => {
    const answer = prices.data;
    if (!answer) return undefined;
    const time = answer.close.map((_, row) =>
      answer.time ? answer.time[row]! : answer.time_start! + row * answer.time_step!,
    );
    return { time, close: answer.close };
  }, [prices.data]);
  const go = (row: number): void => {
    const time = shown.time[Math.max(0, Math.min(last, row))]!;
    changeAddress({ at: `${new Date(time).toISOString().slice(0, 16)}Z` }, true);
  };
  const refits = report.folds.map(({ first_ts }) => firstAtOrAfter(shown.time, first_ts));
  const before = refits.findLast((row) => row < at);
  const after = refits.find((row) => row > at);
  if (!day) return null;
  const { revision } = report;
  return (
    <div className="known">
      <Card
        title="As it was known that day"
        scope={`model refitted ${report.folds.length} times, never told the future`}
        aside={<Badge tone="ok">Walk-forward</Badge>}
        footnote={`The strips hold the ${formatNumber(day.rows.length)} bars that a chart of that day had. What was first shown never changes; a chart that is drawn again by a newer model does.`}
      >
        <p className="known-words" aria-live="polite">
          On <b>{zone.time(shown.time[at])}</b> the chart named{' '}
          <b>{formatPercent(day.compared > 0 ? day.revised / day.compared : 0)}</b> of its{' '}
          {formatNumber(day.compared)} shown bars otherwise than when they were first shown.
        </p>
        <div className="known-slider">
          <button
            type="button"
            className="button"
            disabled={before === undefined}
            onClick={() => go(before!)}
          >
            ← Refit
          </button>
          <input
            type="range"
            min={0}
            max={last}
            value={at}
            aria-label="Day that is looked back from"
            aria-valuetext={zone.time(shown.time[at])}
            onChange={(event) => go(Number(event.target.value))}
          />
          <button type="button" className="button" disabled={after === undefined} onClick={() => go(after!)}>
            Refit →
          </button>
        </div>
        {prices.error && (
          <Failure error={prices.error} retry={prices.refresh} holds="The labels below need no prices." />
        )}
        <KnownChart day={day} prices={line} />
      </Card>
      <Card title="Revision" scope="over the whole run">
        <dl className="facts">
          {[
            ['Later named otherwise by a refit', formatPercent(revision.revised_by_refits)],
            ['Named otherwise in hindsight', formatPercent(revision.revised_in_hindsight)],
            [
              'Median lag of a switch',
              revision.detection.median_lag === null
                ? '—'
                : `${formatNumber(revision.detection.median_lag, 1)} bars`,
            ],
            [
              'Switches found',
              `${formatNumber(revision.detection.detected)} of ${formatNumber(revision.detection.switches)}`,
            ],
            ['Labels changed at a refit, mean', formatPercent(revision.mean_churn)],
            ['Likeness of groupings at refits', formatNumber(revision.mean_adjusted_rand, 2)],
            ['Return, as it was known', formatReturn(revision.profit.filtered.net_return, 1)],
            ['Return, smoothed in hindsight', formatReturn(revision.profit.hindsight_smoothed.net_return, 1)],
            ['Faked by lookahead, per bar', formatReturn(revision.profit.faked_per_bar, 4)],
          ].map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <p className="footnote">
          Rule {revision.profit.rule}. <Link href={pageHref(`/runs/${run.manifest.run_id}`)}>The run</Link>
        </p>
      </Card>
    </div>
  );
}
