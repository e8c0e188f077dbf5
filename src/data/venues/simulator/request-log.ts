/** What was asked of the simulator. Keys are never kept: neither headers nor key parameters of a query. */
import type { FaultKind } from './faults/fault-catalogue.js';
import type { Endpoint, VenueId } from './venue-ids.js';

/** A request as it was met and what it was answered. */
export interface LoggedRequest {
  readonly venue: VenueId;
  readonly endpoint: Endpoint;
  readonly method: string;
  readonly path: string;
  /** Query, or the JSON of a POST, without keys. */
  readonly asked: string;
  readonly symbol?: string;
  /** Virtual time. */
  readonly at: number;
  /** 0 when nothing was answered. */
  readonly status: number;
  readonly rows: number;
  readonly fault?: FaultKind;
}

const MOST = 100_000;

export class RequestLog {
  /** The newest requests, oldest first; the older half goes when there are too many. */
  readonly entries: LoggedRequest[] = [];
  total = 0;

  add(entry: LoggedRequest): void {
    this.total += 1;
    if (this.entries.length >= MOST) this.entries.splice(0, MOST / 2);
    this.entries.push(entry);
  }
}

/** The query with values of key-like parameters hidden, for logs. */
export function withoutKeys(query: URLSearchParams): string {
  const kept = new URLSearchParams(query);
  for (const name of [...kept.keys()]) if (/key|token|secret/i.test(name)) kept.set(name, 'hidden');
  return kept.toString();
}
