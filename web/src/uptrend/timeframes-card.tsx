/** The state of every timeframe over the same stretch of time as the chart. */
import { STATE_NAMES } from '../../../src/analysis/uptrend/explain.js';
import { formatDuration } from '../../../src/app/report/number-format.js';
import type { UptrendTimelineAnswer } from '../../../src/app/server/api-types.js';
import type { Answer } from '../api/use-answer.js';
import type { TimeSpan } from '../chart/viewport.js';
import { chooseTimeframe } from '../shell/series-choice.js';
import { useZone } from '../shell/zone.js';
import { Card } from '../ui/card.js';
import { StateStrip } from '../ui/state-strip.js';
import { Failure, Skeleton } from '../ui/states.js';
import { StateChip } from './state-chip.js';
import { STATE_TOKENS, STATES } from './uptrend-content.js';

type Timeline = UptrendTimelineAnswer['timelines'][number];

const STRIP_STATES = STATES.map((code, index) => ({ code, token: STATE_TOKENS[index]! }));

interface TimeframesCardProps {
  readonly answer: Answer<UptrendTimelineAnswer>;
  readonly span: TimeSpan | null;
  readonly timeframe: string;
}

export function TimeframesCard({ answer, span, timeframe }: TimeframesCardProps) {
  const zone = useZone();
  const { data, error } = answer;
  return (
    <Card
      title="Timeframes"
      scope="state of each over the time on the chart, at its newest bar"
      className="timeframes"
    >
      {!data && error && <Failure error={error} retry={answer.refresh} />}
      {!data && !error && <Skeleton lines={5} label="Loading the timeframes" />}
      {data && span && (
        <>
          <ul>
            {data.timelines.map((timeline) => (
              <li key={timeline.timeframe} aria-current={timeline.timeframe === timeframe}>
                <button
                  type="button"
                  className="link plain"
                  title={`Show ${timeline.timeframe}`}
                  onClick={() => chooseTimeframe(timeline.timeframe)}
                >
                  {timeline.timeframe}
                </button>
                <Present timeline={timeline} />
                <Strip timeline={timeline} span={span} />
              </li>
            ))}
          </ul>
          <p className="bar-ends" aria-hidden="true">
            <span>{zone.time(span.from)}</span>
            <span>{zone.time(span.to)}</span>
          </p>
        </>
      )}
    </Card>
  );
}

function Present({ timeline: { now, skipped, as_of } }: { timeline: Timeline }) {
  if (!now) return <span className="quiet">{skipped ?? 'no state'}</span>;
  return (
    <span className="present">
      <StateChip state={now.state} />
      <span className="quiet" title={`${STATE_NAMES[now.state]}, ${now.bars_in_state} bars`}>
        {formatDuration((as_of ?? now.since) - now.since)}
      </span>
    </span>
  );
}

function Strip({ timeline, span }: { timeline: Timeline; span: TimeSpan }) {
  const zone = useZone();
  const { runs } = timeline;
  const list = runs.from.map((from, index) => ({ from, to: runs.to[index]!, state: runs.state[index]! }));
  const inView = list.filter(({ from, to }) => to > span.from && from < span.to);
  if (inView.length === 0) {
    const end = timeline.as_of === null ? '' : `; the newest closed ${zone.date(timeline.as_of)}`;
    return <span className="no-strip quiet">no bars in this stretch{end}</span>;
  }
  const last = inView.at(-1)!;
  return (
    <StateStrip
      runs={inView}
      from={span.from}
      to={span.to}
      states={STRIP_STATES}
      label={`${timeline.timeframe}: ${inView.length} stretches of a state, the last ${STATES[last.state]}`}
    />
  );
}
