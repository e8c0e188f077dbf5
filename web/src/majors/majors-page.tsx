/** Majors vs alts: which side the score favours, does it pay, and what the book of any day was. */
import { useMemo, useState } from 'react';
import { formatNumber } from '../../../src/app/report/number-format.js';
import type {
  MonitorRunAnswer,
  MonitorRunsAnswer,
  MonitorSeriesAnswer,
} from '../../../src/app/server/api-types.js';
import { changeAddress, useAddress } from '../address/address.js';
import {
  getMonitorCompare,
  getMonitorDay,
  getMonitorRun,
  getMonitorRuns,
  getMonitorSeries,
} from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { ExportMenu } from '../lab/export-menu.js';
import { useZone } from '../shell/zone.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { CardBoundary } from '../ui/card-boundary.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import { useRested } from '../uptrend/use-uptrend.js';
import { BookCard, SignalCard, WhyScoreCard } from './day-cards.js';
import { MajorsChart } from './majors-chart.js';
import { type MajorsColumns, majorsColumns, onAxis, rowAt } from './majors-columns.js';
import { FiguresCard, RegimesCard, VariantsCard } from './result-cards.js';

/** The pointer rests this long on a day before its book is asked for. */
const REST_MS = 120;

interface Shown {
  readonly run: MonitorRunAnswer;
  readonly series: MonitorSeriesAnswer;
}

export function MajorsPage() {
  const { query } = useAddress();
  const runs = useAnswer('monitor runs', getMonitorRuns);
  const id = (runs.data?.find(({ run_id }) => run_id === query.get('run')) ?? runs.data?.[0])?.run_id;
  const shown = useAnswer<Shown>(id === undefined ? null : `monitor run ${id}`, async (signal) => {
    const [run, series] = await Promise.all([getMonitorRun(id!, signal), getMonitorSeries(id!, signal)]);
    return { run, series };
  });
  const failed = runs.error && !runs.data ? runs : shown.error ? shown : undefined;
  return (
    <>
      <MajorsHead shown={shown.data} />
      {failed && (
        <Card title="Majors vs alts">
          <Failure error={failed.error!} retry={failed.refresh} />
        </Card>
      )}
      {runs.data?.length === 0 && (
        <Card title="Majors vs alts">
          <Empty title="No run is kept">
            Long BTC and ETH against a basket of alts, neutral to both:{' '}
            <code>tidewatch monitor run --lake DIR</code> makes the first.
          </Empty>
        </Card>
      )}
      {!failed && (!runs.data || (id !== undefined && !shown.data)) && (
        <Skeleton lines={12} label="Loading the run" />
      )}
      {runs.data && shown.data && (
        <MajorsBody key={shown.data.run.run_id} runs={runs.data} shown={shown.data} />
      )}
    </>
  );
}

function MajorsHead({ shown }: { shown: Shown | undefined }) {
  if (shown === undefined) {
    return (
      <div className="page-head">
        <h1>Majors vs alts</h1>
      </div>
    );
  }
  const { run, series } = shown;
  const { rule, data } = run;
  return (
    <div className="page-head">
      <h1>Majors vs alts</h1>
      <p className="scope">
        Long BTC and ETH, short {formatNumber(rule.basket_size)} alts,{' '}
        {rule.neutrality_mode.replaceAll('_', ' ')} · {formatNumber(data.windows)} test windows ·{' '}
        {formatNumber(rule.cost_bps)} bp per trade
      </p>
      <div className="controls">
        {rule.neutrality_mode === 'fixed_weights' ? (
          <Badge tone="plain" title="No regime decides: the book is made anew every so many days">
            Always on
          </Badge>
        ) : (
          <Badge tone="ok" title="Each day was decided with what was known by its close">
            Walk-forward
          </Badge>
        )}
        <Badge tone="plain">Net of costs and funding</Badge>
        {run.report && (
          <a className="button" href={run.report}>
            Report
          </a>
        )}
        <ExportMenu
          name={['majors-vs-alts', run.name]}
          table={() => ({
            head: ['timestamp', 'equity', 'drawdown', ...Object.keys(series.daily.numbers)],
            rows: series.daily.ts.map((ts, row) => [
              ts,
              series.daily.equity[row]!,
              series.daily.drawdown[row]!,
              ...Object.values(series.daily.numbers).map((values) => values[row] ?? ''),
            ]),
          })}
        />
      </div>
    </div>
  );
}

