/**
 * A job: long work with a key, an idempotent effect and a history. Whoever starts one gets its id at once and asks, or
 * listens, for the rest. A job may run twice after a crash (operational schema §6, job_runs), so every kind of job does
 * nothing when its effect is there already.
 */
import type { z } from 'zod';

export const JOB_STATUSES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export interface JobFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** What a running job has done, where it can count it; known only while it runs, in the process that runs it. */
export interface JobMeasure {
  readonly done: number;
  /** Null where nobody knows yet. */
  readonly expected: number | null;
  /** What is counted, in the plural: `bars`. */
  readonly unit: string;
  /** What holds the job up at the moment; null while it works. */
  readonly blocked: string | null;
}

export interface Job {
  /** UUID. */
  readonly id: string;
  readonly kind: string;
  /** What the job works on: one job of a kind and key is open at a time. */
  readonly key: string;
  readonly status: JobStatus;
  /** 0 to 1. */
  readonly progress: number;
  readonly measure: JobMeasure | null;
  /** Runs begun, the present one included; 0 while queued for the first time. */
  readonly attempt: number;
  /** Epoch ms UTC, as all times here. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly input: unknown;
  /** What the work returned; null until completed. */
  readonly result: unknown;
  readonly error: JobFailure | null;
}

/** Told at every change of a job of this process, at most four times a second per job while it only progresses. */
export interface JobEvent {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly status: JobStatus;
  readonly progress: number;
  readonly updated_at: number;
}

/** What the work of a job is given. */
export interface JobContext {
  readonly id: string;
  readonly key: string;
  readonly attempt: number;
  /** Aborts when the job is cancelled or the process stops. */
  readonly signal: AbortSignal;
  /** Tells how far the work is, 0 to 1, and what was done for it. */
  report(progress: number, measure?: JobMeasure): void;
}

/** One kind of work: what it takes and what it does. */
export interface JobKind<Input = unknown> {
  readonly name: string;
  /** What `start` accepts and the queue keeps: plain JSON. */
  readonly input: z.ZodType<Input>;
  /** What the work needs most: one CPU-bound job runs at a time, eight of the others. */
  readonly lane: 'cpu' | 'io';
  /** Queue that several kinds share; one of its own when left out. */
  readonly queue?: string;
  /**
   * Given: known failures are tried again too, like unexpected ones, as long as the next try begins before this time
   * (epoch ms). Left out: known failures are final, unexpected ones are tried again whenever.
   */
  retryUntil?(input: Input): number;
  /** A run that takes longer is stopped and fails. */
  readonly timeoutMs: number;
  /** Runs again with the same input after a crash; must then have no second effect. Returns plain JSON. */
  run(input: Input, context: JobContext): Promise<unknown>;
}

export interface JobFilter {
  readonly kind?: string | undefined;
  readonly key?: string | undefined;
  readonly status?: JobStatus | undefined;
  /** Newest jobs at most; 100 when left out. */
  readonly limit?: number | undefined;
}

export interface JobQueue {
  /**
   * Queues a job and returns it at once.
   * @throws TidewatchError `job_running` when one of this kind and key is queued or running, `bad_parameter` when the
   *   input does not fit the kind
   */
  start(kind: string, key: string, input: unknown): Promise<Job>;
  /** @throws TidewatchError `unknown_job` */
  find(id: string): Promise<Job>;
  /** Newest first. */
  list(filter?: JobFilter): Promise<readonly Job[]>;
  /**
   * Stops a job: a queued one never runs, a running one is told to stop. One that has ended stays as it is.
   * @throws TidewatchError `unknown_job`
   */
  cancel(id: string): Promise<Job>;
  /**
   * Queues a failed or cancelled job again under its own id; an open or completed one stays as it is.
   * @throws TidewatchError `unknown_job`, `job_running`
   */
  retry(id: string): Promise<Job>;
  /** Resolves when the job has ended, in whatever way. */
  finished(id: string): Promise<Job>;
  /** @returns a function that ends the listening */
  onProgress(listener: (event: JobEvent) => void): () => void;
}

/** True once nothing will change any more. */
export function isEnded({ status }: Pick<Job, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** The part of a job that listeners are told. */
export function eventOf({ id, kind, key, status, progress, updatedAt }: Job): JobEvent {
  return { id, kind, key, status, progress, updated_at: updatedAt };
}
