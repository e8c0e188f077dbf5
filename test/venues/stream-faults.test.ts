/**
 * Faults of streams at every venue that has one: each kind strikes once and changes what a client gets, or has nothing
 * to act on and changes nothing.
 */
import { describe, expect, it } from 'vitest';
import {
  FAULT_KINDS,
  type FaultKind,
  faultShape,
} from '../../src/data/venues/simulator/faults/fault-catalogue.js';
import { startVenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { listen } from './listening.js';
import { START, walkBars } from './local-bars.js';

const MINUTE = 60_000;
const STREAMS = {
  binanceusdm: {
    path: '/market/ws',
    subscribe: { method: 'SUBSCRIBE', params: ['btcusdt@kline_1m'], id: 1 },
  },
  binance: { path: '/stream', subscribe: { method: 'SUBSCRIBE', params: ['btcusdt@kline_1m'], id: 1 } },
  bybit: { path: '/v5/public/linear', subscribe: { op: 'subscribe', args: ['kline.1.BTCUSDT'] } },
  okx: {
    path: '/ws/v5/business',
    subscribe: { op: 'subscribe', args: [{ channel: 'candle1m', instId: 'BTC-USDT-SWAP' }] },
  },
  hyperliquid: {
    path: '/ws',
    subscribe: { method: 'subscribe', subscription: { type: 'candle', coin: 'BTC', interval: '1m' } },
  },
  kraken: {
    path: '/v2',
    subscribe: { method: 'subscribe', params: { channel: 'ohlc', symbol: ['BTC/USDT'], interval: 1 } },
  },
} as const;
type StreamVenue = keyof typeof STREAMS;

/** Where a kind has nothing to act on. */
const WITHOUT: Partial<Record<FaultKind, readonly StreamVenue[]>> = {
  // these streams never say that a bar is closed
  false_final: ['hyperliquid', 'kraken'],
};

const KINDS = FAULT_KINDS.filter((kind) => faultShape(kind).endpoints.includes('stream'));
const PAIRS = (Object.keys(STREAMS) as StreamVenue[]).flatMap((venue) =>
  KINDS.map((kind) => ({ venue, kind })),
);

describe('faults of streams', () => {
  it.each(PAIRS)('$venue: $kind', async ({ venue, kind }) => {
    const frames = async (strikes: boolean): Promise<{ texts: string[]; injected: FaultKind[] }> => {
      const simulator = await startVenueSimulator({
        venues: [venue],
        bars: ['BTC', 'ETH'].flatMap((base) => [walkBars(base, 200), walkBars(base, 200, { kind: 'spot' })]),
        clock: { start: START + 100 * MINUTE },
        faults: strikes ? [{ kind, times: 1 }] : [],
      });
      try {
        const { path, subscribe } = STREAMS[venue];
        const listener = await listen(`${simulator.wsUrl(venue)}${path}`).catch(() => undefined);
        await listener?.say(subscribe);
        await simulator.advance(2 * MINUTE);
        listener?.socket.terminate();
        return {
          texts: listener ? [...listener.texts, ...listener.binaries.map(String)] : [],
          injected: simulator.injected.map((fault) => fault.kind),
        };
      } finally {
        await simulator.stop();
      }
    };
    const [good, bad] = [await frames(false), await frames(true)];
    // eight steps of fifteen seconds, the confirmation before them
    expect(good.texts.length).toBeGreaterThanOrEqual(9);
    if (WITHOUT[kind]?.includes(venue)) {
      expect(bad.injected).toEqual([]);
      expect(bad.texts).toEqual(good.texts);
    } else {
      expect(bad.injected).toEqual([kind]);
      expect(bad.texts).not.toEqual(good.texts);
    }
  });
});
