/** A and E over the past, with the states that made them on the same axis of time. */
import type { PostureHistory } from '../../../src/app/server/api-types.js';
import { changeAddress } from '../address/address.js';
import type { Answer } from '../api/use-answer.js';
import { Answered } from '../ui/answered.js';
import { Card } from '../ui/card.js';
import { Segments } from '../ui/segments.js';
import { StateStrip } from '../ui/state-strip.js';
import { Empty } from '../ui/states.js';
import { STATE_TOKENS, STATES } from '../uptrend/uptrend-content.js';
import { knownRuns } from './known-runs.js';
import { LeversChart } from './levers-chart.js';
import type { SpanDays } from './posture-question.js';

const STRIP_STATES = STATES.map((code, index) => ({ code, token: STATE_TOKENS[index]! }));
const SPAN_WORDS = [
  { value: '7', words: '7 d' },
  { value: '30', words: '30 d' },
  { value: '90', words: '90 d' },
  { value: '365', words: '1 y' },
] as const;

interface HistoryCardProps {
  readonly answer: Answer<PostureHistory>;
  readonly days: SpanDays;
}

export function HistoryCard({ answer, days }: HistoryCardProps) {
  return (
    <Card
      title="History"
      scope="as it would have been read at each close, over the states of BTC; those of all drivers below"
      className="posture-history"
      aside={
        <Segments
          label="Stretch"
          choices={SPAN_WORDS}
          value={days}
          choose={(value) => changeAddress({ days: value === '30' ? undefined : value }, true)}
        />
      }
      footnote="Causal: each row knows only bars that had closed by then. Intent and the strength of buckets are not kept for the past."
    >
      <Answered answer={answer} holds="The older picture stays." lines={8} label="Loading history">
        {(data) =>
          data.ts.length === 0 ? (
            <Empty title="No past in this stretch">
              BTC has no closed bar here. <code>tidewatch drivers backfill</code> fetches it.
            </Empty>
          ) : (
            <>
              <LeversChart history={data} />
              <ul className="driver-strips">
                {data.states
                  .filter(({ runs }) => runs.length > 0)
                  .map(({ driver, timeframe, runs }) => {
                    const strip = knownRuns(runs, timeframe, data.ts[0]!, data.ts.at(-1)!);
                    return (
                      <li key={`${driver} ${timeframe}`}>
                        <StateStrip
                          runs={strip}
                          from={data.ts[0]!}
                          to={data.ts.at(-1)!}
                          states={STRIP_STATES}
                          label={`${driver} ${timeframe}: ${strip.length} stretches, the last ${STATES[strip.at(-1)?.state ?? 4]}`}
                        />
                        <span>
                          {driver} {timeframe}
                        </span>
                      </li>
                    );
                  })}
              </ul>
            </>
          )
        }
      </Answered>
    </Card>
  );
}
