/** Runs: what ran, with which data, and what came out. `/runs/<id>` opens one. */
import { pageHref, useAddress } from '../address/address.js';
import { Link } from '../address/link.js';
import { getRuns } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { useZone } from '../shell/zone.js';
import { Card } from '../ui/card.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import { kindName, seriesOf } from './run-facts.js';
import { RunPage } from './run-page.js';

export function RunsPage() {
  const { path } = useAddress();
  const id = decodeURIComponent(path.slice('/runs/'.length));
  return id === '' ? <RunList /> : <RunPage key={id} id={id} />;
}

function RunList() {
  const zone = useZone();
  const address = useAddress();
  const answer = useAnswer('runs', getRuns);
  const runs = answer.data ?? [];
  return (
    <>
      <div className="page-head">
        <h1>Runs</h1>
        <p className="scope">{answer.data ? `${runs.length} stored` : ''}</p>
      </div>
      <Card
        title="Stored runs"
        scope="newest first"
        footnote="A run’s id follows from its data, configuration, seed and version: the same inputs give the same run."
      >
        {answer.error && (
          <Failure
            error={answer.error}
            retry={answer.refresh}
            holds={answer.data ? 'The list of before stays on screen.' : undefined}
          />
        )}
        {!answer.data && !answer.error && <Skeleton lines={6} label="Loading runs" />}
        {answer.data && runs.length === 0 && (
          <Empty title="No runs yet">
            <code>tidewatch start</code> makes a first one; <code>tidewatch model compare</code> lays
            candidates side by side.
          </Empty>
        )}
        {runs.length > 0 && (
          <div className="scroll">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Run</th>
                  <th scope="col" className="word">
                    Series
                  </th>
                  <th scope="col" className="wide">
                    Seed
                  </th>
                  <th scope="col" className="wide">
                    Version
                  </th>
                  <th scope="col">Made, {zone.name}</th>
                  <th scope="col">Report</th>
                </tr>
              </thead>
              <tbody>
                {runs.map(({ manifest, report }) => (
                  <tr key={manifest.run_id}>
                    <th scope="row">
                      <Link href={pageHref(`/runs/${encodeURIComponent(manifest.run_id)}`, {}, address)}>
                        {kindName(manifest)}
                      </Link>{' '}
                      <code className="quiet wide">{manifest.run_id.split('_').at(-1)}</code>
                    </th>
                    <td className="word">{seriesOf(manifest)}</td>
                    <td className="wide">{String(manifest.seed ?? '—')}</td>
                    <td className="wide">{manifest.version}</td>
                    <td>{zone.time(manifest.created_at).replace(/ \S+$/, '')}</td>
                    <td>{report ? <a href={report}>Open</a> : '—'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Card>
    </>
  );
}
