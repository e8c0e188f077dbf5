/** How far a training is, in a bar, in words and in time; its failure in the server's words. */
import { useEffect, useState } from 'react';
import { formatDuration } from '../../../src/app/report/number-format.js';
import { hasEnded, type Training } from './use-training.js';

const TICK_MS = 500;

const WORDS: Readonly<Record<string, string>> = {
  queued: 'Waiting for its turn',
  created: 'Waiting for its turn',
  retry: 'Waiting to be tried again',
  running: 'Training',
  active: 'Training',
  completed: 'Done',
  cancelled: 'Cancelled. Nothing was saved.',
};

export function TrainProgress({ training }: { training: Training }) {
  const { job, error, startedAt, busy } = training;
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!busy) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [busy]);
  const failure = error?.message ?? failureOf(job);
  if (failure !== undefined) {
    return (
      <p className="error" role="alert">
        {failure}
      </p>
    );
  }
  if (!busy && !job) return null;
  const progress = job?.progress ?? 0;
  const elapsed = startedAt === undefined ? 0 : Math.max(0, now - startedAt);
  const left = progress > 0.05 && progress < 1 ? (elapsed / progress) * (1 - progress) : undefined;
  const words = job ? (WORDS[job.status] ?? job.status) : 'Sending';
  return (
    <div className="train-progress" role="status">
      <p>
        {words}
        <span className="quiet">
          {Math.round(progress * 100)} % · {formatDuration(elapsed)}
          {left !== undefined && !hasEnded(job) ? ` · ${formatDuration(left)} left` : ''}
        </span>
      </p>
      <div
        className="progress"
        role="progressbar"
        aria-label="Training"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(progress * 100)}
      >
        <i style={{ width: `${Math.max(2, progress * 100)}%` }} />
      </div>
    </div>
  );
}

function failureOf(job: Training['job']): string | undefined {
  if (job?.status !== 'failed') return undefined;
  const { error } = job;
  return error ? [error.message, error.hint].filter(Boolean).join(' · ') : 'The training failed.';
}
