// Downloads one history into a lake until it is done or killed: node fetch-worker.mjs LAKE URL.
import { backfill } from '../../dist/src/data/ingest/backfill.js';
import { Lake } from '../../dist/src/data/lake/lake.js';
import { Venues } from '../../dist/src/data/venues/open-venues.js';
import { parseInstrument } from '../../dist/src/market/instrument.js';

const [folder, url] = process.argv.slice(2);
const clock = { now: () => Date.now() };
const lake = await Lake.open(folder, { clock });
const writer = await lake.writer();
const settings = { binanceusdm: { base_url: url, timeout_ms: 500, tries: 10, backoff_ms: 5, budget: 1e9 } };
// the simulator's waits are of its own, quicker time
const timer = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((done) => setTimeout(done, Math.min(ms, 20))).then(() => signal?.throwIfAborted()),
};
const venue = new Venues({ settings, timer }).of('binanceusdm');
const report = await backfill(
  { lake, write: (work) => work(writer) },
  {
    venue,
    instrument: parseInstrument('binanceusdm:-:BTCUSDT'),
    timeframe: '1m',
    full: true,
    clock,
    batchRows: 3000,
  },
);
console.log(JSON.stringify({ rows: report.rows, held: report.held, gaps: report.gaps.length }));
await lake.close();
