/**
 * Hyperliquid perpetuals, main DEX and HIP-3 DEXes (pipelines spec §7.4). Only the newest 5000 candles of a timeframe are
 * kept there, and no history of open interest. Volume comes in base units; quote volume is volume times close.
 */
import { z } from 'zod';
import type { Instrument } from '../../market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { CandleColumns } from './candle-columns.js';
import { type CandlePage, pageOf, type Window } from './candle-page.js';
import { decimal, requireOnly } from './candle-rows.js';
import { ExchangeVenue } from './exchange-venue.js';
import { hyperliquidCoin, idOrUndefined } from './instrument-names.js';
import type { Capabilities, FundingPage, Market, OpenInterestRow } from './venue.js';
import { VenueError } from './venue-error.js';
import { jsonOf, type VenueAnswer } from './venue-http.js';

const TIMEFRAMES: readonly Timeframe[] = ['1m', '5m', '15m', '30m', '1h', '4h', '1d'];
const NEWEST_BARS = 5000;
const FUNDING_PAGE = 500;

const fundingAnswer = z.array(z.object({ time: z.number(), fundingRate: decimal, coin: z.string() }));
const meta = z.object({
  universe: z.array(z.object({ name: z.string(), isDelisted: z.boolean().optional() })),
  /** Index of the token that margin is held in; USDC is 0. */
  collateralToken: z.number().optional(),
});
/** Context by position in the universe. */
const contexts = z.tuple([meta, z.array(z.object({ openInterest: decimal, markPx: decimal }))]);
/** The main DEX is null; HIP-3 DEXes of builders have names. */
const dexes = z.array(z.object({ name: z.string() }).nullable());
const spotMeta = z.object({ tokens: z.array(z.object({ name: z.string(), index: z.number() })) });
const book = z.object({ time: z.number() });
/** Checked by hand, thousands at a time. */
interface CandleRow {
  readonly t: unknown;
  readonly o: unknown;
  readonly h: unknown;
  readonly l: unknown;
  readonly c: unknown;
  readonly v: unknown;
  readonly n: unknown;
  readonly s?: unknown;
}

/** Perpetuals; only the newest bars are kept, so there is no first bar to ask for. */
export class HyperliquidVenue extends ExchangeVenue {
  capabilitiesOf(): Capabilities {
    return {
      candles: { timeframes: TIMEFRAMES, pageBars: 1500, newestBars: NEWEST_BARS },
      trades: null,
      funding: { keepsMs: null },
      openInterest: null,
      presentOpenInterest: true,
    };
  }

  /** There is no clock to ask; the order book carries the time of its last change, seconds old at most. */
  serverTime(signal?: AbortSignal): Promise<number> {
    const read = (answer: VenueAnswer): number => book.parse(jsonOf(answer)).time;
    return this.info({ type: 'l2Book', coin: 'BTC' }, 2, read, signal);
  }

  /** Those of the main DEX and of all DEXes of builders. */
  async markets(signal?: AbortSignal): Promise<readonly Market[]> {
    const names = await this.info({ type: 'perpDexs' }, 20, (answer) => dexes.parse(jsonOf(answer)), signal);
    const found: Market[] = [];
    for (const dex of ['', ...names.flatMap((each) => each?.name ?? [])]) {
      const parameters = { type: 'meta', ...(dex === '' ? {} : { dex }) };
      const { universe, collateralToken = 0 } = await this.info(
        parameters,
        20,
        (answer) => meta.parse(jsonOf(answer)),
        signal,
      );
      const quote = collateralToken === 0 ? 'USDC' : await this.tokenName(collateralToken, signal);
      for (const { name: symbol, isDelisted } of universe) {
        // coins of a builder are written with its name in front: xyz:TSLA
        const base = symbol.startsWith(`${dex}:`) ? symbol.slice(dex.length + 1) : symbol;
        const instrumentId = idOrUndefined(`hyperliquid:${dex || 'main'}:${base}`);
        if (instrumentId === undefined) continue;
        found.push({ instrumentId, symbol, base, quote, active: isDelisted !== true, listedAt: null });
      }
    }
    return found;
  }

  private async tokenName(index: number, signal?: AbortSignal): Promise<string> {
    const read = (answer: VenueAnswer) => spotMeta.parse(jsonOf(answer)).tokens;
    const tokens = await this.info({ type: 'spotMeta' }, 20, read, signal);
    return tokens.find((token) => token.index === index)?.name ?? 'USDC';
  }

