/**
 * A live feed killed by SIGKILL at random moments, its streams and pages faulty all the while, and begun again after a
 * while. At each kill another process finds every closed bar on disk that was told a minute or more before; what was told
 * later may be lost, and is fetched back: the lake ends with every minute of the truth, once, as it was, those of the
 * pauses too.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { Lake } from '../../src/data/lake/lake.js';
import { mixedFaults } from '../../src/data/venues/simulator/faults/fault-rules.js';
import { startVenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { Random } from '../../src/market/random.js';
import { cleanEnvironment } from '../run-cli.js';
import { walkBars } from '../venues/local-bars.js';

const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const KILLS = NIGHTLY ? 50 : 4;
const MINUTE = 60_000;
const STEP_MS = 2_500;
const BEFORE = 120;
/** From the moment a closed bar is told until other processes find it on disk. */
const LONGEST_IN_MEMORY = MINUTE;
const folder = mkdtempSync(join(tmpdir(), 'live-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

it(`loses, repeats and changes no minute in ${KILLS} kills`, async () => {
  const random = new Random(20_261_121);
  const bars = ['BTC', 'ETH'].map((base) => walkBars(base, BEFORE + KILLS * 60 + 120));
  const start = bars[0]!.series.time[0]! + BEFORE * MINUTE;
  const faultyUntil = start + KILLS * 60 * MINUTE;
  const simulator = await startVenueSimulator({
    venues: ['binanceusdm'],
    bars,
    clock: { start },
    faults: mixedFaults(0.05).map((rule) => ({ ...rule, until: faultyUntil })),
    seed: 11,
    rateLimits: false,
  });
  const begin = async (): Promise<ChildProcess> => {
    const worker = fork(
      'test/chaos/live-worker.mjs',
      [folder, simulator.url('binanceusdm'), String(simulator.now())],
      { env: cleanEnvironment(), stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    );
    expect(await answer(worker)).not.toBeNull();
    return worker;
  };
  const step = async (worker: ChildProcess): Promise<Answer | null> => {
    await simulator.advance(STEP_MS);
    if (!worker.connected) return null;
    worker.send(simulator.now());
    return answer(worker);
  };

  let killed = 0;
  let lost = 0;
  const onDisk = await Lake.open(folder, { clock: simulator });
  for (let round = 0; round < KILLS; round += 1) {
    const worker = await begin();
    const told: (ToldBar & { readonly at: number })[] = [];
    const steps = 20 + random.below(200);
    // every second kill comes when a bar has just been told
    const isDue = (at: number, answered: Answer | null): boolean =>
      at >= steps && (round % 2 > 0 || answered === null || answered.told.length > 0 || at > steps + 100);
    for (let at = 0, answered: Answer | null = null; !isDue(at, answered); at += 1) {
      answered = await step(worker);
      for (const bar of answered?.told ?? []) told.push({ ...bar, at: simulator.now() });
    }
    const killedAt = simulator.now();
    // in the middle of whatever the next step begins
    if (round % 2 > 0) {
      await simulator.advance(STEP_MS);
      worker.send(simulator.now());
    }
    const exited = new Promise((resolve) => worker.once('exit', (_, signal) => resolve(signal)));
    await delay(random.below(5));
    worker.kill('SIGKILL');
    if ((await exited) === 'SIGKILL') killed += 1;
    const missing = await missingOf(onDisk, told);
    expect(missing.filter(({ at }) => killedAt - at >= LONGEST_IN_MEMORY)).toEqual([]);
    lost += missing.length;
    await simulator.advance(random.below(15) * MINUTE);
  }
  await onDisk.close();
  expect(killed).toBe(KILLS);
  expect(lost).toBeGreaterThan(0);
  await simulator.advance(Math.max(0, faultyUntil - simulator.now()));
  const last = await begin();
  for (let at = 0; (await step(last))?.isLive !== true; at += 1) expect(at).toBeLessThan(400);
  for (let at = 0; at < (13 * MINUTE) / STEP_MS; at += 1) await step(last);
  const ended = new Promise((resolve) => last.once('exit', resolve));
  last.send('stop');
  expect(await ended).toBe(0);

  const lake = await Lake.open(folder, { clock: simulator });
  const columns = ['open', 'high', 'low', 'close', 'volume'] as const;
  const to = simulator.now() - 8 * MINUTE;
  for (const base of ['BTC', 'ETH']) {
    const range = { subject: `binanceusdm:-:${base}USDT`, timeframe: '1m', from: start, to } as const;
    const stored = await lake.columns('bars', { ...range, columns });
    const truth = simulator.truth.bars('binanceusdm', `${base}USDT`, '1m', start, to);
    expect(truth.length).toBeGreaterThan(KILLS * 60);
    expect(Array.from(stored.ts)).toEqual(Array.from(truth.time));
    for (const name of columns) expect(stored.columns[name], name).toEqual(truth[name]);
  }
  await lake.close();
  await simulator.stop();
}, 900_000);

interface ToldBar {
  readonly id: string;
  readonly ts: number;
}

/** What the worker says after each step of time. */
interface Answer {
  readonly isLive: boolean;
  /** Closed bars told since the last answer. */
  readonly told: readonly ToldBar[];
}

/** Those that are not on disk. */
async function missingOf<Bar extends ToldBar>(lake: Lake, told: readonly Bar[]): Promise<readonly Bar[]> {
  const missing: Bar[] = [];
  for (const id of new Set(told.map((bar) => bar.id))) {
    const { ts } = await lake.columns('bars', { subject: id, timeframe: '1m', columns: [] });
    const stored = new Set(ts);
    missing.push(...told.filter((bar) => bar.id === id && !stored.has(bar.ts)));
  }
  return missing;
}

/** @returns null when the worker is dead */
function answer(worker: ChildProcess): Promise<Answer | null> {
  return new Promise((resolve) => {
    const said = (message: unknown): void => done(message as Answer);
    const gone = (): void => done(null);
    function done(value: Answer | null): void {
      worker.off('message', said);
      worker.off('exit', gone);
      resolve(value);
    }
    worker.once('message', said);
    worker.once('exit', gone);
  });
}
