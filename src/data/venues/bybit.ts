/** Bybit v5, linear perpetuals and spot (pipelines spec §7.2). Answers come newest first, in an envelope. */
import { z } from 'zod';
import type { Instrument } from '../../market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { looseJson } from './binance.js';
import { type CandlePage, pageOf, type Window } from './candle-page.js';
import { decimal, requireOnly, rowsInEnvelope } from './candle-rows.js';
import { ExchangeVenue } from './exchange-venue.js';
import { idOrUndefined } from './instrument-names.js';
import type { Capabilities, FundingEvent, FundingPage, Market, OpenInterestRow } from './venue.js';
import { VenueError } from './venue-error.js';
import { jsonOf, type VenueAnswer } from './venue-http.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const INTERVALS: Partial<Record<Timeframe, string>> = {
  '1m': '1',
  '5m': '5',
  '15m': '15',
  '30m': '30',
  '1h': '60',
  '4h': '240',
  '1d': 'D',
};
const PERIODS: Partial<Record<Timeframe, string>> = {
  '5m': '5min',
  '15m': '15min',
  '30m': '30min',
  '1h': '1h',
  '4h': '4h',
  '1d': '1d',
};
const FUNDING_PAGE = 200;
/** Pages of one listing, should its cursor never end. */
const MOST_PAGES = 100;
const PAUSE_ON_403_MS = 600_000;

const LAYOUT = {
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 5,
  quoteVolume: 6,
  timeUnit: 1,
  cells: 7,
} as const;

const envelope = z.object({ retCode: z.number(), retMsg: z.string() });
const listOf = <T extends z.ZodType>(row: T) =>
  z.object({
    retCode: z.literal(0),
    result: z.object({
      symbol: z.string().optional(),
      list: z.array(row),
      nextPageCursor: z.string().nullish(),
    }),
  });
const candleEnvelope = listOf(z.unknown());
const fundingAnswer = listOf(
  z.object({ symbol: z.string(), fundingRate: decimal, fundingRateTimestamp: decimal }),
);
const openInterestAnswer = listOf(z.object({ openInterest: decimal, timestamp: decimal }));
const timeAnswer = z.object({ retCode: z.literal(0), time: z.number() });
const instrumentsAnswer = listOf(
  z.object({
    symbol: z.string(),
    baseCoin: z.string(),
    quoteCoin: z.string(),
    status: z.string(),
    contractType: z.string().optional(),
    launchTime: decimal.optional(),
    fundingInterval: z.number().optional(),
  }),
);

/** Spot and linear perpetuals by the section of the instrument. */
export class BybitVenue extends ExchangeVenue {
  capabilitiesOf({ section }: Instrument): Capabilities {
    const isPerpetual = section !== 'spot';
    return {
      candles: { timeframes: Object.keys(INTERVALS) as Timeframe[], pageBars: 1000, newestBars: null },
      trades: null,
      funding: isPerpetual ? { keepsMs: null } : null,
      openInterest: isPerpetual
        ? { periods: Object.keys(PERIODS) as Timeframe[], pageRows: 200, keepsMs: null }
        : null,
    };
  }

  serverTime(signal?: AbortSignal): Promise<number> {
    const read = (answer: VenueAnswer): number => timeAnswer.parse(jsonOf(answer)).time;
    return this.get('public', 'v5/market/time', {}, { weight: 1 }, read, signal);
  }

  async markets(signal?: AbortSignal): Promise<readonly Market[]> {
    const found: Market[] = [];
    for (const category of ['linear', 'spot']) {
      const rows = await this.instruments({ category, limit: 1000 }, signal);
      for (const row of rows) {
        if (row.contractType !== undefined && row.contractType !== 'LinearPerpetual') continue;
        const instrumentId = idOrUndefined(`bybit:${category}:${row.symbol}`);
        if (instrumentId === undefined) continue;
        found.push({
          instrumentId,
          symbol: row.symbol,
          base: row.baseCoin,
          quote: row.quoteCoin,
          active: row.status === 'Trading',
          listedAt: row.launchTime ?? null,
        });
      }
    }
    return found;
  }

  async firstBar(
    { symbol, section }: Instrument,
    timeframe: Timeframe,
    signal?: AbortSignal,
  ): Promise<number | null> {
    const [row] = await this.instruments({ category: categoryOf(section), symbol }, signal);
    if (row === undefined) throw new VenueError('unknown_symbol', this.id, `no symbol ${symbol}`);
    const step = TIMEFRAME_MS[timeframe];
    return row.launchTime === undefined ? null : Math.floor(row.launchTime / step) * step;
  }

  candles(
    { symbol, section }: Instrument,
    timeframe: Timeframe,
    window: Window,
    signal?: AbortSignal,
  ): Promise<CandlePage> {
    const step = TIMEFRAME_MS[timeframe];
    const limit = Math.ceil((window.to - window.from) / step);
    const parameters = {
      category: categoryOf(section),
      symbol,
      interval: INTERVALS[timeframe],
      start: window.from,
      end: window.to - 1,
      limit,
    };
    const read = (answer: VenueAnswer): CandlePage =>
      pageOf(
        rowsInEnvelope(answer.body, LAYOUT, (rest) => {
          requireSymbol(symbol, candleEnvelope.parse(rest).result);
        }),
        window,
        step,
        true,
      );
    return this.get('public', 'v5/market/kline', parameters, { weight: 1 }, read, signal);
  }

