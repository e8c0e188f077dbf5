/**
 * OKX v5, perpetual swaps and spot (pipelines spec §7.3). `after` asks for older rows and `before` for newer ones, both
 * exclusive; bars from 6 h on are asked for in UTC, the plain ones start at 16:00. Volume of swaps comes in contracts;
 * stored are the columns in base and quote.
 */
import { z } from 'zod';
import type { Instrument } from '../../market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { looseJson } from './binance.js';
import { type CandlePage, pageOf, type Window } from './candle-page.js';
import { decimal, requireOnly, rowsInEnvelope } from './candle-rows.js';
import { ExchangeVenue } from './exchange-venue.js';
import { idOrUndefined, okxName } from './instrument-names.js';
import type { Capabilities, FundingPage, Market, OpenInterestRow } from './venue.js';
import { VenueError } from './venue-error.js';
import { jsonOf, type VenueAnswer } from './venue-http.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BARS: Partial<Record<Timeframe, string>> = {
  '1m': '1m',
  '5m': '5m',
  '15m': '15m',
  '30m': '30m',
  '1h': '1H',
  '4h': '4H',
  '1d': '1Dutc',
};
const PERIODS: Partial<Record<Timeframe, string>> = { '5m': '5m', '1h': '1H', '4h': '4H', '1d': '1Dutc' };
/** Rows of one answer that every edition of the documentation grants. */
const PAGE = 100;

const LAYOUT = {
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 6,
  quoteVolume: 7,
  timeUnit: 1,
  cells: 9,
  confirmed: 8,
} as const;
/** Of spot markets the first volume is in base units, of swaps the second. */
const SPOT_LAYOUT = { ...LAYOUT, volume: 5 } as const;

const envelope = z.object({ code: z.string(), msg: z.string() });
const dataOf = <T extends z.ZodType>(row: T) => z.object({ code: z.literal('0'), data: z.array(row) });
const candleEnvelope = dataOf(z.unknown());
const timeAnswer = dataOf(z.object({ ts: decimal }));
const fundingAnswer = dataOf(z.object({ instId: z.string(), fundingRate: decimal, fundingTime: decimal }));
const nextFundingAnswer = dataOf(z.object({ fundingTime: decimal, nextFundingTime: decimal }));
const openInterestAnswer = dataOf(z.tuple([decimal, decimal, decimal, decimal]));
const instrumentsAnswer = dataOf(
  z.object({
    instId: z.string(),
    baseCcy: z.string(),
    quoteCcy: z.string(),
    settleCcy: z.string().optional(),
    state: z.string(),
    listTime: z.union([decimal, z.literal('')]),
    // empty for spot
    ctVal: z.union([decimal, z.literal('')]).optional(),
    ctMult: z.union([decimal, z.literal('')]).optional(),
    ctValCcy: z.string().optional(),
  }),
);

/** Spot and perpetuals by the section of the instrument; sizes in contracts are turned into base units. */
export class OkxVenue extends ExchangeVenue {
  capabilitiesOf({ section }: Instrument): Capabilities {
    const isPerpetual = section !== 'spot';
    return {
      candles: { timeframes: Object.keys(BARS) as Timeframe[], pageBars: PAGE, newestBars: null },
      trades: null,
      funding: isPerpetual ? { keepsMs: 92 * DAY } : null,
      openInterest: isPerpetual
        ? { periods: Object.keys(PERIODS) as Timeframe[], pageRows: PAGE, keepsMs: null }
        : null,
    };
  }

  serverTime(signal?: AbortSignal): Promise<number> {
    const read = (answer: VenueAnswer): number => {
      const [row] = timeAnswer.parse(jsonOf(answer)).data;
      if (row === undefined) throw new RangeError('the time is missing');
      return row.ts;
    };
    return this.get('public', 'public/time', {}, { weight: 1 }, read, signal);
  }

  async markets(signal?: AbortSignal): Promise<readonly Market[]> {
    const found: Market[] = [];
    for (const instType of ['SWAP', 'SPOT']) {
      const section = instType === 'SWAP' ? 'perp' : 'spot';
      for (const row of await this.instruments({ instType }, signal)) {
        const [base = '', quote = ''] = row.instId.split('-');
        const instrumentId = idOrUndefined(`okx:${section}:${base}${quote}`);
        // contracts that settle in the coin have the dollar as quote and other volumes
        if (instrumentId === undefined || (section === 'perp' && quote === 'USD')) continue;
        found.push({
          instrumentId,
          symbol: row.instId,
          base,
          quote,
          active: row.state === 'live',
          listedAt: row.listTime === '' ? null : row.listTime,
        });
      }
    }
    return found;
  }

  async firstBar(instrument: Instrument, timeframe: Timeframe, signal?: AbortSignal): Promise<number | null> {
    const instId = okxName(instrument);
    const instType = instrument.section === 'spot' ? 'SPOT' : 'SWAP';
    const [row] = await this.instruments({ instType, instId }, signal);
    if (row === undefined) throw new VenueError('unknown_symbol', this.id, `no instrument ${instId}`);
    const step = TIMEFRAME_MS[timeframe];
    return row.listTime === '' ? null : Math.floor(row.listTime / step) * step;
  }

