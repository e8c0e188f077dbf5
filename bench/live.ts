/**
 * The live feed at work: 300 perpetuals with candles, marks, liquidations and open interest over real sockets, in real
 * time. One call of `run` is one minute with its close in it; CPU seconds over seconds is the share of a core that
 * everything together takes: sockets, checks, confirmation by pages, parts on disk.
 *
 * `check` tells the delay from the sending of a closing message to the listener that has the bar, and from a bar's
 * arrival to its part on disk.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type LiveFeed, startLiveFeed } from '../src/data/ingest/live-feed.js';
import { Lake } from '../src/data/lake/lake.js';
import { Venues } from '../src/data/venues/open-venues.js';
import { parseInstrument } from '../src/market/instrument.js';
import type { BenchCase } from './bench-case.js';

const MARKETS = 300;
const MINUTE = 60_000;

const now = (): number => performance.timeOrigin + performance.now();

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return Math.round(value * 10) / 10;
}

export const liveCases: readonly BenchCase[] = [
  {
    work: 'live.300x1m',
    rows: MARKETS,
    unit: 'bar',
    async setup(_dataFolder, threads) {
      const venue: ChildProcess = fork(fileURLToPath(new URL('./live-venue.js', import.meta.url)), [
        String(MARKETS),
      ]);
      const port = await new Promise<number>((resolve) =>
        venue.once('message', (said) => resolve(Number(said))),
      );
      const clock = { now: () => Date.now() };
      const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bench-live-'));
      const lake = await Lake.open(folder, { clock, threads });
      const writer = await lake.writer();
      const venues = new Venues({ settings: { binanceusdm: { base_url: `http://127.0.0.1:${port}` } } });
      let waiting: number[] = [];
      let toListener: number[] = [];
      let toDisk: number[] = [];
      let forming = 0;
      const begun = now();
      const feed: LiveFeed = startLiveFeed({
        instruments: Array.from({ length: MARKETS }, (_, at) =>
          parseInstrument(`binanceusdm:-:C${String(at).padStart(3, '0')}USDT`),
        ),
        venues,
        access: {
          lake,
          async write(work) {
            const taken = waiting;
            waiting = [];
            const done = await work(writer);
            toDisk.push(...taken.map((at) => now() - at));
            return done;
          },
        },
      });
      feed.subscribe({
        receive(events) {
          const at = now();
          for (const event of events) {
            if (event.kind === 'forming') forming += 1;
            if (event.kind !== 'closed' || event.bar.source !== 'ws') continue;
            // the venue of this bench tells there when it sent the message
            toListener.push(at - event.bar.quoteVolume);
            waiting.push(at);
          }
        },
      });
      while (feed.status().series.some(({ state }) => state !== 'live')) await delay(100);
      const startSeconds = (now() - begun) / 1000;
      let seconds = 0;
      return {
        async run() {
          [waiting, toListener, toDisk, forming] = [[], [], [], 0];
          const from = now();
          // from the middle of a minute to the middle of the next
          await delay(MINUTE);
          seconds = (now() - from) / 1000;
          return feed.status();
        },
        check() {
          const { streams, series } = feed.status();
          return {
            connections: streams.length,
            bad_frames: streams.reduce((sum, { badFrames }) => sum + badFrames, 0),
            reconnects: streams.reduce((sum, { reconnects }) => sum + reconnects, 0),
            corrections: series.reduce((sum, { corrections }) => sum + corrections, 0),
            start_seconds: Math.round(startSeconds * 10) / 10,
            updates_per_second: Math.round(forming / seconds),
            closed_bars: toListener.length,
            frame_to_bar_ms_p50: quantile(toListener, 0.5),
            frame_to_bar_ms_p99: quantile(toListener, 0.99),
            bar_to_disk_ms_p99: quantile(toDisk, 0.99),
          };
        },
        async teardown() {
          await feed.stop();
          await lake.close();
          venue.disconnect();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  },
];
