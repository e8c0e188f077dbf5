/**
 * The one way to ask a venue over HTTP: within the host's budget, with a time-out that covers the body, tried again with
 * growing pauses while the failure may pass, and stopped at once where a repeat is useless or makes things worse
 * (pipelines spec §7: backoff 1, 2, 4, 8, 16 s ±20 %, Retry-After honoured, 418 stops every call to the host).
 *
 * GET requests and POST requests that only ask; orders do not go through here.
 */
import { z } from 'zod';
import type { Random } from '../../market/random.js';
import type { Block, RateBudget } from './rate-budget.js';
import type { Timer } from './timer.js';
import { VenueError, type VenueFailure } from './venue-error.js';

export interface VenueRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

export interface VenueAnswer {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly body: Buffer;
}

export type Exchange = (request: VenueRequest, signal: AbortSignal) => Promise<VenueAnswer>;

/** How one venue is asked: its budget, its time, its tries. */
export interface HttpParts {
  readonly venue: string;
  readonly budget: RateBudget;
  readonly timer: Timer;
  /** Jitter of the pauses. */
  readonly random: Random;
  readonly exchange: Exchange;
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
  /** Tries of one request, the first included. */
  readonly tries: number;
  /** First pause; doubles with every try. */
  readonly backoffMs: number;
  /** A ban or wait longer than this ends the work instead of sleeping it out. */
  readonly longestWaitMs: number;
  /** The failure that an answer tells by status and body, beyond what all venues share. */
  readonly failureOf?: ((answer: VenueAnswer, now: number) => VenueError | undefined) | undefined;
  /** Reads how much of the budget the venue counted. */
  readonly usedWeight?: ((answer: VenueAnswer) => number | undefined) | undefined;
}

/** Weight of a request in the venue's budget, or in the group of it that it counts in. */
export interface Cost {
  readonly group?: string;
  readonly weight: number;
}

type CallOutcome = 'ok' | VenueFailure;

export interface VenueUsage {
  readonly venue: string;
  /** Requests by how they ended, tries of one request each for itself; interrupted ones are not among them. */
  readonly calls: Readonly<Partial<Record<CallOutcome, number>>>;
  /** Milliseconds that calls have waited for their turn. */
  readonly waitedMs: number;
  /** Milliseconds that requests were under way. */
  readonly answeredMs: number;
  /** Share, 0 to 1, of what a minute may take that the last minute took. */
  readonly usedShare: number;
  /** When none of it is used any more if nothing more is asked, epoch ms; null when none is. */
  readonly freeAt: number | null;
  /** Rows that were no bars (a high below the low, a price of zero) or could not be read, and were left out. */
  readonly invalidRows: number;
  /** Why nothing is asked now; null when it is. */
  readonly closed: Block | null;
}

/** Pauses grow to this at most. */
const LONGEST_BACKOFF_MS = 60_000;

export class VenueHttp {
  /** Requests that went out, by how they ended. */
  private readonly outcomes = new Map<CallOutcome, number>();
  /** See `VenueUsage`. */
  invalidRows = 0;
  private answeredMs = 0;

  constructor(readonly parts: HttpParts) {}

  /** What was asked of the host since the process began. */
  get usage(): VenueUsage {
    const { venue, budget } = this.parts;
    return {
      venue,
      calls: Object.fromEntries(this.outcomes),
      waitedMs: budget.waitedMs,
      answeredMs: this.answeredMs,
      usedShare: budget.usedShare,
      freeAt: budget.freeAt,
      invalidRows: this.invalidRows,
      closed: budget.closed,
    };
  }

