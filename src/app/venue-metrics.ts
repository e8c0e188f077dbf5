/** What the venues were asked and how they answered, as numbers for /metrics and as a light (operations spec §6). */
import type { VenueUsage } from '../data/venues/venue-http.js';
import type { MetricSample } from '../platform/metric-sources.js';
import type { StreamsJson } from './live/streams-schema.js';
import type { HealthItem } from './server/health.js';

/** Counters and gauges for Prometheus by venue: calls by outcome, waits, budget used. */
export function venueSamples(usages: readonly VenueUsage[]): readonly MetricSample[] {
  return usages.flatMap(
    ({ venue, calls, waitedMs, usedShare, answeredMs, invalidRows, closed }): MetricSample[] => [
      ...Object.entries(calls).map(
        ([outcome, value]): MetricSample => ({
          name: 'tidewatch_venue_calls_total',
          help: 'Requests to a venue, by how they ended: ok, rate_limited (429), banned (418), unavailable, …',
          type: 'counter',
          labels: { venue, outcome },
          value,
        }),
      ),
      {
        name: 'tidewatch_venue_wait_seconds_total',
        help: 'How long calls to a venue have waited for their turn, all together',
        type: 'counter',
        labels: { venue },
        value: waitedMs / 1000,
      },
      {
        name: 'tidewatch_venue_answer_seconds_total',
        help: 'How long a venue took to answer, or not to, all requests together',
        type: 'counter',
        labels: { venue },
        value: answeredMs / 1000,
      },
      {
        name: 'tidewatch_venue_budget_used_ratio',
        help: "Share of a minute's budget of a venue that the last minute took",
        type: 'gauge',
        labels: { venue },
        value: usedShare,
      },
      {
        name: 'tidewatch_venue_invalid_rows_total',
        help: 'Rows that a venue sent and that are no bars, or cannot be read: left out',
        type: 'counter',
        labels: { venue },
        value: invalidRows,
      },
      {
        name: 'tidewatch_venue_blocked',
        help: 'Whether a venue makes everybody wait now',
        type: 'gauge',
        labels: { venue },
        value: closed === null ? 0 : 1,
      },
    ],
  );
}

/** The budget of the venue that has least of it left; a ban is red whatever was used. */
export function budgetLight(usages: readonly VenueUsage[]): readonly HealthItem[] {
  if (usages.length === 0) return [];
  const value = 100 * Math.max(...usages.map(({ usedShare }) => usedShare));
  const isBanned = usages.some(({ closed }) => closed?.reason === 'banned');
  const light = isBanned || value >= 90 ? 'red' : value >= 60 ? 'amber' : 'green';
  return [{ name: 'api_budget_used', light, value, unit: 'percent' }];
}

/** How the connections to the streams are. */
export function streamSamples({ connections }: Pick<StreamsJson, 'connections'>): readonly MetricSample[] {
  return connections.flatMap(
    ({ venue, connection, connected, data_age_ms, reconnects, frames, bad_frames }) => {
      const of = (name: string, help: string, type: MetricSample['type'], value: number): MetricSample => ({
        name: `tidewatch_stream_${name}`,
        help,
        type,
        labels: { venue, connection: String(connection) },
        value,
      });
      return [
        ...(data_age_ms === null
          ? []
          : [of('age_seconds', 'Since the last data of a stream', 'gauge', data_age_ms / 1000)]),
        of('connected', 'Whether a stream is open', 'gauge', Number(connected)),
        of('reconnects_total', 'Connections of a stream after the first', 'counter', reconnects),
        of('frames_total', 'Frames that came', 'counter', frames),
        of('bad_frames_total', 'Frames that could not be read', 'counter', bad_frames),
      ];
    },
  );
}
