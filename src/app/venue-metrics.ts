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
        help: 'Share of what a minute may take that the last minute took, 0 to 1',
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

/**
 * The budget of the venue that has least of it left. A ban is red whatever was used. While a start fills an empty home
 * the budget is meant to be used up, and the limiter holds it: that is amber, with the time from which none is used.
 *
 * @param isFilling whether this process is filling its home, or was within the last minute
 */
export function budgetLight(usages: readonly VenueUsage[], isFilling = false): readonly HealthItem[] {
  const most = usages.reduce<VenueUsage | undefined>(
    (found, usage) => (found === undefined || usage.usedShare > found.usedShare ? usage : found),
    undefined,
  );
  if (most === undefined) return [];
  const value = 100 * most.usedShare;
  const of = (light: HealthItem['light'], reason?: string): readonly HealthItem[] => [
    { name: 'api_budget_used', light, value, unit: 'percent', ...(reason === undefined ? {} : { reason }) },
  ];
  const banned = usages.find(({ closed }) => closed?.reason === 'banned');
  if (banned)
    return of('red', `${banned.venue} has banned this address until ${timeOf(banned.closed!.until)}`);
  if (value < 60) return of('green');
  const free =
    most.freeAt === null ? '' : ` · free again by ${timeOf(most.freeAt)} when nothing more is asked`;
  const used = `${most.venue}: ${Math.round(value)} % of what a minute may take is used`;
  if (isFilling) return of('amber', `${used}, as planned while history is fetched at the start${free}`);
  return of(value < 90 ? 'amber' : 'red', `${used}${free}`);
}

function timeOf(time: number): string {
  return new Date(time).toISOString().slice(11, 19).concat(' UTC');
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