  /**
   * @param read makes the result of it; throws VenueError, or RangeError, SyntaxError or ZodError for what cannot be read
   * @throws VenueError when tries are used up or repeating is useless
   */
  async ask<T>(
    request: VenueRequest,
    cost: Cost,
    read: (answer: VenueAnswer) => T,
    signal?: AbortSignal,
  ): Promise<T> {
    const { budget, timer, tries } = this.parts;
    for (let attempt = 1; ; attempt += 1) {
      await budget.take(cost.group ?? 'default', cost.weight, signal);
      try {
        const answer = await this.once(request, read, signal);
        this.count('ok');
        return answer;
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof VenueError)) throw error;
        this.count(error.failure);
        const failure = error;
        const now = timer.now();
        const pause = this.pauseAfter(attempt);
        if (failure.failure === 'rate_limited' || failure.failure === 'banned') {
          const until = failure.facts.until ?? now + pause;
          budget.close(until, failure.failure === 'banned' ? 'banned' : 'rate limit');
          if (until - now > this.parts.longestWaitMs) throw failure;
        }
        // one refusal may be a slip of the venue, two are not
        const isOver = failure.failure === 'refused' ? attempt >= 2 : !failure.isPassing || attempt >= tries;
        if (isOver) throw failure;
        if (failure.failure !== 'rate_limited' && failure.failure !== 'banned') {
          budget.noteFailing(now + pause, failure.what);
          await timer.sleep(pause, signal);
        }
      }
    }
  }

  private count(outcome: CallOutcome): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  private async once<T>(
    request: VenueRequest,
    read: (answer: VenueAnswer) => T,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const { venue, timer, failureOf, usedWeight, budget } = this.parts;
    const answer = await this.exchanged(request, signal);
    const used = usedWeight?.(answer);
    if (used !== undefined) budget.noteUsed('default', used);
    const failure = failureOf?.(answer, timer.now()) ?? commonFailure(venue, answer, timer.now());
    if (failure !== undefined) throw failure;
    try {
      return read(answer);
    } catch (error) {
      const unreadable =
        error instanceof RangeError || error instanceof SyntaxError || error instanceof z.ZodError;
      if (!unreadable) throw error;
      const what = error instanceof z.ZodError ? z.prettifyError(error) : error.message;
      throw new VenueError('bad_payload', venue, `an answer cannot be read: ${firstLine(what)}`, {
        cause: error,
      });
    }
  }

  private async exchanged(request: VenueRequest, signal: AbortSignal | undefined): Promise<VenueAnswer> {
    const { venue, timeoutMs } = this.parts;
    // no AbortSignal.any: a signal that lives as long as a feed keeps an entry of each that was ever made of it
    const ended = new AbortController();
    const end = (): void => ended.abort(signal?.reason);
    let isTimeout = false;
    const timeout = setTimeout(() => {
      isTimeout = true;
      ended.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    }, timeoutMs);
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end);
    const asked = performance.now();
    try {
      return await this.parts.exchange(request, ended.signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof VenueError) throw error;
      const what = isTimeout ? `no answer within ${timeoutMs / 1000} s` : `no answer: ${reason(error)}`;
      throw new VenueError('unavailable', venue, what, { cause: error });
    } finally {
      clearTimeout(timeout);
      signal?.removeEventListener('abort', end);
      this.answeredMs += performance.now() - asked;
    }
  }

  private pauseAfter(attempt: number): number {
    const { backoffMs, random } = this.parts;
    const plain = Math.min(LONGEST_BACKOFF_MS, backoffMs * 2 ** (attempt - 1));
    return Math.round(plain * (0.8 + 0.4 * random.uniform()));
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.slice(0, 200);
}

/** Deepest cause that says something: fetch wraps it twice. */
function reason(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause !== undefined) deepest = deepest.cause;
  if (!(deepest instanceof Error)) return String(deepest);
  const told = deepest.message || (deepest as NodeJS.ErrnoException).code || deepest.name;
  // a runtime that refuses an address quotes it whole
  return told.replaceAll(/\/\/[^/@\s]+@/g, '//****@');
}

/** Seconds or an HTTP date. */
export function retryAfter(answer: VenueAnswer, now: number): number | undefined {
  const value = answer.header('retry-after');
  if (value === null) return undefined;
  const at = /^\d+(\.\d+)?$/.test(value.trim()) ? now + Number(value) * 1000 : Date.parse(value);
  return Number.isFinite(at) ? at : undefined;
}

/** What a status means at every venue. */
export function commonFailure(venue: string, answer: VenueAnswer, now: number): VenueError | undefined {
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  if (status === 429) {
    return new VenueError('rate_limited', venue, 'asked too often (429)', {
      until: retryAfter(answer, now),
      venueCode: status,
    });
  }
  if (status === 418) {
    const until = retryAfter(answer, now) ?? now + 120_000;
    return new VenueError('banned', venue, `this address is banned until ${isoTime(until)}`, {
      until,
      venueCode: status,
    });
  }
  if (status === 451 || status === 403 || status === 401) {
    const what = status === 401 ? 'the key is refused (401)' : `this region is not served (${status})`;
    return new VenueError('blocked', venue, what, { venueCode: status });
  }
  if (status === 408 || status >= 500) {
    return new VenueError('unavailable', venue, `the server answers ${status}`, { venueCode: status });
  }
  return new VenueError('refused', venue, `the request is refused (${status})`, { venueCode: status });
}

/** `2025-01-31 08:00:00`, UTC, for messages. */
export function isoTime(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}

/** Over the network, by fetch of Node. */
export const fetchExchange: Exchange = async ({ url, method, headers, body }, signal) => {
  const answer = await fetch(url, {
    method,
    signal,
    // what comes from another host than the one asked is not the venue
    redirect: 'error',
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: answer.status,
    header: (name) => answer.headers.get(name),
    body: Buffer.from(await answer.arrayBuffer()),
  };
};

/** @throws SyntaxError */
export function jsonOf(answer: VenueAnswer): unknown {
  return JSON.parse(answer.body.toString('utf8'));
}
