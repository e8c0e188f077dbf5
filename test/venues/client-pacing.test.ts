/**
 * The product's clients beside the limits of venues, in simulated time: several downloads at once never draw a refusal,
 * a wait that a venue asks for is kept, and a ban stops every call to the host.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { backfill } from '../../src/data/ingest/backfill.js';
import { Lake } from '../../src/data/lake/lake.js';
import { type ExchangeId, Venues } from '../../src/data/venues/open-venues.js';
import type { Block } from '../../src/data/venues/rate-budget.js';
import type { FaultRule } from '../../src/data/venues/simulator/faults/fault-rules.js';
import { startVenueSimulator, type VenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { parseInstrument } from '../../src/market/instrument.js';
import { START, walkBars } from './local-bars.js';

const MINUTE = 60_000;
const HISTORY = 100_000;
let close: (() => Promise<void>) | undefined;
afterEach(async () => {
  await close?.();
  close = undefined;
});

async function downloads(
  venue: ExchangeId,
  ids: readonly string[],
  minutes: number,
  faults: readonly FaultRule[] = [],
) {
  const simulator: VenueSimulator = await startVenueSimulator({
    venues: [venue],
    bars: ['BTC', 'ETH'].flatMap((base) => [
      walkBars(base, HISTORY),
      walkBars(base, HISTORY, { kind: 'spot' }),
    ]),
    clock: { start: START + HISTORY * MINUTE },
    faults,
  });
  const timer = { now: () => simulator.now(), sleep: (ms: number) => simulator.advance(ms) };
  const folder = mkdtempSync(join(tmpdir(), 'pacing-'));
  const lake = await Lake.open(folder, { clock: timer });
  close = async () => {
    await lake.close();
    await simulator.stop();
    rmSync(folder, { recursive: true });
  };
  const writer = await lake.writer();
  const venues = new Venues({ settings: { [venue]: { base_url: simulator.url(venue) } }, timer });
  const blocks: Block[] = [];
  venues.onBlocked((block) => blocks.push(block));
  const run = () =>
    Promise.all(
      ids.map((id) =>
        backfill(
          { lake, write: (work) => work(writer) },
          {
            venue: venues.of(venue),
            instrument: parseInstrument(id),
            timeframe: '1m',
            from: START + (HISTORY - minutes) * MINUTE,
            clock: timer,
          },
        ),
      ),
    );
  return { simulator, run, blocks };
}

describe.each([
  ['binanceusdm', ['binanceusdm:-:BTCUSDT', 'binanceusdm:-:ETHUSDT'], HISTORY],
  ['binance', ['binance:spot:BTCUSDT', 'binance:spot:ETHUSDT'], HISTORY],
  ['bybit', ['bybit:linear:BTCUSDT', 'bybit:linear:ETHUSDT'], HISTORY],
  ['okx', ['okx:perp:BTCUSDT', 'okx:perp:ETHUSDT'], 30_000],
  ['hyperliquid', ['hyperliquid:main:BTC', 'hyperliquid:main:ETH'], 5_000],
  ['kraken', ['kraken:spot:BTCUSDT', 'kraken:spot:ETHUSDT'], 20_000],
] as const)('%s', (venue, ids, minutes) => {
  it('is asked by several downloads within its limits', async () => {
    const { simulator, run } = await downloads(venue, ids, minutes);
    const reports = await run();
    expect(reports.every(({ gaps }) => gaps.length === 0)).toBe(true);
    expect(simulator.requests.filter(({ status }) => status === 429 || status === 418)).toEqual([]);
    // Kraken refuses with status 200
    expect(simulator.requests.filter(({ endpoint, rows }) => endpoint === 'bars' && rows === 0)).toEqual([]);
  });
});

describe('a venue that says wait', () => {
  const ids = ['binanceusdm:-:BTCUSDT', 'binanceusdm:-:ETHUSDT'];

  it('is not asked before the time of its Retry-After', async () => {
    const faults: FaultRule[] = [{ kind: 'rate_limited', endpoint: 'bars', at: [5], ms: 45_000 }];
    const { simulator, run, blocks } = await downloads('binanceusdm', ids, 40_000, faults);
    await run();
    const at = simulator.requests.findIndex(({ fault }) => fault === 'rate_limited');
    const refused = simulator.requests[at]!;
    // what was on its way already may still arrive
    const later = simulator.requests.slice(at + 1).filter((each) => each.at > refused.at);
    expect(Math.min(...later.map((each) => each.at))).toBeGreaterThanOrEqual(refused.at + 45_000);
    expect(blocks.some(({ reason }) => reason === 'rate limit')).toBe(true);
  });

  it('gets no call at all while it bans, and the download goes on after it', async () => {
    const faults: FaultRule[] = [{ kind: 'ip_banned', endpoint: 'bars', at: [5], ms: 120_000 }];
    const { simulator, run, blocks } = await downloads('binanceusdm', ids, 40_000, faults);
    const reports = await run();
    expect(reports.map(({ gaps }) => gaps)).toEqual([[], []]);
    const banned = simulator.requests.filter(({ status }) => status === 418);
    const first = banned[0]!;
    // those that were under way at that moment, no other
    expect(banned.every(({ at }) => at === first.at)).toBe(true);
    const later = simulator.requests.filter(({ at }) => at > first.at);
    expect(Math.min(...later.map(({ at }) => at))).toBeGreaterThanOrEqual(first.at + 120_000);
    expect(blocks.some(({ reason }) => reason === 'banned')).toBe(true);
  });

  it('gives up at once when the ban is longer than anybody waits, and says until when', async () => {
    const faults: FaultRule[] = [{ kind: 'ip_banned', endpoint: 'bars', at: [5], ms: 3 * 86_400_000 }];
    const { run } = await downloads('binanceusdm', ids.slice(0, 1), 40_000, faults);
    await expect(run()).rejects.toMatchObject({
      code: 'venue_banned',
      message: expect.stringMatching(/until 2025/),
    });
  });
});
