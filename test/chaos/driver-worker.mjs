// The process that runs the drivers' pipeline on a home and is killed at a point of it. Argument: one JSON object of the home,
// the time, the venues, the tokens, the timeframe, and the name of the point; without one it tells all points that it passes.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_POSTURE } from '../../dist/src/analysis/drivers/posture-config.js';
import { Drivers } from '../../dist/src/app/drivers/drivers.js';
import { Lake } from '../../dist/src/data/lake/lake.js';
import { Venues } from '../../dist/src/data/venues/open-venues.js';
import { fetchExchange } from '../../dist/src/data/venues/venue-http.js';
import { driverSettingsSchema } from '../../dist/src/platform/driver-settings.js';
import { Store } from '../../dist/src/platform/store/store.js';

const { folder, now, settings, tokens, timeframe, kill } = JSON.parse(process.argv[2]);
const points = [];
const passed = new Map();
/** Before and after everything that has an effect or waits for somebody. */
async function around(what, work) {
  const count = (passed.get(what) ?? 0) + 1;
  passed.set(what, count);
  reach(`before ${what} ${count}`);
  const result = await work();
  reach(`after ${what} ${count}`);
  return result;
}
function reach(point) {
  points.push(point);
  if (point === kill) process.kill(process.pid, 'SIGKILL');
}

const clock = { now: () => now };
let paused = 0;
const timer = {
  now: () => now + paused,
  sleep: async (ms) => {
    paused += ms;
  },
};
const lake = await Lake.open(join(folder, 'lake'), { clock, threads: 1 });
const writer = await lake.writer();
const store = await Store.open({ engine: 'pglite', folder: join(folder, 'db') });
const { query, transaction } = store.sql;
Object.assign(store.sql, {
  query(text, ...rest) {
    const run = () => query.call(store.sql, text, ...rest);
    return /^\s*(INSERT|UPDATE|DELETE)/i.test(text) ? around('statement', run) : run();
  },
  transaction: (work) => around('transaction', () => transaction.call(store.sql, work)),
});
let asked = 0;
const exchange = (...request) => {
  asked += 1;
  // they are alike: every eighth
  return asked % 8 === 1 ? around('request', () => fetchExchange(...request)) : fetchExchange(...request);
};
const drivers = new Drivers({
  store,
  access: { lake, write: (work) => around('write', () => work(writer)) },
  clock,
  venues: new Venues({ settings, timer, exchange }),
  settings: driverSettingsSchema.parse({ tokens }),
  posture: DEFAULT_POSTURE,
});
await drivers.run(timeframe);
await store.close();
await lake.close();
writeSync(1, JSON.stringify(points));
process.exit(0);
