/** What the drivers say when something is wrong: alerts in the book, numbers in the metrics, and where data come from. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TokenRefill } from '../../data/drivers/refill-tokens.js';
import { parseInstrument } from '../../market/instrument.js';
import { AlertBook } from '../../platform/alerts/alert-book.js';
import { DriverAlerts } from '../process/driver-alerts.js';
import { venueSamples } from '../venue-metrics.js';
import { type SimulatedDrivers, simulatedDrivers } from './simulated-drivers.fixture.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What the venues do; the tests change it. */
let fault: ((url: string, body: string) => string | null) | undefined;
let geckoCalls = 0;
let offset = 0;
let home: SimulatedDrivers;
beforeAll(async () => {
  home = await simulatedDrivers({
    days: 1,
    tokensPerBucket: 1,
    settings: { bucket_min_components: 1, backfill_bars: 250 },
    now: Date.UTC(2025, 11, 31, 2, 56),
    clockOffset: () => offset,
    meddle: (exchange) => async (request, signal) => {
      const answer = await exchange(request, signal);
      if (request.url.includes('/geckoterminal/')) geckoCalls += 1;
      const body = fault?.(`${request.url} ${request.body ?? ''}`, answer.body.toString('utf8'));
      if (body === null) return { ...answer, status: 500, body: Buffer.from('{}') };
      return body === undefined ? answer : { ...answer, body: Buffer.from(body) };
    },
  });
  await home.drivers.backfill();
}, 60_000);
afterAll(() => home.close());

/** @returns what its run warned of */
const minute = async (): Promise<string> => {
  await home.simulator.advance(MINUTE);
  const runs = await home.drivers.run('1m');
  return runs.flatMap(({ steps }) => steps.flatMap(({ warnings }) => warnings)).join('\n');
};
type Kline = [number, ...(string | number)[]];
/** Changes candles of BTC at Binance from a time on. */
const klines =
  (from: number, change: (cell: number) => number, cells: readonly number[]) =>
  (url: string, body: string): string => {
    if (!url.includes('/binance/') || !url.includes('symbol=BTCUSDT') || !url.includes('klines')) return body;
    const rows = JSON.parse(body) as Kline[];
    for (const row of rows) {
      for (const at of cells) if (row[0] >= from) row[at] = String(change(Number(row[at])));
    }
    return JSON.stringify(rows);
  };

/** The book of a process that has just started. */
function watching() {
  const { store, clock } = home;
  const told: string[] = [];
  const alerts = new AlertBook({ store: store.alerts, clock });
  alerts.onNotice(({ event, name }) => told.push(`${event} ${name}`));
  const part = new DriverAlerts({
    alerts,
    health: () => home.drivers.health(),
    open: () => store.alerts.list({ open: true, limit: 100 }),
    onFailure: (error) => told.push(String(error)),
  });
  const look = async (): Promise<string[]> => {
    await part.look();
    return told.splice(0).filter((line) => /step_failing|sources_apart/.test(line));
  };
  return look;
}
const metric = async (name: string, labels: Readonly<Record<string, string>>): Promise<number | undefined> =>
  [...(await home.drivers.measures()), ...venueSamples(home.venues.usage())].find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels?.[label] === value),
  )?.value;

describe('alerts of the pipeline', () => {
  it('a step that fails three times running fires once, over a restart too, and clears once', async () => {
    let look = watching();
    fault = (url, body) => (/BTC/.test(url) ? null : body);
    const seen: string[] = [];
    for (let at = 0; at < 4; at += 1) {
      await minute();
      seen.push(...(await look()));
      if (at === 1) expect(seen).toEqual([]);
    }
    expect(seen).toEqual(['fired step_failing:collect.1m']);
    const failed = { step: 'collect', timeframe: '1m' };
    expect(await metric('tidewatch_driver_step_failed_in_a_row', failed)).toBe(4);
    const { alerts } = await home.drivers.health();
    expect(alerts.find(({ name }) => name === 'step_failing.collect.1m')?.message).toMatch(
      /^step collect of 1m has failed 3 times running or more · BTC .*500/,
    );
    home.restarted();
    look = watching();
    expect(await look(), 'nothing has run yet').toEqual([]);
    await minute();
    expect(await look(), 'it fails still').toEqual([]);
    fault = undefined;
    await minute();
    expect(await look()).toEqual(['cleared step_failing:collect.1m']);
    await minute();
    expect(await look()).toEqual([]);
  }, 60_000);

  it('sources that differ by more than 2 % fire once, and clear when they agree again', async () => {
    let look = watching();
    fault = klines(home.simulator.now() - HOUR, (price) => price * 1.05, [1, 2, 3, 4]);
    await home.simulator.advance(HOUR);
    // at every hour a second source is asked
    await home.drivers.run('1h');
    expect(await look()).toEqual(['fired sources_apart:BTC.1h']);
    const { alerts } = await home.drivers.health();
    expect(alerts.find(({ name }) => name === 'sources_apart.BTC.1h')).toMatchObject({
      level: 'warning',
      message: expect.stringMatching(/^BTC 1h: binance and hyperliquid differ by 5\.\d %$/),
    });
    expect(await metric('tidewatch_driver_sources_apart', { timeframe: '1h' })).toBe(1);
    home.restarted();
    look = watching();
    expect(await look(), 'nothing has run yet').toEqual([]);
    fault = undefined;
    await home.drivers.run('1h');
    expect(await look()).toEqual(['cleared sources_apart:BTC.1h']);
    expect(await metric('tidewatch_driver_sources_apart', { timeframe: '1h' })).toBe(0);
  }, 60_000);
});

