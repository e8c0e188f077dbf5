/** The missing stretches of one series, longest first, each with a way to look at it. */
import {
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
} from '../../../src/app/report/number-format.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../src/market/timeframe.js';
import { pageHref } from '../address/address.js';
import { Link } from '../address/link.js';
import { getGaps, startDataJob } from '../api/calls.js';
import { ApiError } from '../api/request.js';
import { forgetAnswers, useAnswer } from '../api/use-answer.js';
import { useZone } from '../shell/zone.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import { Table } from '../ui/table.js';
import { say } from '../ui/toast.js';
import { CoverageBar } from './coverage-bar.js';
import { canFetch } from './fetch-request.js';
import { seriesName } from './series-name.js';

const MOST_LISTED = 20;
/** Bars shown around a gap. */
const AROUND = 60;

interface GapsCardProps {
  readonly instrument: string;
  readonly timeframe: string;
  /** Open times of the first and the last stored bar, UTC ms. */
  readonly first: number;
  readonly last: number;
}

export function GapsCard({ instrument, timeframe, first, last }: GapsCardProps) {
  const zone = useZone();
  const answer = useAnswer(`gaps ${instrument} ${timeframe}`, (signal) =>
    getGaps(instrument, timeframe, signal),
  );
  const barLength = TIMEFRAME_MS[timeframe as Timeframe];
  const { data } = answer;
  const fetchMissing = async (): Promise<void> => {
    try {
      await startDataJob({
        symbol: instrument,
        timeframe,
        start_timestamp: first,
        end_timestamp: last + barLength,
      });
      forgetAnswers('data-jobs');
      say('The download has begun');
    } catch (error) {
      say(error instanceof ApiError ? error.message : String(error));
    }
  };
  const listed = data?.gaps.slice(0, MOST_LISTED) ?? [];
  return (
    <Card
      title="Gaps"
      scope={`${seriesName(instrument)} ${timeframe}`}
      aside={
        data &&
        (data.missing_bars === 0 ? (
          <Badge tone="ok">complete</Badge>
        ) : (
          <Badge tone="warn">{formatCount(data.total_gaps, 'gap')}</Badge>
        ))
      }
      footnote={
        listed.length < (data?.total_gaps ?? 0)
          ? `Longest ${listed.length} of ${formatNumber(data!.total_gaps)}. All: tidewatch lake gaps --symbol ${instrument} --tf ${timeframe}`
          : undefined
      }
    >
      {answer.error && <Failure error={answer.error} retry={answer.refresh} />}
      {!data && !answer.error && <Skeleton label="Looking for gaps" />}
      {data && data.missing_bars === 0 && (
        <Empty title="No bar is missing">
          All {formatNumber(data.expected_bars)} bars of the market’s calendar are there.
        </Empty>
      )}
      {data && data.missing_bars > 0 && (
        <>
          <p className="gap-summary">
            {formatCount(data.missing_bars, 'bar')} missing of {formatNumber(data.expected_bars)} (
            {formatPercent(data.missing_bars / data.expected_bars, 3)}). They stay gaps on the chart.{' '}
            {canFetch(instrument) && (
              <button type="button" className="link" onClick={() => void fetchMissing()}>
                Ask the exchange for them
              </button>
            )}
          </p>
          <CoverageBar first={first} last={last} from={first} to={last + barLength} gaps={data.gaps} />
          <p className="bar-ends" aria-hidden="true">
            <span>{zone.date(first)}</span>
            <span>{zone.date(last)}</span>
          </p>
          <Table
            columns={[
              { head: `First missing bar, ${zone.name}`, look: 'plain', cell: ({ from }) => zone.time(from) },
              { head: 'Bars', cell: ({ bars }) => formatNumber(bars) },
              { head: 'Length', cell: ({ bars }) => formatDuration(bars * barLength) },
              {
                head: 'Show',
                isSilent: true,
                cell: (gap) => (
                  <Link
                    href={pageHref('/lab', {
                      s: instrument,
                      tf: timeframe,
                      model: undefined,
                      from: String(gap.from - AROUND * barLength),
                      to: String(gap.to + AROUND * barLength),
                    })}
                  >
                    Show
                    <span className="for-readers"> the gap of {zone.date(gap.from)} on the chart</span>
                  </Link>
                ),
              },
            ]}
            rows={listed}
            keyOf={({ from }) => from}
          />
        </>
      )}
    </Card>
  );
}
