/** What the adapters of exchanges share: addresses from ccxt, one way to ask, and a plain "not offered". */
import type { Instrument } from '../../market/instrument.js';
import type { Timeframe } from '../../market/timeframe.js';
import type { CandlePage, Window } from './candle-page.js';
import type { CcxtEndpoints, Parameters } from './ccxt-endpoints.js';
import {
  type Capabilities,
  type FundingPage,
  type Market,
  notOffered,
  type OpenInterestRow,
  type TradePage,
  type Venue,
} from './venue.js';
import { VenueError } from './venue-error.js';
import type { Cost, VenueAnswer, VenueHttp } from './venue-http.js';

export abstract class ExchangeVenue implements Venue {
  constructor(
    readonly id: string,
    protected readonly http: VenueHttp,
    private readonly endpoints: CcxtEndpoints,
  ) {}

  abstract capabilitiesOf(instrument: Instrument): Capabilities;
  abstract serverTime(signal?: AbortSignal): Promise<number>;
  abstract markets(signal?: AbortSignal): Promise<readonly Market[]>;
  abstract firstBar(
    instrument: Instrument,
    timeframe: Timeframe,
    signal?: AbortSignal,
  ): Promise<number | null>;
  abstract candles(
    instrument: Instrument,
    timeframe: Timeframe,
    window: Window,
    signal?: AbortSignal,
  ): Promise<CandlePage>;

  // Each adapter overrides what its venue has.

  funding(_instrument: Instrument, _window: Window, _signal?: AbortSignal): Promise<FundingPage> {
    return Promise.reject(notOffered(this.id, 'funding', 'ask a venue of perpetuals'));
  }

  announcedFundingHours(_instrument: Instrument, _signal?: AbortSignal): Promise<number | null> {
    return Promise.resolve(null);
  }

  openInterest(
    _instrument: Instrument,
    _period: Timeframe,
    _window: Window,
    _signal?: AbortSignal,
  ): Promise<readonly OpenInterestRow[]> {
    return Promise.reject(
      notOffered(this.id, 'history of open interest', 'it can be sampled while Tidewatch runs'),
    );
  }

  presentOpenInterest(
    _instruments: readonly Instrument[],
    _signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, Omit<OpenInterestRow, 'ts'>>> {
    return Promise.reject(notOffered(this.id, 'present open interest', 'fetch its history'));
  }

  contractSize(_instrument: Instrument, _signal?: AbortSignal): Promise<number> {
    return Promise.resolve(1);
  }

  trades(_instrument: Instrument, _since: number | string, _signal?: AbortSignal): Promise<TradePage> {
    return Promise.reject(notOffered(this.id, 'history of trades', 'fetch candles'));
  }

  protected async get<T>(
    api: string,
    path: string,
    parameters: Parameters,
    cost: Cost,
    read: (answer: VenueAnswer) => T,
    signal?: AbortSignal,
  ): Promise<T> {
    const request = await this.endpoints.request(api, path, parameters);
    return this.asked(parameters, this.http.ask(request, cost, read, signal));
  }

  protected async post<T>(
    api: string,
    path: string,
    parameters: Parameters,
    cost: Cost,
    read: (answer: VenueAnswer) => T,
    signal?: AbortSignal,
  ): Promise<T> {
    const request = await this.endpoints.request(api, path, parameters, 'POST');
    return this.asked(parameters, this.http.ask(request, cost, read, signal));
  }

  /** Venues say that a symbol is unknown, not which. */
  private async asked<T>(parameters: Parameters, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof VenueError) || error.failure !== 'unknown_symbol') throw error;
      throw new VenueError('unknown_symbol', this.id, `no symbol ${symbolIn(parameters) ?? 'of this name'}`, {
        ...error.facts,
        hint: `see what it lists with: tidewatch fetch universe --venue ${this.id}`,
        cause: error,
      });
    }
  }
}

/** The symbol that a request is about, by any of the names that venues have for it. */
function symbolIn(parameters: Parameters): string | undefined {
  const nested = parameters.req;
  const all: Parameters = typeof nested === 'object' ? { ...parameters, ...nested } : parameters;
  const found = all.symbol ?? all.instId ?? all.coin ?? all.pair;
  return typeof found === 'string' ? found : undefined;
}
