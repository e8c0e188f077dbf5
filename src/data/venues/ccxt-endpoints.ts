/**
 * Addresses of exchanges, from ccxt: which host serves an endpoint, how its path is put together, how a parameter is
 * written. ccxt follows the exchanges in this; its generic answers are not used, because they lose what we store (quote
 * volume, number of trades, intervals) and cost an object per candle (docs/decisions/0006-venues.md).
 *
 * ccxt is large, so it is loaded with the first question that needs it.
 */
import type { VenueRequest } from './venue-http.js';

export type CcxtId = 'binance' | 'binanceusdm' | 'bybit' | 'okx' | 'hyperliquid' | 'kraken';

interface Signer {
  sign(
    path: string,
    api: string,
    method: string,
    params: Record<string, unknown>,
  ): { url: string; method: string; body?: string; headers?: Record<string, string> };
}

export type Parameters = Readonly<Record<string, string | number | undefined | object>>;

export class CcxtEndpoints {
  private signer: Promise<Signer> | undefined;

  /** @param baseUrl takes the place of scheme and host of every address: a simulator, a proxy of the user's own */
  constructor(
    private readonly id: CcxtId,
    private readonly baseUrl: string | null,
  ) {}

  /** An unsigned request to an endpoint by ccxt's names. */
  async request(
    api: string,
    path: string,
    parameters: Parameters,
    method: 'GET' | 'POST' = 'GET',
  ): Promise<VenueRequest> {
    this.signer ??= this.open();
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    const signed = (await this.signer).sign(path, api, method, Object.fromEntries(given));
    const url = new URL(signed.url);
    const address =
      this.baseUrl === null ? signed.url : `${this.baseUrl.replace(/\/+$/, '')}${url.pathname}${url.search}`;
    return {
      url: address,
      method,
      ...(signed.headers === undefined ? {} : { headers: signed.headers }),
      ...(signed.body === undefined ? {} : { body: signed.body }),
    };
  }

  private async open(): Promise<Signer> {
    const { default: ccxt } = await import('ccxt');
    return new ccxt[this.id]() as unknown as Signer;
  }
}
