/** The last changes of state up to the bar that is looked at, each a way to its place on the chart. */
import { formatDuration } from '../../../src/app/report/number-format.js';
import type { UptrendTimelineAnswer } from '../../../src/app/server/api-types.js';
import type { Answer } from '../api/use-answer.js';
import { barName, useZone } from '../shell/zone.js';
import { Card } from '../ui/card.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import { StateChip } from './state-chip.js';
import { STATES } from './uptrend-content.js';

const MOST = 8;

interface TransitionsProps {
  /** One timeframe, all its bars. */
  readonly answer: Answer<UptrendTimelineAnswer>;
  /** UTC ms; later changes are left out. */
  readonly until: number;
  readonly show: (time: number) => void;
}

export function TransitionsList({ answer, until, show }: TransitionsProps) {
  const zone = useZone();
  const timeline = answer.data?.timelines[0];
  const runs = timeline?.runs;
  const rows = (runs?.from ?? [])
    .map((from, index) => ({ from, index }))
    .filter(({ from, index }) => index > 0 && from <= until)
    .slice(-MOST)
    .reverse();
  return (
    <Card
      title="Transitions"
      scope={runs && !runs.exact ? 'of the larger stretches' : 'newest first'}
      className="timeline"
    >
      {!timeline && answer.error && <Failure error={answer.error} retry={answer.refresh} />}
      {!timeline && !answer.error && <Skeleton lines={6} label="Loading transitions" />}
      {timeline && rows.length === 0 && (
        <Empty title="No change yet">The state held since the first bar.</Empty>
      )}
      {rows.length > 0 && (
        <ol className="transitions">
          {rows.map(({ from, index }) => (
            <li key={from}>
              <button type="button" onClick={() => show(from)} title="Show on the chart">
                <span className="quiet">
                  {barName(zone, from, timeline!.timeframe_ms).replace(/ UTC$/, '')}
                </span>
                <span className="nowrap">
                  <StateChip state={STATES[runs!.state[index - 1]!]!} />
                  <span className="quiet"> → </span>
                  <StateChip state={STATES[runs!.state[index]!]!} />
                </span>
                <span className="quiet" title="How long the new state held">
                  {formatDuration(runs!.to[index]! - from)}
                </span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