  firstBar(): Promise<number | null> {
    return Promise.resolve(null);
  }

  candles(
    instrument: Instrument,
    timeframe: Timeframe,
    window: Window,
    signal?: AbortSignal,
  ): Promise<CandlePage> {
    const step = TIMEFRAME_MS[timeframe];
    const bars = Math.ceil((window.to - window.from) / step);
    const req = {
      coin: hyperliquidCoin(instrument),
      interval: timeframe,
      startTime: window.from,
      endTime: window.to - 1,
    };
    const read = (answer: VenueAnswer): CandlePage =>
      pageOf(columnsOf(jsonOf(answer), req.coin), window, step);
    return this.info({ type: 'candleSnapshot', req }, 20 + Math.ceil(bars / 60), read, signal);
  }

  override funding(instrument: Instrument, window: Window, signal?: AbortSignal): Promise<FundingPage> {
    const coin = hyperliquidCoin(instrument);
    const read = (answer: VenueAnswer): FundingPage => {
      const rows = fundingAnswer.parse(jsonOf(answer)).sort((a, b) => a.time - b.time);
      requireOnly(
        coin,
        rows.map((row) => row.coin),
      );
      // settled on the hour, stamped some milliseconds later
      const events = rows.map((row) => ({
        ts: Math.round(row.time / 1000) * 1000,
        rate: row.fundingRate,
      }));
      const last = rows.at(-1);
      return { events, next: last === undefined ? null : last.time + 1 };
    };
    const parameters = {
      type: 'fundingHistory',
      coin,
      startTime: window.from,
      endTime: window.to - 1,
    };
    return this.info(parameters, 20 + FUNDING_PAGE / 20, read, signal);
  }

  /** One answer tells all coins of a DEX. */
  override async presentOpenInterest(
    instruments: readonly Instrument[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, Omit<OpenInterestRow, 'ts'>>> {
    const found = new Map<string, Omit<OpenInterestRow, 'ts'>>();
    for (const section of new Set(instruments.map((instrument) => instrument.section))) {
      const parameters = { type: 'metaAndAssetCtxs', ...(section === 'main' ? {} : { dex: section }) };
      const read = (answer: VenueAnswer) => contexts.parse(jsonOf(answer));
      const [{ universe }, told] = await this.info(parameters, 20, read, signal);
      const byCoin = new Map(universe.map(({ name }, at) => [name, told[at]]));
      for (const instrument of instruments.filter((each) => each.section === section)) {
        const context = byCoin.get(hyperliquidCoin(instrument));
        if (context === undefined) continue;
        const { openInterest: base, markPx } = context;
        found.set(instrument.id, { base, usd: base * markPx });
      }
    }
    return found;
  }

  override announcedFundingHours(): Promise<number | null> {
    return Promise.resolve(1);
  }

  private info<T>(
    parameters: Readonly<Record<string, string | number | object>>,
    weight: number,
    read: (answer: VenueAnswer) => T,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.post('public', 'info', parameters, { weight }, read, signal);
  }
}

function columnsOf(answer: unknown, coin: string): CandleColumns {
  if (!Array.isArray(answer)) throw new RangeError('the answer is no list of candles');
  const columns = new CandleColumns(answer.length);
  for (const [row, candle] of (answer as CandleRow[]).entries()) {
    if (typeof candle !== 'object' || candle === null || typeof candle.t !== 'number') {
      throw new RangeError(`row ${row} is no candle`);
    }
    if (candle.s !== undefined && candle.s !== coin) throw new RangeError(`row ${row} is of another coin`);
    columns.time[row] = candle.t;
    columns.open[row] = number(candle.o);
    columns.high[row] = number(candle.h);
    columns.low[row] = number(candle.l);
    columns.close[row] = number(candle.c);
    columns.volume[row] = number(candle.v);
    columns.quoteVolume[row] = columns.volume[row]! * columns.close[row]!;
    columns.trades[row] = number(candle.n);
  }
  columns.length = answer.length;
  return columns;
}

function number(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
}

/** Observed: 500 with `null` for an unknown coin, 422 for a question it does not know. */
export function hyperliquidFailure(answer: VenueAnswer): VenueError | undefined {
  if (answer.status === 500 && answer.body.toString('utf8').trim() === 'null') {
    return new VenueError('unknown_symbol', 'hyperliquid', 'no such coin', { venueCode: 500 });
  }
  return undefined;
}
