/** Posture: how willing to add or to leave, and why; the 24 cells behind it, its past, its health, and what-ifs. */
import { useMemo } from 'react';
import { formatPercent } from '../../../src/app/report/number-format.js';
import type { PostureAnswer, PostureWhatIf } from '../../../src/app/server/api-types.js';
import { changeAddress, useAddress } from '../address/address.js';
import { getDrivers, getDriversHealth, getPosture, getPostureHistory, tryPosture } from '../api/calls.js';
import { type Answer, useAnswer, useLast } from '../api/use-answer.js';
import { ExportMenu } from '../lab/export-menu.js';
import { useZone } from '../shell/zone.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { CardBoundary } from '../ui/card-boundary.js';
import { Failure, Skeleton } from '../ui/states.js';
import { ChannelsCard } from './channels-card.js';
import { DriversCard } from './drivers-card.js';
import { HealthCard } from './health-card.js';
import { HistoryCard } from './history-card.js';
import { LeversCard } from './levers-card.js';
import { PostureChoice } from './posture-choice.js';
import { type PostureQuestion, postureQuestion, withOverride, writeOverrides } from './posture-question.js';

const REFRESH_MS = 15_000;
const HISTORY_REFRESH_MS = 120_000;
/** Days of history that hourly rows can show before there are more of them than pixels. */
const HOURLY_DAYS = 90;

/** As it is, and with the what-ifs; the same without any. */
function usePosture({ bucket, timeframe, overrides }: PostureQuestion): Answer<PostureWhatIf> {
  const tried = writeOverrides(overrides);
  const answer = useAnswer(
    `posture ${bucket} ${timeframe} ${tried ?? ''}`,
    async (signal) => {
      if (tried !== undefined) return tryPosture({ bucket, timeframe, overrides }, signal);
      const now = await getPosture(bucket, timeframe, signal);
      return { before: now, after: now };
    },
    REFRESH_MS,
  );
  // a cell that is tried must not take the page, and the focus on it, away
  return { ...answer, data: useLast(answer.data, 'posture') };
}

export function PosturePage() {
  const { query } = useAddress();
  const question = useMemo(() => postureQuestion(query), [query]);
  const { bucket, timeframe, days, overrides } = question;
  const asked = usePosture(question);
  const newestDrivers = useAnswer(
    `drivers ${timeframe}`,
    (signal) => getDrivers(timeframe, signal),
    REFRESH_MS,
  );
  const drivers = { ...newestDrivers, data: useLast(newestDrivers.data, 'drivers') };
  const health = useAnswer('drivers health', getDriversHealth, REFRESH_MS);
  const newest = drivers.data?.cells?.find(
    ({ driver, timeframe: tf }) => driver === 'BTC' && tf === '1h',
  )?.bar_ts;
  const step = Number(days) <= HOURLY_DAYS ? '1h' : '1d';
  const newestHistory = useAnswer(
    drivers.data === undefined ? null : `posture history ${bucket} ${timeframe} ${days} ${newest ?? ''}`,
    (signal) =>
      getPostureHistory({ bucket, timeframe, step, limit: Number(days) * (step === '1h' ? 24 : 1) }, signal),
    HISTORY_REFRESH_MS,
  );
  const history = { ...newestHistory, data: useLast(newestHistory.data, `${bucket} ${timeframe}`) };
  const shown = asked.data?.after;
  return (
    <>
      <PostureHead question={question} posture={shown} />
      {asked.error && !asked.data && (
        <Card title="Posture">
          <Failure error={asked.error} retry={asked.refresh} />
        </Card>
      )}
      {!asked.data && !asked.error && <Skeleton lines={10} label="Loading the posture" />}
      {asked.data && shown && (
        <div className="posture">
          <CardBoundary title="Posture" of={asked.data}>
            <LeversCard
              posture={shown}
              before={overrides.length > 0 ? asked.data.before : undefined}
              buckets={drivers.data?.posture}
            />
          </CardBoundary>
          <CardBoundary title="Why" of={shown}>
            <ChannelsCard posture={shown} />
          </CardBoundary>
          <CardBoundary title="Drivers" of={drivers.data}>
            {drivers.data ? (
              <DriversCard
                drivers={drivers.data}
                bucket={bucket}
                overrides={overrides}
                override={(cell, state) =>
                  changeAddress({ if: writeOverrides(withOverride(overrides, cell, state)) })
                }
              />
            ) : (
              <Card title="Drivers">
                {drivers.error ? (
                  <Failure error={drivers.error} retry={drivers.refresh} />
                ) : (
                  <Skeleton lines={8} label="Loading the drivers" />
                )}
              </Card>
            )}
          </CardBoundary>
          <CardBoundary title="History" of={history.data}>
            <HistoryCard answer={history} days={days} />
          </CardBoundary>
          <CardBoundary title="Health" of={health.data}>
            <HealthCard answer={health} />
          </CardBoundary>
        </div>
      )}
    </>
  );
}

function PostureHead({
  question: { bucket, timeframe, overrides },
  posture,
}: {
  question: PostureQuestion;
  posture: PostureAnswer | undefined;
}) {
  const zone = useZone();
  return (
    <div className="page-head">
      <h1>Posture</h1>
      <p className="scope">
        For a <b>{bucket}</b> token traded on <b>{timeframe}</b>
        {posture && ` · ${zone.time(posture.as_of)}`}
      </p>
      <div className="phone-only posture-choice">
        <PostureChoice />
      </div>
      <div className="controls">
        {overrides.length > 0 && (
          <button type="button" className="button" onClick={() => changeAddress({ if: undefined })}>
            Clear what-if
          </button>
        )}
        {posture && (
          <Badge
            tone={posture.coverage === 1 ? 'ok' : 'warn'}
            title="Share of the channels' weights that has fresh data"
          >
            {posture.channels_live} of 15 channels live · coverage {formatPercent(posture.coverage, 0)}
          </Badge>
        )}
        {posture?.degraded && (
          <Badge
            tone="bad"
            title="A required driver is live on no timeframe, or less than half of the weight is live"
          >
            degraded
          </Badge>
        )}
        <ExportMenu
          name={['posture', bucket, timeframe]}
          table={() =>
            posture && {
              head: ['driver', 'timeframe', 'status', 'state', 'weight', 'delta_a', 'delta_e'],
              rows: posture.channels.map((each) => [
                each.driver,
                each.timeframe,
                each.status,
                each.state ?? '',
                each.weight,
                each.delta_a,
                each.delta_e,
              ]),
            }
          }
        />
      </div>
    </div>
  );
}
