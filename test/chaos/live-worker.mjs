// Follows two markets live into a lake until it is told to stop or killed: node live-worker.mjs LAKE URL NOW.
// Its time is what the parent says; after each message it lets everything under way end, and answers with the closed bars
// that were told and whether all series are live.
import { startLiveFeed } from '../../dist/src/data/ingest/live-feed.js';
import { Lake } from '../../dist/src/data/lake/lake.js';
import { Venues } from '../../dist/src/data/venues/open-venues.js';
import { fetchExchange } from '../../dist/src/data/venues/venue-http.js';
import { parseInstrument } from '../../dist/src/market/instrument.js';

const [folder, url, begin] = process.argv.slice(2);
let now = Number(begin);
const sleepers = new Set();
const timer = {
  now: () => now,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const refuse = () => reject(signal.reason);
      const sleeper = {
        at: now + ms,
        wake() {
          signal?.removeEventListener('abort', refuse);
          resolve();
        },
      };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', refuse, { once: true });
    }),
};
let underWay = 0;
const counted = async (work) => {
  underWay += 1;
  try {
    return await work();
  } finally {
    underWay -= 1;
  }
};
const settings = { binanceusdm: { base_url: url, timeout_ms: 500, tries: 5 } };
const exchange = (...request) => counted(() => fetchExchange(...request));
const venues = new Venues({ settings, timer, exchange });
const lake = await Lake.open(folder, { clock: timer });
const writer = await lake.writer();
// takes real seconds, in which no time may pass
await import('ccxt');
const feed = startLiveFeed({
  instruments: ['BTC', 'ETH'].map((base) => parseInstrument(`binanceusdm:-:${base}USDT`)),
  venues,
  access: { lake, write: (work) => counted(() => work(writer)) },
  timer,
});
let told = [];
feed.subscribe({
  receive(events) {
    for (const event of events) {
      if (event.kind === 'closed') told.push({ id: event.bar.instrumentId, ts: event.bar.ts });
    }
  },
});

async function settle() {
  for (let idle = 0; idle < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const isBusy = underWay > 0 || feed.status().streams.some(({ state }) => state === 'connecting');
    idle = isBusy ? 0 : idle + 1;
  }
}
process.on('message', async (message) => {
  if (message === 'stop') {
    await feed.stop();
    await lake.close();
    process.disconnect();
    return;
  }
  now = message;
  for (const sleeper of sleepers) {
    if (sleeper.at > now) continue;
    sleepers.delete(sleeper);
    sleeper.wake();
  }
  await settle();
  const { series } = feed.status();
  process.send({ isLive: series.every(({ state }) => state === 'live'), told });
  told = [];
});
process.send({ isLive: false, told });