  override funding(
    { symbol, section }: Instrument,
    window: Window,
    signal?: AbortSignal,
  ): Promise<FundingPage> {
    // newest first and anchored at the end: a window that cannot hold more events than a page, at one an hour
    const to = Math.min(window.to, window.from + FUNDING_PAGE * HOUR);
    const parameters = {
      category: categoryOf(section),
      symbol,
      startTime: window.from,
      endTime: to - 1,
      limit: FUNDING_PAGE,
    };
    const read = (answer: VenueAnswer): FundingPage => {
      const { list } = fundingAnswer.parse(jsonOf(answer)).result;
      requireOnly(
        symbol,
        list.map((row) => row.symbol),
      );
      const events = list.map(
        (row): FundingEvent => ({
          ts: Math.round(row.fundingRateTimestamp / 1000) * 1000,
          rate: row.fundingRate,
        }),
      );
      return { events: events.sort((a, b) => a.ts - b.ts), next: to < window.to ? to : null };
    };
    return this.get('public', 'v5/market/funding/history', parameters, { weight: 1 }, read, signal);
  }

  override async announcedFundingHours(
    { symbol, section }: Instrument,
    signal?: AbortSignal,
  ): Promise<number | null> {
    const [row] = await this.instruments({ category: categoryOf(section), symbol }, signal);
    return row?.fundingInterval === undefined ? null : (row.fundingInterval * MINUTE) / HOUR;
  }

  override async openInterest(
    { symbol, section }: Instrument,
    period: Timeframe,
    window: Window,
    signal?: AbortSignal,
  ): Promise<readonly OpenInterestRow[]> {
    const rows = new Map<number, OpenInterestRow>();
    const seen = new Set<string>();
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const parameters = {
        category: categoryOf(section),
        symbol,
        intervalTime: PERIODS[period],
        startTime: window.from,
        endTime: window.to - 1,
        limit: 200,
        cursor,
      };
      const { list, nextPageCursor } = await this.get(
        'public',
        'v5/market/open-interest',
        parameters,
        { weight: 1 },
        (answer) => {
          const { result } = openInterestAnswer.parse(jsonOf(answer));
          requireSymbol(symbol, result);
          return result;
        },
        signal,
      );
      for (const { timestamp: ts, openInterest: base } of list) {
        if (ts >= window.from && ts < window.to) rows.set(ts, { ts, base, usd: Number.NaN });
      }
      // a cursor that comes back would go round for ever
      if (!nextPageCursor || list.length === 0 || seen.has(nextPageCursor)) break;
      seen.add(nextPageCursor);
      cursor = decodeURIComponent(nextPageCursor);
    }
    return [...rows.values()].sort((a, b) => a.ts - b.ts);
  }

  private async instruments(
    parameters: { category: string; symbol?: string; limit?: number },
    signal?: AbortSignal,
  ): Promise<z.infer<typeof instrumentsAnswer>['result']['list']> {
    const rows: z.infer<typeof instrumentsAnswer>['result']['list'] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { list, nextPageCursor } = await this.get(
        'public',
        'v5/market/instruments-info',
        { ...parameters, cursor },
        { weight: 1 },
        (answer) => instrumentsAnswer.parse(jsonOf(answer)).result,
        signal,
      );
      rows.push(...list);
      if (!nextPageCursor || nextPageCursor === cursor || list.length === 0) break;
      cursor = nextPageCursor;
    }
    return rows;
  }
}

function requireSymbol(wanted: string, { symbol }: { symbol?: string | undefined }): void {
  if (symbol !== undefined) requireOnly(wanted, [symbol]);
}

function categoryOf(section: string): string {
  return section === 'spot' ? 'spot' : 'linear';
}

/** Failures that Bybit tells by its own codes, most of them with status 200. */
export function bybitFailure(answer: VenueAnswer, now: number): VenueError | undefined {
  const venue = 'bybit';
  if (answer.status === 403) {
    // the network's own region block is a page of HTML that names the country
    if (/country|region|restricted/i.test(answer.body.toString('utf8'))) {
      return new VenueError('blocked', venue, 'this region is not served (403)', { venueCode: 403 });
    }
    const until = now + PAUSE_ON_403_MS;
    return new VenueError('rate_limited', venue, 'asked too often (403)', { until, venueCode: 403 });
  }
  if (answer.status !== 200) return undefined;
  // only a short answer can be an error: pages of candles are not parsed twice
  if (answer.body.length > 4_096) return undefined;
  const parsed = envelope.safeParse(looseJson(answer));
  if (!parsed.success || parsed.data.retCode === 0) return undefined;
  const { retCode: venueCode, retMsg } = parsed.data;
  if (venueCode === 10006 || venueCode === 10018) {
    const reset = Number(answer.header('x-bapi-limit-reset-timestamp') ?? Number.NaN);
    const until = Number.isFinite(reset) && reset > now ? reset : undefined;
    return new VenueError('rate_limited', venue, `asked too often (${venueCode})`, { until, venueCode });
  }
  if ([10000, 10016, 10002].includes(venueCode)) {
    return new VenueError('unavailable', venue, `the server failed (${venueCode})`, { venueCode });
  }
  if ([10009, 10010, 10024, 10003, 10004].includes(venueCode)) {
    return new VenueError('blocked', venue, `this address or key is refused (${venueCode})`, { venueCode });
  }
  const failure = venueCode === 10001 && /symbol/i.test(retMsg) ? 'unknown_symbol' : 'refused';
  return new VenueError(failure, venue, `the request is refused (${venueCode}): ${retMsg.slice(0, 120)}`, {
    venueCode,
  });
}
