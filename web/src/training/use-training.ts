/** A training under way: started, told by the stream and, where that is silent, asked for; can be cancelled. */
import { useEffect, useState } from 'react';
import type { JobAnswer } from '../../../src/app/server/api-types.js';
import { cancelJob, getJob, startTraining } from '../api/calls.js';
import { listen } from '../api/live-stream.js';
import { ApiError } from '../api/request.js';

export interface Training {
  readonly job: JobAnswer | undefined;
  readonly startedAt: number | undefined;
  readonly error: ApiError | undefined;
  /** Asked for, and no end heard of yet. */
  readonly busy: boolean;
  start(request: Readonly<Record<string, unknown>>): Promise<void>;
  cancel(): Promise<void>;
}

const ASK_MS = 700;
const ENDED = new Set(['completed', 'failed', 'cancelled']);

export const hasEnded = (job: JobAnswer | undefined): boolean => job !== undefined && ENDED.has(job.status);

function apiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(String(error), 'internal', 0, 'training');
}

export function useTraining(): Training {
  const [id, setId] = useState<string>();
  const [job, setJob] = useState<JobAnswer>();
  const [error, setError] = useState<ApiError>();
  const [startedAt, setStartedAt] = useState<number>();
  const [sending, setSending] = useState(false);
  const ended = hasEnded(job);

  useEffect(() => {
    if (id === undefined || ended) return;
    const stop = new AbortController();
    const ask = (): void => {
      getJob(id, stop.signal).then(
        (answer) => {
          setError(undefined);
          setJob(answer);
        },
        (failure) => {
          if (!stop.signal.aborted) setError(apiError(failure));
        },
      );
    };
    ask();
    const timer = setInterval(ask, ASK_MS);
    const silence = listen({
      topic: { topic: 'jobs' },
      hear: (message) => {
        if (message.type === 'job' && message.job_id === id) ask();
      },
    });
    return () => {
      stop.abort();
      clearInterval(timer);
      silence();
    };
  }, [id, ended]);

  return {
    job,
    startedAt,
    error,
    busy: sending || (id !== undefined && !ended && error === undefined),
    async start(request) {
      setSending(true);
      setError(undefined);
      setJob(undefined);
      setId(undefined);
      try {
        const accepted = await startTraining(request);
        setStartedAt(Date.now());
        setId(accepted.job_id);
      } catch (failure) {
        setError(apiError(failure));
      }
      setSending(false);
    },
    async cancel() {
      if (id === undefined) return;
      try {
        await cancelJob(id);
      } catch (failure) {
        setError(apiError(failure));
      }
    },
  };
}
