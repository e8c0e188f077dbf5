/** The newest downloads, live: how far, how fast, what holds them up, how they ended; stop, go on, check. */
import { useEffect, useState } from 'react';
import { formatCount, formatNumber } from '../../../src/app/report/number-format.js';
import type { DataJobAnswer } from '../../../src/app/server/api-types.js';
import { actOnDataJob, dataJobFile, getDataJobs } from '../api/calls.js';
import { listen } from '../api/live-stream.js';
import { ApiError } from '../api/request.js';
import { forgetAnswers, useAnswer } from '../api/use-answer.js';
import { useZone } from '../shell/zone.js';
import { Badge, type BadgeTone } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import { say } from '../ui/toast.js';
import { downloadWords, isOpen } from './download-words.js';
import { seriesName } from './series-name.js';

const LIVE_MS = 1_000;
const QUIET_MS = 15_000;
const LISTED = 8;

const TONES: Readonly<Record<DataJobAnswer['status'], BadgeTone>> = {
  queued: 'plain',
  running: 'info',
  completed: 'ok',
  failed: 'bad',
  cancelled: 'warn',
};

export function DownloadsCard({ begin }: { begin: () => void }) {
  const [live, setLive] = useState(false);
  const answer = useAnswer('data-jobs', getDataJobs, live ? LIVE_MS : QUIET_MS);
  const jobs = answer.data ?? [];
  const open = jobs.filter(isOpen).length;
  useEffect(() => setLive(open > 0), [open]);
  // a job that begins or ends, also one that was started elsewhere, is seen at once
  const { refresh } = answer;
  useEffect(
    () =>
      listen({
        topic: { topic: 'jobs' },
        hear: (message) => {
          if (message.type !== 'job' || message.kind !== 'data') return;
          refresh();
          if (message.status === 'completed') forgetAnswers('coverage');
        },
      }),
    [refresh],
  );
  return (
    <Card
      title="Downloads"
      scope={open > 0 ? `${formatNumber(open)} running` : 'newest first'}
      aside={
        <button type="button" className="button" onClick={begin}>
          Fetch history
        </button>
      }
      footnote={
        jobs.length > LISTED
          ? `Newest ${LISTED} of ${formatCount(jobs.length, 'download')}. All: tidewatch jobs history data`
          : undefined
      }
    >
      {answer.error && <Failure error={answer.error} retry={refresh} />}
      {!answer.data && !answer.error && <Skeleton lines={2} label="Loading downloads" />}
      {answer.data && jobs.length === 0 && (
        <Empty title="Nothing was fetched yet">
          Years of minutes from an exchange, resumable: choose a market, or run{' '}
          <code>tidewatch fetch candles</code>.
        </Empty>
      )}
      <ul className="downloads">
        {jobs.slice(0, LISTED).map((job) => (
          <Download key={job.id} job={job} />
        ))}
      </ul>
    </Card>
  );
}

function Download({ job }: { job: DataJobAnswer }) {
  const zone = useZone();
  const [now, setNow] = useState(Date.now);
  const running = isOpen(job);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), LIVE_MS);
    return () => clearInterval(timer);
  }, [running]);
  const name = `${seriesName(job.key.split(' ')[0]!)} ${job.timeframe}`;
  const percent = Math.round(job.progress * 100);
  return (
    <li>
      <p className="download-head">
        <b>{name}</b>
        <span className="quiet">
          {job.exchange} · {spanWords(job, zone.date)}
        </span>
        <Badge tone={TONES[job.status]}>{running ? `${job.status} ${percent} %` : job.status}</Badge>
        <span className="download-actions">
          <Actions job={job} name={name} />
        </span>
      </p>
      {running && (
        <div
          className="progress"
          role="progressbar"
          aria-label={`Download of ${name}`}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
        >
          <i style={{ width: `${Math.max(1, percent)}%` }} />
        </div>
      )}
      <p className={`download-words ${job.status === 'failed' ? 'error' : 'quiet'}`}>
        {downloadWords(job, now)}
        {job.finished_at !== null && ` · ${zone.time(job.finished_at)}`}
      </p>
    </li>
  );
}

function spanWords({ start_ts, end_ts, options }: DataJobAnswer, date: (time: number) => string): string {
  if (options.full_history) return 'everything';
  if (start_ts === null && end_ts === null) return 'what is new';
  return `${start_ts === null ? 'start' : date(start_ts)} to ${end_ts === null ? 'now' : date(end_ts)}`;
}

function Actions({ job, name }: { job: DataJobAnswer; name: string }) {
  const act = async (action: 'validate' | 'resume' | 'cancel'): Promise<void> => {
    try {
      const { coverage } = await actOnDataJob(job.id, action);
      if (coverage) {
        const { rows, missing } = coverage;
        say(
          `${formatCount(rows, 'bar')} stored, ${missing === 0 ? 'none' : formatNumber(missing)} missing between them`,
        );
      }
      forgetAnswers('data-jobs');
    } catch (error) {
      say(error instanceof ApiError ? error.message : String(error));
    }
  };
  const button = (action: 'validate' | 'resume' | 'cancel', words: string) => (
    <button type="button" className="link" onClick={() => void act(action)}>
      {words}
      <span className="for-readers"> {name}</span>
    </button>
  );
  if (isOpen(job)) return button('cancel', 'Stop');
  return (
    <>
      {button('validate', 'Check')}
      {job.status !== 'completed' && button('resume', 'Go on')}
      {job.status === 'completed' &&
        (['csv', 'parquet'] as const).map((format) => (
          <a key={format} href={dataJobFile(job.id, format)} download>
            {format === 'csv' ? 'CSV' : 'Parquet'}
            <span className="for-readers"> file of {name}</span>
          </a>
        ))}
    </>
  );
}
