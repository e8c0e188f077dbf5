/**
 * Download at zero latency: the bytes of a venue's pages, handed out from memory, become published rows. Everything of a
 * real download but the network is in it: budget, parsing, every check, batches, Parquet parts with their checksums, and
 * the look at the lake before and after. The rate limit is lifted, or it would be all there is to measure.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackfillReport, backfill } from '../src/data/ingest/backfill.js';
import { Lake } from '../src/data/lake/lake.js';
import { Venues } from '../src/data/venues/open-venues.js';
import type { Exchange } from '../src/data/venues/venue-http.js';
import { parseInstrument } from '../src/market/instrument.js';
import { Random } from '../src/market/random.js';
import type { BenchCase } from './bench-case.js';

const ROWS = 1_200_000;
const PAGE = 1500;
const MINUTE = 60_000;
const START = Date.UTC(2022, 0, 1);
const NOW = START + ROWS * MINUTE;

/** All pages of the history as Binance writes them. */
function pagesOf(): Buffer[] {
  const random = new Random(1);
  const pages: Buffer[] = [];
  let price = 4_000_000;
  for (let from = 0; from < ROWS; from += PAGE) {
    const rows: string[] = [];
    for (let row = from; row < Math.min(ROWS, from + PAGE); row += 1) {
      const time = START + row * MINUTE;
      const open = price;
      price = Math.max(100_000, price + random.below(8_001) - 4_000);
      const text = (cents: number): string => (cents / 100).toFixed(2);
      const high = text(Math.max(open, price) + random.below(2_000));
      const low = text(Math.min(open, price) - random.below(2_000));
      const volume = (random.below(400_000) / 1000).toFixed(3);
      const quote = (Number(volume) * (price / 100)).toFixed(5);
      rows.push(
        `[${time},"${text(open)}","${high}","${low}","${text(price)}","${volume}",${time + 59_999},"${quote}",${random.below(4_000)},"${volume}","${quote}","0"]`,
      );
    }
    pages.push(Buffer.from(`[${rows.join(',')}]`));
  }
  return pages;
}

function answering(pages: readonly Buffer[]): Exchange {
  return (request) => {
    const url = new URL(request.url);
    const header = (): null => null;
    if (url.pathname.endsWith('/time')) {
      return Promise.resolve({ status: 200, header, body: Buffer.from(`{"serverTime":${NOW}}`) });
    }
    const start = Number(url.searchParams.get('startTime'));
    if (start === 0) {
      const first = pages[0]!.toString('latin1');
      return Promise.resolve({
        status: 200,
        header,
        body: Buffer.from(`${first.slice(0, first.indexOf(']') + 1)}]`),
      });
    }
    return Promise.resolve({ status: 200, header, body: pages[(start - START) / MINUTE / PAGE]! });
  };
}

export const ingestCases: readonly BenchCase[] = [
  {
    work: 'ingest.candles.1200k',
    rows: ROWS,
    unit: 'row',
    async setup(_dataFolder, threads) {
      const exchange = answering(pagesOf());
      const instrument = parseInstrument('binanceusdm:-:BTCUSDT');
      const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bench-ingest-'));
      const clock = { now: () => Date.now() };
      let lake: Lake | undefined;
      let count = 0;
      // the address book is loaded once per process, not once per download
      await new Venues({ exchange }).of('binanceusdm').serverTime();
      return {
        async prepare() {
          await lake?.close();
          rmSync(folder, { recursive: true, force: true });
          count += 1;
          lake = await Lake.open(join(folder, String(count)), { clock, threads });
        },
        async run() {
          const writer = await lake!.writer();
          const settings = { binanceusdm: { budget: 1e9 } };
          const venue = new Venues({ exchange, settings }).of('binanceusdm');
          return backfill(
            { lake: lake!, write: (work) => work(writer) },
            { venue, instrument, timeframe: '1m', full: true, clock },
          );
        },
        check(result) {
          const { rows, pages, gaps } = result as BackfillReport;
          return { rows, pages, gaps: gaps.length };
        },
        async teardown() {
          await lake?.close();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  },
];
