/** Runs: what ran, with which data, and what came out. `/runs/<id>` opens one. */
import type { RunsAnswer } from '../../../src/app/server/api-types.js';
import { pageHref, useAddress } from '../address/address.js';
import { Link } from '../address/link.js';
import { getRuns } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { useZone } from '../shell/zone.js';
import { Answered } from '../ui/answered.js';
import { Card } from '../ui/card.js';
import { Empty } from '../ui/states.js';
import { type Column, Table } from '../ui/table.js';
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
  const columns: readonly Column<RunsAnswer[number]>[] = [
    {
      head: 'Run',
      cell: ({ manifest }) => (
        <>
          <Link href={pageHref(`/runs/${encodeURIComponent(manifest.run_id)}`, {}, address)}>
            {kindName(manifest)}
          </Link>{' '}
          <code className="quiet wide">{manifest.run_id.split('_').at(-1)}</code>
        </>
      ),
    },
    { head: 'Series', kind: 'word', cell: ({ manifest }) => seriesOf(manifest) },
    { head: 'Seed', kind: 'wide', cell: ({ manifest }) => String(manifest.seed ?? '—') },
    { head: 'Version', kind: 'wide', cell: ({ manifest }) => manifest.version },
    {
      head: `Made, ${zone.name}`,
      cell: ({ manifest }) => zone.time(manifest.created_at).replace(/ \S+$/, ''),
    },
    { head: 'Report', cell: ({ report }) => (report ? <a href={report}>Open</a> : '—') },
  ];
  return (
    <>
      <div className="page-head">
        <h1>Runs</h1>
        <p className="scope">{answer.data ? `${answer.data.length} stored` : ''}</p>
      </div>
      <Card
        title="Stored runs"
        scope="newest first"
        footnote="A run’s id follows from its data, configuration, seed and version: the same inputs give the same run."
      >
        <Answered answer={answer} holds="The list of before stays on screen." lines={6} label="Loading runs">
          {(stored) =>
            stored.length === 0 ? (
              <Empty title="No runs yet">
                <code>tidewatch start</code> makes a first one; <code>tidewatch model compare</code> lays
                candidates side by side.
              </Empty>
            ) : (
              <Table columns={columns} rows={stored} keyOf={({ manifest }) => manifest.run_id} />
            )
          }
        </Answered>
      </Card>
    </>
  );
}