  override async contractSize(instrument: Instrument, signal?: AbortSignal): Promise<number> {
    if (instrument.section === 'spot') return 1;
    const instId = okxName(instrument);
    const [row] = await this.instruments({ instType: 'SWAP', instId }, signal);
    if (row === undefined) throw new VenueError('unknown_symbol', this.id, `no instrument ${instId}`);
    const size = Number(row.ctVal) * Number(row.ctMult);
    if (row.ctValCcy !== instrument.base || !(size > 0)) {
      throw new VenueError('refused', this.id, `a contract of ${instId} is not told in ${instrument.base}`);
    }
    return size;
  }

  candles(
    instrument: Instrument,
    timeframe: Timeframe,
    window: Window,
    signal?: AbortSignal,
  ): Promise<CandlePage> {
    const step = TIMEFRAME_MS[timeframe];
    const parameters = {
      instId: okxName(instrument),
      bar: BARS[timeframe],
      after: window.to,
      before: window.from - 1,
      limit: Math.min(PAGE, Math.ceil((window.to - window.from) / step)),
    };
    const layout = instrument.section === 'spot' ? SPOT_LAYOUT : LAYOUT;
    const read = (answer: VenueAnswer): CandlePage =>
      pageOf(
        rowsInEnvelope(answer.body, layout, (rest) => candleEnvelope.parse(rest)),
        window,
        step,
        true,
      );
    const cost = { group: 'candles', weight: 1 };
    return this.get('public', 'market/history-candles', parameters, cost, read, signal);
  }

  override funding(instrument: Instrument, window: Window, signal?: AbortSignal): Promise<FundingPage> {
    const to = Math.min(window.to, window.from + PAGE * HOUR);
    const parameters = { instId: okxName(instrument), after: to, before: window.from - 1, limit: PAGE };
    const read = (answer: VenueAnswer): FundingPage => {
      const rows = fundingAnswer.parse(jsonOf(answer)).data;
      requireOnly(
        okxName(instrument),
        rows.map((row) => row.instId),
      );
      const events = rows
        .map((row) => ({ ts: Math.round(row.fundingTime / 1000) * 1000, rate: row.fundingRate }))
        .filter(({ ts }) => ts >= window.from && ts < to)
        .sort((a, b) => a.ts - b.ts);
      return { events, next: to < window.to ? to : null };
    };
    const cost = { group: 'funding', weight: 1 };
    return this.get('public', 'public/funding-rate-history', parameters, cost, read, signal);
  }

  override announcedFundingHours(instrument: Instrument, signal?: AbortSignal): Promise<number | null> {
    const read = (answer: VenueAnswer): number | null => {
      const [row] = nextFundingAnswer.parse(jsonOf(answer)).data;
      return row === undefined ? null : (row.nextFundingTime - row.fundingTime) / HOUR;
    };
    const parameters = { instId: okxName(instrument) };
    return this.get(
      'public',
      'public/funding-rate',
      parameters,
      { group: 'funding', weight: 1 },
      read,
      signal,
    );
  }

  override openInterest(
    instrument: Instrument,
    period: Timeframe,
    window: Window,
    signal?: AbortSignal,
  ): Promise<readonly OpenInterestRow[]> {
    const parameters = {
      instId: okxName(instrument),
      period: PERIODS[period],
      begin: window.from,
      end: window.to - 1,
      limit: PAGE,
    };
    const read = (answer: VenueAnswer): OpenInterestRow[] =>
      openInterestAnswer
        .parse(jsonOf(answer))
        .data.map(([ts, , base, usd]) => ({ ts, base, usd }))
        .filter(({ ts }) => ts >= window.from && ts < window.to)
        .sort((a, b) => a.ts - b.ts);
    const cost = { group: 'statistics', weight: 1 };
    const path = 'rubik/stat/contracts/open-interest-history';
    return this.get('public', path, parameters, cost, read, signal);
  }

  private instruments(
    parameters: { instType: string; instId?: string },
    signal?: AbortSignal,
  ): Promise<z.infer<typeof instrumentsAnswer>['data']> {
    const read = (answer: VenueAnswer) => instrumentsAnswer.parse(jsonOf(answer)).data;
    return this.get('public', 'public/instruments', parameters, { weight: 1 }, read, signal);
  }
}

/** Failures that OKX tells by its own codes. */
export function okxFailure(answer: VenueAnswer): VenueError | undefined {
  const venue = 'okx';
  if (answer.body.length > 4_096) return undefined;
  const parsed = envelope.safeParse(looseJson(answer));
  if (!parsed.success || parsed.data.code === '0') return undefined;
  const { code: venueCode, msg } = parsed.data;
  if (venueCode === '50011' || venueCode === '50061') {
    return new VenueError('rate_limited', venue, `asked too often (${venueCode})`, { venueCode });
  }
  if (venueCode === '51001')
    return new VenueError('unknown_symbol', venue, 'no such instrument', { venueCode });
  if (['50001', '50004', '50013', '50026'].includes(venueCode)) {
    return new VenueError('unavailable', venue, `the server failed (${venueCode})`, { venueCode });
  }
  return new VenueError('refused', venue, `the request is refused (${venueCode}): ${msg.slice(0, 120)}`, {
    venueCode,
  });
}