it('bars that are none are refused and counted, by venue, and who stands in is told', async () => {
  const refused = () => metric('tidewatch_venue_invalid_rows_total', { venue: 'binance' });
  await minute();
  const before = await refused();
  // a high below the low, in the newest bar
  const broken = klines(home.simulator.now() - MINUTE, () => 1, [2]);
  fault = (url, body) => (url.includes('/dexscreener/') ? '[]' : broken(url, body));
  const told = await minute();
  fault = undefined;
  expect(told).toMatch(
    /^BTC 1m: bars come from hyperliquid in place of binance since 2025-12-31 \d\d:\d\d$/m,
  );
  expect(told).toMatch(/^tokens: dexscreener knows no price of dex:solana:.*; they have no bar$/m);
  expect(await refused()).toBeGreaterThan(before!);
  expect(await metric('tidewatch_venue_invalid_rows_total', { venue: 'hyperliquid' })).toBe(0);
}, 60_000);

it('what cells stand on is told: the venues of a simulator are synthetic, what was imported is not', async () => {
  const { bars } = await home.drivers.verify();
  const of = (driver: string, timeframe: string) =>
    bars.find((row) => row.driver === driver && row.timeframe === timeframe)!;
  expect(of('BTC', '1m')).toMatchObject({ data: 'synthetic' });
  expect(of('BTC', '1m').origins.map(({ name }) => name)).toContain('binance rest');
  expect(of('ALT', '1h').origins.map(({ name }) => name)).toContain('hyperliquid rest');
  expect(of('BTC.d', '1h').origins).toMatchObject([{ name: 'synthetic', kind: 'synthetic' }, {}]);
  expect(of('nano', '1m').origins).not.toEqual([]);
  expect(of('nano', '1m').origins.every(({ kind }) => kind === 'synthetic')).toBe(true);
  const imported = Array.from({ length: 40 }, (_, row) => ({
    instrument_id: 'binance:spot:BTCUSDT',
    timeframe: '1d' as const,
    ts: Date.UTC(2024, 0, 1) + row * DAY,
    open: 1,
    high: 2,
    low: 1,
    close: 2,
    volume: 1,
  }));
  await home.access.write((writer) => writer.append('bars', imported, { source: 'archive' }));
  const [day] = (await home.drivers.verify()).bars;
  expect(day).toMatchObject({ driver: 'BTC', timeframe: '1d', data: 'mixed' });
  expect(day!.origins).toContainEqual({ name: 'binance archive', kind: 'real', rows: 40 });
  const { cells } = await home.drivers.health();
  expect(cells.find(({ driver, timeframe }) => driver === 'BTC' && timeframe === '1m')).toMatchObject({
    data: 'synthetic',
  });
}, 60_000);

it('minutes of tokens that nothing collected come from their pools, once, and what is stored stays', async () => {
  await minute();
  await minute();
  const away = home.simulator.now();
  await home.simulator.advance(15 * MINUTE);
  await minute();
  const minutes = async () =>
    (await home.access.lake.query('bars', { venue: 'dex', timeframe: '1m' }, (relation, run) =>
      run(
        `SELECT instrument_id, ts, close, source FROM ${relation} WHERE ts >= ${away - 3 * MINUTE}
          ORDER BY instrument_id, ts`,
      ),
    )) as unknown as { instrument_id: string; ts: number; close: number; source: string }[];
  const before = await minutes();
  const isAway = ({ ts }: { ts: number }): boolean => ts > away && ts < away + 12 * MINUTE;
  expect(before.filter(isAway)).toEqual([]);
  fault = (url, body) => (url.includes('/geckoterminal/') ? null : body);
  const failed = await home.drivers.catchUp();
  expect(failed.refilled.failures.length, 'told, not thrown').toBe(home.tokens.length);
  fault = undefined;
  // as catching up does, without the pipelines that follow
  const gecko = () => home.venues.geckoterminal();
  const refill = new TokenRefill(home.access, gecko, home.tokens.map(parseInstrument));
  const again = () => refill.run(home.simulator.now());
  expect((await again()).failures).toEqual([]);
  const after = await minutes();
  expect(after.filter(isAway).length).toBe(home.tokens.length * 11);
  expect(new Set(after.filter(isAway).map(({ source }) => source))).toEqual(new Set(['rest']));
  const kept = new Map(after.map((row) => [`${row.instrument_id} ${row.ts}`, row]));
  expect(before.map((row) => kept.get(`${row.instrument_id} ${row.ts}`))).toEqual(before);
  // the rest of the day before, which a page could not hold
  await again();
  const calls = geckoCalls;
  expect((await again()).rows).toBe(0);
  expect(geckoCalls, 'what was asked for is not asked for again').toBe(calls);
}, 60_000);

describe('a process that starts with its clock an hour behind', () => {
  it('goes by the venues: nothing that is stored changes, what has closed is collected, no sample lies in the past', async () => {
    await minute();
    const before = (await home.outcome()).bars.map((row) => JSON.stringify(row));
    offset = -HOUR;
    home.restarted();
    const newest = home.simulator.now();
    const poll = await home.drivers.pollDominance();
    expect(poll.ts).toBeGreaterThanOrEqual(newest);
    await minute();
    const { cells, as_of } = await home.drivers.summary();
    expect(as_of).toBe(home.simulator.now());
    expect(cells.find(({ driver, timeframe }) => driver === 'BTC' && timeframe === '1m')).toMatchObject({
      status: 'ok',
      bar_ts: Math.floor(home.simulator.now() / MINUTE) * MINUTE - MINUTE,
    });
    const after = new Set((await home.outcome()).bars.map((row) => JSON.stringify(row)));
    expect(before.filter((row) => !after.has(row))).toEqual([]);
    offset = 0;
  }, 60_000);
});
