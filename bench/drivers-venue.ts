/**
 * The simulated venues of the drivers' bench, in a process of their own, so that their work is not counted. Moves its
 * clock when told to: `{ advance: ms }` is answered with the virtual time.
 */
import { syntheticMarket, syntheticTokens } from '../src/data/venues/simulator/synthetic-market.js';
import { startVenueSimulator } from '../src/data/venues/simulator/venue-simulator.js';

const [start, minutes, now, tokensPerBucket] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number,
];
const bars = syntheticMarket({ start, minutes, tokensPerBucket });
const simulator = await startVenueSimulator({
  bars,
  clock: { start: now },
  rateLimits: false,
  cacheMb: 4,
  venues: ['binance', 'binanceusdm', 'hyperliquid', 'coingecko', 'geckoterminal', 'dexscreener'],
});
const url = simulator.url('binance').replace(/\/binance$/, '');
process.send!({ url, tokens: syntheticTokens(bars) });
process.on('message', ({ advance }: { advance: number }) => {
  void simulator.advance(advance).then(() => process.send!({ now: simulator.now() }));
});
process.on('disconnect', () => process.exit(0));
