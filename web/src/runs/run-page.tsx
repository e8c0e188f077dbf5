/** One run: what came out of it by its kind, and its manifest. */

import type { WalkForwardReport } from '../../../src/analysis/models/walk-forward/walk-forward-report.js';
import type { RunAnswer } from '../../../src/app/server/api-types.js';
import { pageHref } from '../address/address.js';
import { Link } from '../address/link.js';
import { getRun } from '../api/calls.js';
import { type Candidate, type Comparison, getResult } from '../api/run-tables.js';
import { useAnswer } from '../api/use-answer.js';
import { Card } from '../ui/card.js';
import { Failure, Skeleton } from '../ui/states.js';
import { ComparisonCards } from './comparison-cards.js';
import { ManifestCard } from './manifest-card.js';
import { kindName, seriesOf } from './run-facts.js';

export function RunPage({ id }: { id: string }) {
  const answer = useAnswer(`run ${id}`, (signal) => getRun(id, signal));
  const run = answer.data;
  return (
    <>
      <div className="page-head">
        <h1>{run ? kindName(run.manifest) : 'Run'}</h1>
        <p className="scope">{run ? `${seriesOf(run.manifest)} · ${id}` : id}</p>
        <div className="controls">
          <Link className="button" href={pageHref('/runs')}>
            All runs
          </Link>
          {run?.manifest.kind === 'walk_forward' && (
            <Link className="button" href={pageHref('/known', { run: id })}>
              As it was known
            </Link>
          )}
          {run?.report && (
            <a className="button" href={run.report}>
              Report
            </a>
          )}
        </div>
      </div>
      {answer.error && (
        <Card title="Run">
          <Failure error={answer.error} retry={answer.refresh} />
        </Card>
      )}
      {!run && !answer.error && <Skeleton lines={8} label="Loading the run" />}
      {run && (
        <div className="stack-of-cards">
          <RunResult run={run} />
          <ManifestCard run={run} />
        </div>
      )}
    </>
  );
}

type ResultTable = Comparison | WalkForwardReport;

function RunResult({ run }: { run: RunAnswer }) {
  const { kind, run_id: id } = run.manifest;
  const hasResult = run.tables.some(({ name }) => name === 'result.json') && kind !== 'regime';
  const answer = useAnswer(hasResult ? `result ${id}` : null, (signal) => getResult<ResultTable>(id, signal));
  if (!hasResult) return null;
  if (answer.error) {
    return (
      <Card title="Result">
        <Failure error={answer.error} retry={answer.refresh} />
      </Card>
    );
  }
  if (!answer.data) return <Skeleton lines={6} label="Loading the result" />;
  return <ComparisonCards candidates={candidatesOf(answer.data, run)} />;
}

/** A walk-forward is a comparison of one. */
function candidatesOf(result: ResultTable, { manifest }: RunAnswer): readonly Candidate[] {
  if (result.kind === 'comparison') return result.candidates;
  const { revision, scorecard, curve } = result;
  return [
    {
      name: seriesOf(manifest),
      run_id: manifest.run_id,
      scorecard,
      revision: {
        revised_by_refits: revision.revised_by_refits,
        median_lag: revision.detection.median_lag,
      },
      curve,
    },
  ];
}
