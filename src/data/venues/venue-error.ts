/**
 * What can go wrong at a venue, as few kinds as callers tell apart. Status and code decide, never the wording, which
 * venues change (pipelines spec §7).
 */
import { type ErrorCode, type ErrorContext, TidewatchError } from '../../errors.js';

export const VENUE_FAILURES = {
  /** Asked too often; goes on after a wait. */
  rate_limited: 'venue_rate_limited',
  /** The address is banned until a time; every further call makes it longer. */
  banned: 'venue_banned',
  /** The venue does not serve this region, or refuses the key. */
  blocked: 'venue_blocked',
  /** The venue does not list the symbol. */
  unknown_symbol: 'unknown_symbol',
  /** The venue refuses the parameters of a request. */
  refused: 'venue_refused',
  /** No answer, a broken connection, a server error. */
  unavailable: 'venue_unavailable',
  /** An answer that is not what the venue documents: cut off, another shape, HTML. */
  bad_payload: 'bad_payload',
} as const satisfies Record<string, ErrorCode>;

export type VenueFailure = keyof typeof VENUE_FAILURES;

const HINTS: Record<VenueFailure, string> = {
  rate_limited: 'wait a little and run it again: it goes on where it stopped',
  banned: 'stop everything that asks this venue until then, then run it again',
  blocked: 'use another venue for this market, or see the key and the region',
  unknown_symbol: 'see what the venue lists with: tidewatch fetch universe',
  refused: 'check symbol, timeframe and range; report it when they are right',
  unavailable: 'check the network and run it again: it goes on where it stopped',
  bad_payload: 'run it again; report the venue and the request when it repeats',
};

export class VenueError extends TidewatchError {
  constructor(
    readonly failure: VenueFailure,
    readonly venue: string,
    /** What happened, without the venue's name. */
    readonly what: string,
    readonly facts: {
      /** UTC ms before which another call is useless. */
      readonly until?: number | undefined;
      /** The venue's own code. */
      readonly venueCode?: string | number | undefined;
      /** What to do, where it is more than the failure tells. */
      readonly hint?: string | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    const context: ErrorContext = {
      hint: facts.hint ?? HINTS[failure],
      details: {
        venue,
        ...(facts.until === undefined ? {} : { until: facts.until }),
        ...(facts.venueCode === undefined ? {} : { venue_code: facts.venueCode }),
      },
      ...(facts.cause === undefined ? {} : { cause: facts.cause }),
    };
    super(VENUE_FAILURES[failure], `${venue} · ${what}`, context);
    this.name = 'VenueError';
  }

  /** True when the same call may succeed later. */
  get isPassing(): boolean {
    return ['rate_limited', 'banned', 'unavailable', 'bad_payload'].includes(this.failure);
  }
}
