/** A simulated venue, the product's client of it and an empty lake, all on the simulator's clock. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { walkBars } from '../../../test/venues/local-bars.js';
import { parseInstrument } from '../../market/instrument.js';
import type { Timeframe } from '../../market/timeframe.js';
import { Lake } from '../lake/lake.js';
import { Venues } from '../venues/open-venues.js';
import type { FaultRule } from '../venues/simulator/faults/fault-rules.js';
import type { VenueId } from '../venues/simulator/venue-ids.js';
import { startVenueSimulator, type VenueSimulator } from '../venues/simulator/venue-simulator.js';
import { type BackfillRequest, backfill } from './backfill.js';
import type { LakeAccess } from './lake-access.js';

export interface SimulatedHistory {
  readonly simulator: VenueSimulator;
  readonly venues: Venues;
  readonly lake: Lake;
  readonly access: LakeAccess;
  /** Backfills a market of a venue, `binanceusdm:-:BTCUSDT` when nothing is said. */
  fetch(options?: Partial<BackfillRequest> & { readonly id?: string }): ReturnType<typeof backfill>;
  /** Rows of the lake and of the truth that differ, as text; empty when the lake is the truth. */
  differences(venue: VenueId, symbol: string, id: string, timeframe: Timeframe): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface SimulatedHistoryOptions {
  readonly minutes?: number;
  readonly faults?: readonly FaultRule[];
  readonly seed?: number;
  readonly folder?: string;
  /** Simulators keep their own limits on a virtual clock. */
  readonly rateLimits?: boolean;
}

export const BTC = 'binanceusdm:-:BTCUSDT';

export async function simulatedHistory(options: SimulatedHistoryOptions = {}): Promise<SimulatedHistory> {
  const { minutes = 20_000, faults = [], seed = 1, rateLimits = true } = options;
  const perp = walkBars('BTC', minutes);
  const spot = walkBars('BTC', minutes, { kind: 'spot' });
  const simulator = await startVenueSimulator({ bars: [perp, spot], faults, seed, rateLimits });
  const settings = Object.fromEntries(
    (['binanceusdm', 'binance', 'bybit', 'okx', 'hyperliquid', 'kraken'] as const).map((id) => [
      id,
      { base_url: simulator.url(id), timeout_ms: 500, tries: 8 },
    ]),
  );
  const timer = {
    now: () => simulator.now(),
    sleep: (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      return simulator.advance(ms);
    },
  };
  const venues = new Venues({ settings, timer, seed });
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'history-'));
  const lake = await Lake.open(folder, { clock: timer });
  const writer = await lake.writer();
  const access: LakeAccess = { lake, write: (work) => work(writer) };
  return {
    simulator,
    venues,
    lake,
    access,
    fetch({ id = BTC, ...rest } = {}) {
      const instrument = parseInstrument(id);
      const venue = venues.of(instrument.venue);
      return backfill(access, { venue, instrument, timeframe: '1m', clock: timer, full: true, ...rest });
    },
    async differences(venue, symbol, id, timeframe) {
      const { ts, columns } = await lake.columns('bars', {
        subject: id,
        timeframe,
        columns: ['open', 'high', 'low', 'close', 'volume'],
      });
      const truth = simulator.truth.bars(venue, symbol, timeframe, 0, Number.MAX_SAFE_INTEGER);
      const rows = new Map<number, string>();
      for (let row = 0; row < truth.length; row += 1) {
        rows.set(
          truth.time[row]!,
          [truth.open[row], truth.high[row], truth.low[row], truth.close[row], truth.volume[row]].join(' '),
        );
      }
      const found: string[] = [];
      for (let row = 0; row < ts.length; row += 1) {
        const { open, high, low, close, volume } = columns;
        const stored = [open![row], high![row], low![row], close![row], volume![row]].join(' ');
        const wanted = rows.get(ts[row]!);
        if (wanted !== stored) found.push(`${ts[row]}: stored ${stored}, true ${wanted ?? 'not there'}`);
        rows.delete(ts[row]!);
      }
      for (const time of rows.keys()) found.push(`${time}: missing`);
      return found;
    },
    async close() {
      await lake.close();
      await simulator.stop();
      if (options.folder === undefined) rmSync(folder, { recursive: true });
    },
  };
}
