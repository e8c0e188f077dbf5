/**
 * The far side of the wire: a local HTTP and WebSocket server that speaks the protocols of real venues, replays real
 * bars over a virtual clock, and injects seeded faults (docs/reference/venue-simulator.md).
 *
 *   const simulator = await startVenueSimulator({ bars, faults: mixedFaults(0.05), seed: 7 });
 *   // point a client at simulator.url('binanceusdm'), let it work, move time on
 *   await simulator.advance(60_000);
 *   // compare with simulator.truth.bars('binanceusdm', 'BTCUSDT', '1m', from, to)
 *
 * Limits: what a venue keeps to itself (accounts, orders, depth) is not there; one step of the clock is fifteen
 * seconds; waits told by Retry-After pass in virtual time, so a client under test should sleep by advancing the clock.
 */
import type { AddressInfo } from 'node:net';
import { TidewatchError } from '../../../errors.js';
import { TIMEFRAME_MS } from '../../../market/timeframe.js';
import { FaultDirector, type InjectedFault } from './faults/fault-director.js';
import type { FaultRule } from './faults/fault-rules.js';
import { createHttpSide } from './http-side.js';
import { PROTOCOLS } from './protocols/protocols.js';
import { type LoggedRequest, RequestLog } from './request-log.js';
import { type SimulatedBars, SimulatedMarket } from './simulated-market.js';
import { SimulatedVenue } from './simulated-venue.js';
import { StreamSide } from './stream-side.js';
import { Truth } from './truth.js';
import { VENUE_IDS, type VenueId } from './venue-ids.js';
import { VirtualTime } from './virtual-time.js';

export interface VenueSimulatorOptions {
  /** All venues when left out. */
  readonly venues?: readonly VenueId[];
  /** Real bars, shared by all venues; each takes its own kind (perp or spot). */
  readonly bars: readonly SimulatedBars[];
  readonly clock?: {
    /** Virtual time at the start, UTC ms; the end of the earliest ending bars when left out. */
    readonly start?: number;
    /** Multiple of real time at which the clock runs by itself; stands still until advanced when left out. */
    readonly speed?: number;
  };
  readonly faults?: readonly FaultRule[];
  /** Decides every fault and everything that the sample data do not hold; 1 when left out. */
  readonly seed?: number;
  /** Real ms before each answer; 0 when left out. */
  readonly latencyMs?: number;
  /** Whether the venues' own rate limits hold (on the virtual clock); true when left out. */
  readonly rateLimits?: boolean;
  /** Megabytes of ready-written rows per venue (126 bytes a row at Binance); 64 when left out. */
  readonly cacheMb?: number;
  /** Any free port when left out. */
  readonly port?: number;
  readonly host?: string;
}

/** A running simulator with what it did and what is true. */
export interface VenueSimulator {
  readonly port: number;
  /** Base of the venue's REST addresses, without a slash at the end: in place of https://fapi.binance.com. */
  url(venue: VenueId): string;
  /** Base of the venue's stream addresses: in place of wss://fstream.binance.com. */
  wsUrl(venue: VenueId): string;
  /** Virtual time, UTC ms. */
  now(): number;
  /** Moves virtual time on; resolves when every connected client has read the frames of the time that passed. */
  advance(ms: number): Promise<void>;
  readonly truth: Truth;
  /** The newest requests (up to 100,000), oldest first. */
  readonly requests: readonly LoggedRequest[];
  readonly injected: readonly InjectedFault[];
  /** Streams that are open now. */
  readonly connections: number;
  /** Every attempt to open a stream, refused ones too: virtual time of each, the newest 100,000. */
  readonly opened: readonly number[];
  stop(): Promise<void>;
}

/** @throws TidewatchError `bad_parameter`, `empty_series`, `port_in_use` */
export async function startVenueSimulator(options: VenueSimulatorOptions): Promise<VenueSimulator> {
  const {
    seed = 1,
    host = '127.0.0.1',
    latencyMs = 0,
    rateLimits = true,
    faults = [],
    cacheMb = 64,
  } = options;
  if (options.bars.length === 0) {
    throw new TidewatchError('bad_parameter', 'the simulator has no bars to replay', {
      hint: 'give it the bars of at least one market',
    });
  }
  const director = new FaultDirector(faults, seed);
  const venues = new Map<string, SimulatedVenue>(
    (options.venues ?? VENUE_IDS).map((id) => [
      id,
      new SimulatedVenue(
        PROTOCOLS[id],
        options.bars
          .filter(({ kind }) => kind === PROTOCOLS[id].kind)
          .map((bars) => new SimulatedMarket(bars, seed)),
        director,
        rateLimits,
        cacheMb * 1_000_000,
      ),
    ]),
  );
  const start = options.clock?.start ?? earliestEnd(options.bars);
  const time: VirtualTime = new VirtualTime(start, (now) =>
    streams.open > 0 ? streams.step(now) : undefined,
  );
  const now = (): number => time.now();
  changeFundingIntervals(venues, director, start);
  const log = new RequestLog();
  const streams = new StreamSide({ venues, director, now });
  const server = createHttpSide({ venues, log, latencyMs, now });
  server.on('upgrade', (request, socket, head) => streams.upgrade(request, socket, head));
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => resolve((server.address() as AddressInfo).port));
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new TidewatchError('port_in_use', `port ${options.port} is taken`, {
      hint: 'choose another port, or 0 for any free one',
      details: { port: options.port },
    });
  });
  if (options.clock?.speed !== undefined) time.run(options.clock.speed);
  return {
    port,
    url: (venue) => `http://${host}:${port}/${venue}`,
    wsUrl: (venue) => `ws://${host}:${port}/${venue}`,
    now,
    advance: (ms) => time.advance(ms),
    truth: new Truth(venues, now),
    requests: log.entries,
    injected: director.injected,
    get connections() {
      return streams.open;
    },
    opened: streams.attempts,
    async stop() {
      time.stop();
      streams.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function earliestEnd(bars: readonly SimulatedBars[]): number {
  return Math.min(...bars.map(({ series }) => (series.time.at(-1) ?? 0) + TIMEFRAME_MS[series.timeframe]));
}

/** The rules that change a market itself are drawn once, at the start; the truth follows them. */
function changeFundingIntervals(
  venues: ReadonlyMap<string, SimulatedVenue>,
  director: FaultDirector,
  start: number,
): void {
  for (const { protocol, markets } of venues.values()) {
    if (protocol.fundingHours === 0) continue;
    for (const market of markets) {
      const symbol = protocol.symbolOf(market);
      const target = {
        venue: protocol.id,
        endpoint: 'funding',
        symbol,
        identity: `interval ${symbol}`,
        now: Number.POSITIVE_INFINITY,
      } as const;
      for (const { rule, record } of director.candidates(['market'], target, false)) {
        market.changeFundingInterval(rule.from ?? start, protocol.fundingHours === 1 ? 2 : 4);
        record();
      }
    }
  }
}
