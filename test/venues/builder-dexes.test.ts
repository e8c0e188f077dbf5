/** HIP-3: the markets that builders deploy at Hyperliquid are listed beside the main ones, and fetched like them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Venues } from '../../src/data/venues/open-venues.js';
import { startVenueSimulator, type VenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { parseInstrument } from '../../src/market/instrument.js';
import { START, walkBars } from './local-bars.js';

let simulator: VenueSimulator;
beforeAll(async () => {
  simulator = await startVenueSimulator({
    venues: ['hyperliquid'],
    bars: [
      walkBars('BTC', 100),
      walkBars('xyz:TSLA', 100),
      walkBars('xyz:GOLD', 100),
      walkBars('flx:OIL', 100),
    ],
  });
});
afterAll(() => simulator.stop());

it('lists and fetches markets of builders', async () => {
  const venue = new Venues({ settings: { hyperliquid: { base_url: simulator.url('hyperliquid') } } }).of(
    'hyperliquid',
  );
  const markets = await venue.markets();
  expect(markets.map(({ instrumentId, symbol, base, quote }) => [instrumentId, symbol, base, quote])).toEqual(
    [
      ['hyperliquid:main:BTC', 'BTC', 'BTC', 'USDC'],
      ['hyperliquid:xyz:TSLA', 'xyz:TSLA', 'TSLA', 'USDC'],
      ['hyperliquid:xyz:GOLD', 'xyz:GOLD', 'GOLD', 'USDC'],
      ['hyperliquid:flx:OIL', 'flx:OIL', 'OIL', 'USDC'],
    ],
  );
  const window = { from: START, to: START + 100 * 60_000 };
  const page = await venue.candles(parseInstrument('hyperliquid:xyz:TSLA'), '1m', window);
  const truth = simulator.truth.bars('hyperliquid', 'xyz:TSLA', '1m', START, window.to);
  expect(Array.from(page.columns.cut('close'))).toEqual(Array.from(truth.close));
});
