/** Are the venues' streams alive? Per connection the age of its data, what was cut and why; in words what is behind. */
import { formatCount, formatDuration, formatNumber } from '../../../src/app/report/number-format.js';
import type { StreamsAnswer } from '../../../src/app/server/api-types.js';
import { getStreams } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { Answered } from '../ui/answered.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Empty } from '../ui/states.js';
import { type Column, Table } from '../ui/table.js';
import { connectionLight, streamsLight, troubles } from './live-words.js';

type Connection = StreamsAnswer['connections'][number];

const REFRESH_MS = 5_000;

export function LiveCard() {
  const answer = useAnswer('streams', getStreams, REFRESH_MS);
  const { data } = answer;
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
      <Answered answer={answer} holds="What was known stays." lines={3} label="Loading streams">
        {(streams) => (
          <>
            {words.length > 0 && (
              <ul className="live-troubles">
                {words.map((each) => (
                  <li key={each}>{each}</li>
                ))}
              </ul>
            )}
            {isRunning ? (
              <Table
                className="live-connections"
                region="Connections"
                columns={connectionColumns(streams)}
                rows={streams.connections}
                keyOf={({ venue, connection }) => `${venue} ${connection}`}
              />
            ) : (
              <Empty title="No streams run at present">
                <code>tidewatch up</code> follows the watched markets, once its start is through; any other
                server reads what is stored.
              </Empty>
            )}
          </>
        )}
      </Answered>
    </Card>
  );
}

function sinceWords({ as_of, since, series }: StreamsAnswer): string {
  const filled = series.reduce((sum, { gaps_filled }) => sum + gaps_filled, 0);
  const corrected = series.reduce((sum, { corrections }) => sum + corrections, 0);
  const age = since === null ? '' : `Followed for ${formatDuration(as_of - since)}. `;
  return `${age}${formatCount(filled, 'minute')} fetched that the streams had missed, ${formatNumber(corrected)} corrected.`;
}

function connectionColumns({ connections, clocks }: StreamsAnswer): readonly Column<Connection>[] {
  return [
    {
      head: 'Exchange',
      cell: ({ venue, connection }) => (
        <>
          {venue}
          {connections.filter((each) => each.venue === venue).length > 1 && (
            <span className="quiet"> {connection + 1}</span>
          )}
        </>
      ),
    },
    {
      head: 'State',
      kind: 'word',
      cell: (each) => {
        const light = connectionLight(each);
        return <Badge tone={light.tone}>{light.words}</Badge>;
      },
    },
    { head: 'Data age', cell: ({ data_age_ms: age }) => (age === null ? '—' : ageWords(age)) },
    { head: 'Topics', kind: 'wide', cell: ({ topics }) => formatNumber(topics) },
    { head: 'Cuts', cell: ({ reconnects }) => formatNumber(reconnects) },
    {
      head: 'Clock',
      kind: 'wide',
      title: () => 'Clock of the exchange against that of this machine',
      cell: ({ venue }) => {
        const skew = clocks.find((each) => each.venue === venue)?.skew_ms ?? null;
        return skew === null ? '—' : `${formatNumber(skew)}\u00a0ms`;
      },
    },
    { head: 'Last cut', kind: 'wide word', look: 'reason', cell: ({ last_error: error }) => error ?? '—' },
  ];
}

/** Of a stream that is well, tenths of a second say nothing. */
const ageWords = (ms: number): string => (ms < 1_500 ? 'now' : formatDuration(ms));
