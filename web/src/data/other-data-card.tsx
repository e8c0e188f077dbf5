/** What is stored besides bars, by dataset and source: how much, from when to when, how large. */
import { formatNumber } from '../../../src/app/report/number-format.js';
import type { DatasetsAnswer } from '../../../src/app/server/api-types.js';
import { getDatasets } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { useZone } from '../shell/zone.js';
import { Card } from '../ui/card.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import { datasetRows, datasetWords, sizeWords } from './dataset-rows.js';

const REFRESH_MS = 60_000;

export function OtherDataCard() {
  const answer = useAnswer('datasets', getDatasets, REFRESH_MS);
  const { data, error } = answer;
  return (
    <Card title="Besides bars" scope="funding, open interest and what else is stored">
      {error && (
        <Failure
          error={error}
          retry={answer.refresh}
          holds={data ? 'The table of before stays on screen.' : undefined}
        />
      )}
      {!data && !error && <Skeleton lines={4} label="Loading datasets" />}
      {data?.length === 0 && (
        <Empty title="Nothing but bars is stored">
          <code>tidewatch fetch funding</code> and <code>tidewatch fetch open-interest</code> bring history
          in; streams add to it.
        </Empty>
      )}
      {data && data.length > 0 && <Datasets answer={data} />}
    </Card>
  );
}

function Datasets({ answer }: { readonly answer: DatasetsAnswer }) {
  const zone = useZone();
  return (
    <div className="scroll">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Dataset</th>
            <th scope="col" className="word wide">
              Source
            </th>
            <th scope="col" className="wide">
              Series
            </th>
            <th scope="col">Rows</th>
            <th scope="col" className="wide">
              First
            </th>
            <th scope="col">Newest</th>
            <th scope="col" className="wide">
              Size
            </th>
          </tr>
        </thead>
        <tbody>
          {datasetRows(answer).map((row) => (
            <tr key={`${row.dataset} ${row.venue} ${row.timeframe}`}>
              <th scope="row">
                {datasetWords(row.dataset)} {row.timeframe !== null && <b>{row.timeframe}</b>}
                <span className="quiet narrow"> {row.venue}</span>
              </th>
              <td className="word wide">{row.venue === '' ? '—' : row.venue}</td>
              <td className="wide">{formatNumber(row.subjects)}</td>
              <td>{formatNumber(row.rows)}</td>
              <td className="wide">{zone.date(row.firstTs)}</td>
              <td title={zone.time(row.lastTs)}>
                <span className="wide">{zone.time(row.lastTs)}</span>
                <span className="narrow">{zone.date(row.lastTs)}</span>
              </td>
              <td className="wide">{sizeWords(row.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
