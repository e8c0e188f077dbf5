/** What is stored besides bars, by dataset and source: how much, from when to when, how large. */
import { formatNumber } from '../../../src/app/report/number-format.js';
import { getDatasets } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { useZone } from '../shell/zone.js';
import { Answered } from '../ui/answered.js';
import { Card } from '../ui/card.js';
import { Empty } from '../ui/states.js';
import { type Column, Table } from '../ui/table.js';
import { type DatasetRow, datasetRows, datasetWords, sizeWords } from './dataset-rows.js';

const REFRESH_MS = 60_000;

export function OtherDataCard() {
  const answer = useAnswer('datasets', getDatasets, REFRESH_MS);
  const zone = useZone();
  const columns: readonly Column<DatasetRow>[] = [
    {
      head: 'Dataset',
      cell: ({ dataset, timeframe, venue }) => (
        <>
          {datasetWords(dataset)} {timeframe !== null && <b>{timeframe}</b>}
          <span className="quiet narrow"> {venue}</span>
        </>
      ),
    },
    { head: 'Source', kind: 'word wide', cell: ({ venue }) => (venue === '' ? '—' : venue) },
    { head: 'Series', kind: 'wide', cell: ({ subjects }) => formatNumber(subjects) },
    { head: 'Rows', cell: ({ rows }) => formatNumber(rows) },
    { head: 'First', kind: 'wide', cell: ({ firstTs }) => zone.date(firstTs) },
    {
      head: 'Newest',
      title: ({ lastTs }) => zone.time(lastTs),
      cell: ({ lastTs }) => (
        <>
          <span className="wide">{zone.time(lastTs)}</span>
          <span className="narrow">{zone.date(lastTs)}</span>
        </>
      ),
    },
    { head: 'Size', kind: 'wide', cell: ({ bytes }) => sizeWords(bytes) },
  ];
  return (
    <Card title="Besides bars" scope="funding, open interest and what else is stored">
      <Answered
        answer={answer}
        holds="The table of before stays on screen."
        lines={4}
        label="Loading datasets"
      >
        {(data) =>
          data.length === 0 ? (
            <Empty title="Nothing but bars is stored">
              <code>tidewatch fetch funding</code> and <code>tidewatch fetch open-interest</code> bring
              history in; streams add to it.
            </Empty>
          ) : (
            <Table
              columns={columns}
              rows={datasetRows(data)}
              keyOf={({ dataset, venue, timeframe }) => `${dataset} ${venue} ${timeframe}`}
            />
          )
        }
      </Answered>
    </Card>
  );
}