function MajorsBody({ runs, shown: { run, series } }: { runs: MonitorRunsAnswer; shown: Shown }) {
  const { query } = useAddress();
  const zone = useZone();
  const columns = useMemo((): MajorsColumns => majorsColumns(series), [series]);
  const beside = runs.find(({ run_id }) => run_id === query.get('with') && run_id !== run.run_id);
  const compared = useAnswer(
    beside === undefined ? null : `monitor compare ${run.run_id} ${beside.run_id}`,
    (signal) => getMonitorCompare([run.run_id, beside!.run_id], signal),
  );
  const other = useMemo(() => {
    const found = compared.data?.runs.find(({ run_id }) => run_id === beside?.run_id);
    return beside && found ? onAxis(columns.ts, found.ts, found.equity) : undefined;
  }, [compared.data, beside, columns]);
  const [pointed, setPointed] = useState<number | null>(null);
  const last = columns.ts.length - 1;
  const asked = Date.parse(query.get('at') ?? '');
  const picked = Number.isNaN(asked) ? last : Math.max(0, rowAt(columns.ts, asked));
  const ts = columns.ts[useRested(pointed, REST_MS) ?? picked];
  const day = useAnswer(ts === undefined ? null : `monitor day ${run.run_id} ${ts}`, (signal) =>
    getMonitorDay(run.run_id, ts!, signal),
  );
  const [kept, setKept] = useState(day.data);
  if (day.data && day.data !== kept) setKept(day.data);
  const pick = (to: number): void => {
    const held = Math.max(0, Math.min(last, to));
    changeAddress(
      { at: held === last ? undefined : new Date(columns.ts[held]!).toISOString().slice(0, 10) },
      true,
    );
  };
  return (
    <div className="majors">
      <div className="majors-main">
        <Card
          title="Score, equity, drawdown"
          scope={`${zone.date(run.data.from)} to ${zone.date(run.data.to)}`}
          aside={
            <span className="legend">
              <span>
                <i className="swatch side-majors" aria-hidden="true" />
                majors regime
              </span>
              <span>
                <i className="swatch side-alts" aria-hidden="true" />
                alts regime
              </span>
              {beside && (
                <span>
                  <i className="swatch beside" aria-hidden="true" />
                  {beside.title ?? beside.name}
                </span>
              )}
            </span>
          }
          footnote={
            run.warnings.length > 0
              ? run.warnings.join(' ')
              : 'Click a day to hold it; its book stands on the right.'
          }
        >
          {last < 0 ? (
            <Empty title="No day was scored">The lake has too little history for the first window.</Empty>
          ) : (
            <MajorsChart series={series} columns={columns} other={other} onPoint={setPointed} onPick={pick} />
          )}
        </Card>
        {compared.error && (
          <Card title="Comparison">
            <Failure error={compared.error} retry={compared.refresh} holds="Each run stands as before." />
          </Card>
        )}
        <div className="majors-row">
          <CardBoundary title="Figures">
            <FiguresCard run={run} />
          </CardBoundary>
          <CardBoundary title="By regime">
            <RegimesCard run={run} />
          </CardBoundary>
        </div>
        <VariantsCard
          runs={runs}
          shown={run.run_id}
          beside={beside?.run_id}
          overfitting={beside && compared.data?.overfitting}
        />
      </div>
      <div className="majors-side">
        {day.error && (
          <Card title="Day">
            <Failure
              error={day.error}
              retry={day.refresh}
              holds={
                kept ? `Below stands ${zone.date(kept.ts)}, the last day that could be read.` : undefined
              }
            />
          </Card>
        )}
        {kept && (
          <CardBoundary title="Day" key={kept.ts}>
            <SignalCard
              day={kept}
              rule={series.rule}
              date={zone.date(kept.ts)}
              step={(days) => pick(picked + days)}
            />
            <WhyScoreCard day={kept} />
            <BookCard day={kept} />
          </CardBoundary>
        )}
      </div>
    </div>
  );
}
