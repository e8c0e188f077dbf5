/** Are the venues' streams alive? Per connection the age of its data, what was cut and why; in words what is behind. */
import { formatCount, formatDuration, formatNumber } from '../../../src/app/report/number-format.js';
import type { StreamsAnswer } from '../../../src/app/server/api-types.js';
import { getStreams } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import { connectionLight, streamsLight, troubles } from './live-words.js';

const REFRESH_MS = 5_000;

export function LiveCard() {
  const answer = useAnswer('streams', getStreams, REFRESH_MS);
  const { data, error } = answer;
  const isRunning = data?.running === true && data.connections.length > 0;
  const light = data && isRunning ? streamsLight(data) : undefined;
  const words = data ? troubles(data) : [];
  return (
    <Card
      title="Live"
      scope={isRunning ? formatCount(data.series.length, 'market') : 'as it streams in'}
      aside={light && <Badge tone={light.tone}>{light.words}</Badge>}
      footnote={isRunning ? sinceWords(data) : undefined}
    >
      {error && (
        <Failure error={error} retry={answer.refresh} holds={data ? 'What was known stays.' : undefined} />
      )}
      {!data && !error && <Skeleton lines={3} label="Loading streams" />}
      {words.length > 0 && (
        <ul className="live-troubles">
          {words.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
      {data && !isRunning && (
        <Empty title="No streams run at present">
          <code>tidewatch up</code> follows the watched markets, once its start is through; any other server
          reads what is stored.
        </Empty>
      )}
      {data && isRunning && <Connections streams={data} />}
    </Card>
  );
}

function sinceWords({ as_of, since, series }: StreamsAnswer): string {
  const filled = series.reduce((sum, { gaps_filled }) => sum + gaps_filled, 0);
  const corrected = series.reduce((sum, { corrections }) => sum + corrections, 0);
  const age = since === null ? '' : `Followed for ${formatDuration(as_of - since)}. `;
  return `${age}${formatCount(filled, 'minute')} fetched that the streams had missed, ${formatNumber(corrected)} corrected.`;
}

function Connections({ streams: { connections, clocks } }: { readonly streams: StreamsAnswer }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="scroll" aria-label="Connections" tabIndex={0}>
      <table className="table live-connections">
        <thead>
          <tr>
            <th scope="col">Exchange</th>
            <th scope="col" className="word">
              State
            </th>
            <th scope="col">Data age</th>
            <th scope="col" className="wide">
              Topics
            </th>
            <th scope="col">Cuts</th>
            <th scope="col" className="wide">
              Clock
            </th>
            <th scope="col" className="wide word">
              Last cut
            </th>
          </tr>
        </thead>
        <tbody>
          {connections.map((each) => {
            const light = connectionLight(each);
            const skew = clocks.find(({ venue }) => venue === each.venue)?.skew_ms ?? null;
            const several = connections.filter(({ venue }) => venue === each.venue).length > 1;
            return (
              <tr key={`${each.venue} ${each.connection}`}>
                <th scope="row">
                  {each.venue}
                  {several && <span className="quiet"> {each.connection + 1}</span>}
                </th>
                <td className="word">
                  <Badge tone={light.tone}>{light.words}</Badge>
                </td>
                <td>{each.data_age_ms === null ? '—' : ageWords(each.data_age_ms)}</td>
                <td className="wide">{formatNumber(each.topics)}</td>
                <td>{formatNumber(each.reconnects)}</td>
                <td className="wide" title="Clock of the exchange against that of this machine">
                  {skew === null ? '—' : `${formatNumber(skew)}\u00a0ms`}
                </td>
                <td className="wide word reason">{each.last_error ?? '—'}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** Of a stream that is well, tenths of a second say nothing. */
const ageWords = (ms: number): string => (ms < 1_500 ? 'now' : formatDuration(ms));
