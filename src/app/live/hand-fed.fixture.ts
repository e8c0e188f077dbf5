/** A feed whose bars a test hands over one by one, and a served home that follows it. */

import type { LiveListener } from '../../data/ingest/live/event-queue.js';
import type { LiveBar, LiveEvent } from '../../data/ingest/live/live-event.js';
import type { LiveFeed, startLiveFeed } from '../../data/ingest/live-feed.js';
import type { Series } from '../../market/series.js';
import type { Services } from '../services.js';
import { LiveStreams } from './live-streams.js';

export class HandFed implements LiveFeed {
  private readonly listeners = new Set<LiveListener>();
  private readonly ids: readonly string[];

  constructor(readonly parts: Parameters<typeof startLiveFeed>[0]) {
    this.ids = parts.instruments.map(({ id }) => id);
  }

  setInstruments(): void {}

  subscribe(listener: LiveListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  bars(): readonly LiveBar[] {
    return [];
  }

  forming(): LiveBar | undefined {
    return undefined;
  }

  mark(): undefined {
    return undefined;
  }

  status(): ReturnType<LiveFeed['status']> {
    return {
      series: this.ids.map((instrumentId) => ({
        instrumentId,
        state: 'live' as const,
        lastClosedTs: null,
        lastUpdateAt: null,
        settledTo: Number.NaN,
        corrections: 0,
        refusal: null,
      })),
      streams: [],
      clocks: [],
      waitingRows: 0,
      waitingMs: 0,
      writeProblem: null,
      dropped: 0,
    };
  }

  async stop(): Promise<void> {}

  async tell(...events: readonly LiveEvent[]): Promise<void> {
    for (const listener of this.listeners) await listener.receive(events);
  }

  /** Bar of a series as the feed tells it. */
  bar(series: Series, row: number, more: Partial<LiveBar> = {}): LiveBar {
    return {
      instrumentId: series.instrument,
      ts: series.time[row]!,
      open: series.open[row]!,
      high: series.high[row]!,
      low: series.low[row]!,
      close: series.close[row]!,
      volume: series.volume[row]!,
      quoteVolume: Number.NaN,
      trades: Number.NaN,
      isClosed: true,
      source: 'ws',
      receivedAt: series.time[row]! + 60_000,
      ...more,
    };
  }
}

/** Follows instruments of a home by hand. */
export async function handFeed(
  { loaded, data, venues, clock }: Services,
  instruments: readonly string[],
): Promise<{ readonly feed: HandFed; readonly streams: LiveStreams }> {
  let feed: HandFed | undefined;
  const streams = new LiveStreams({
    config: { ...loaded.config, live: { ...loaded.config.live, roll_up: false } },
    data,
    venues,
    clock,
    startFeed: (parts) => {
      feed = new HandFed(parts);
      return feed;
    },
  });
  await streams.start(undefined, instruments);
  return { feed: feed!, streams };
}
