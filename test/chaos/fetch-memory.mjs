// Downloads one history into a lake and says how much memory that took at most: node fetch-memory.mjs LAKE URL.
import { backfill } from '../../dist/src/data/ingest/backfill.js';
import { Lake } from '../../dist/src/data/lake/lake.js';
import { Venues } from '../../dist/src/data/venues/open-venues.js';
import { parseInstrument } from '../../dist/src/market/instrument.js';

const [folder, url] = process.argv.slice(2);
const clock = { now: () => Date.now() };
const lake = await Lake.open(folder, { clock });
const writer = await lake.writer();
const venue = new Venues({ settings: { binanceusdm: { base_url: url, budget: 1e9 } } }).of('binanceusdm');
const samples = [];
const sampling = setInterval(() => samples.push(process.memoryUsage.rss()), 100);
const { rows, gaps } = await backfill(
  { lake, write: (work) => work(writer) },
  { venue, instrument: parseInstrument('binanceusdm:-:BTCUSDT'), timeframe: '1m', full: true, clock },
);
clearInterval(sampling);
await lake.close();
const peak = Math.max(process.resourceUsage().maxRSS * 1024, ...samples);
console.log(JSON.stringify({ rows, gaps: gaps.length, peak, samples: samples.length }));
