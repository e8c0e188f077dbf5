/** How the streams are, as JSON: for /api/streams, health and `watch`. */
import type { LiveStatus } from '../../data/ingest/live/live-event.js';
import { barClose } from '../../market/timeframe.js';
import type { StreamsJson } from './streams-schema.js';

export type LeftOut = StreamsJson['left_out'][number];

interface StreamsParts {
  readonly now: number;
  readonly since: number | null;
  readonly leftOut: readonly LeftOut[];
  readonly filled: ReadonlyMap<string, number>;
  readonly live: LiveStatus | undefined;
  readonly rolledUp: number | null;
  priceOf(instrument: string): number | null;
}

export function streamsJson({
  now,
  since,
  leftOut,
  filled,
  live,
  rolledUp,
  priceOf,
}: StreamsParts): StreamsJson {
  return {
    running: live !== undefined,
    since,
    as_of: now,
    connections: (live?.streams ?? []).map((stream) => ({
      venue: stream.venue,
      connection: stream.connection,
      state: stream.state,
      connected: stream.state === 'open',
      topics: stream.topics,
      last_data_ts: stream.lastDataAt,
      data_age_ms: stream.dataAgeMs,
      reconnects: stream.reconnects,
      frames: stream.frames,
      bad_frames: stream.badFrames,
      last_error: stream.lastProblem,
    })),
    clocks: (live?.clocks ?? []).map(({ venue, skewMs, measuredAt }) => ({
      venue,
      skew_ms: skewMs,
      measured_at: measuredAt,
    })),
    series: (live?.series ?? []).map((series) => ({
      instrument_id: series.instrumentId,
      state: series.state,
      price: priceOf(series.instrumentId),
      last_bar_ts: series.lastClosedTs,
      age_ms: series.lastClosedTs === null ? null : now - barClose(series.lastClosedTs, '1m'),
      last_update_ts: series.lastUpdateAt,
      settled_to: Number.isFinite(series.settledTo) ? series.settledTo : null,
      gaps_filled: filled.get(series.instrumentId) ?? 0,
      corrections: series.corrections,
      refusal: series.refusal,
    })),
    left_out: [...leftOut],
    waiting_rows: live?.waitingRows ?? 0,
    waiting_ms: live?.waitingMs ?? 0,
    write_error: live?.writeProblem ?? null,
    dropped: live?.dropped ?? 0,
    rolled_up_at: rolledUp,
  };
}
