/** One venue at work: its protocol over the shared markets, with its own limits, delays and faults. */
import { BarDelays } from './bar-delays.js';
import type { FaultDirector, Firing, Target } from './faults/fault-director.js';
import { damagedRows } from './faults/row-faults.js';
import type { Answer, Ask, Page, Refusal, Scene, VenueProtocol } from './protocol.js';
import { RateLimiter } from './rate-limiter.js';
import { RowText } from './row-text.js';
import type { SimulatedMarket } from './simulated-market.js';
import { noise } from './stable-noise.js';
import type { Endpoint } from './venue-ids.js';

const SKEW_SPAN = 600_000;
const HTML = '<html><head><title>503 Service Temporarily Unavailable</title></head><body></body></html>';

/** What goes onto the wire, and how. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  readonly endpoint: Endpoint;
  readonly symbol?: string;
  readonly rows: number;
  /** A fault that was injected into this answer; transport faults are carried out by the server. */
  readonly fault?: Firing;
}

export class SimulatedVenue {
  readonly delays: BarDelays;
  private readonly limiter: RateLimiter;
  private readonly text: RowText;
  private readonly skews = new Map<number, number>();

  constructor(
    readonly protocol: VenueProtocol,
    /** Of the protocol's kind. */
    readonly markets: readonly SimulatedMarket[],
    private readonly director: FaultDirector,
    private readonly hasLimits: boolean,
    cacheBytes: number,
  ) {
    this.text = new RowText(cacheBytes);
    this.limiter = new RateLimiter(protocol.limits);
    this.delays = new BarDelays(director, protocol.id);
  }

  scene(now: number): Scene {
    return { now, serverTime: now + this.skewAt(now), markets: this.markets };
  }

  /** The answer at virtual time `now`, with at most one fault in it. */
  reply(ask: Ask, identity: string, now: number): Reply {
    const { dialect, limits } = this.protocol;
    const ban = this.limiter.banAt(now);
    if (ban !== undefined) return this.no(dialect.banned(ban, Math.ceil((ban - now) / 1000)));
    const wait = this.hasLimits ? this.limiter.refuse(now) : 0;
    if (wait > 0) return this.no(dialect.rateLimited(wait, this.limiter.usedAt(now)));

    const answer = this.protocol.answer(ask, this.scene(now));
    const page = 'page' in answer ? this.delays.applied(answer.page, now) : undefined;
    const rows = page ? (page.range ? page.range.last - page.range.first : 0) + page.rows.length : 0;
    const used = this.limiter.charge(now, limits.weight(ask, rows));
    const { endpoint, symbol } = 'page' in answer ? answer.page : answer.document;
    const target: Target = {
      venue: this.protocol.id,
      endpoint,
      ...(symbol === undefined ? {} : { symbol }),
      identity,
      now,
    };
    const good = (body: Buffer | string, status = 200, headers = {}): Reply => ({
      status,
      headers: { 'content-type': 'application/json', ...limits.headers(used), ...headers },
      body,
      endpoint,
      ...(symbol === undefined ? {} : { symbol }),
      rows,
    });
    const plain = (): Reply =>
      page
        ? good(this.text.document(this.protocol.id, page))
        : 'document' in answer
          ? good(answer.document.body, answer.document.status, answer.document.headers)
          : good('');
    for (const fault of this.director.candidates(['refusal', 'transport', 'body', 'rows'], target)) {
      const damaged = this.damaged(fault, { answer, page, plain, now });
      if (!damaged) continue;
      fault.record();
      return { ...damaged, endpoint, ...(symbol === undefined ? {} : { symbol }), fault };
    }
    return plain();
  }

  private damaged(
    fault: Firing,
    given: { answer: Answer; page: Page | undefined; plain: () => Reply; now: number },
  ): Reply | undefined {
    const { page, plain, now } = given;
    const { dialect } = this.protocol;
    const used = this.limiter.usedAt(now);
    const html = (status: number): Refusal => ({
      status,
      headers: { 'content-type': 'text/html' },
      body: HTML,
    });
    switch (fault.kind) {
      case 'rate_limited':
        return this.no(dialect.rateLimited(Math.ceil(fault.ms / 1000), used));
      case 'rate_limited_bare':
        return this.no(dialect.rateLimited(undefined, used));
      case 'ip_banned':
        return this.no(dialect.banned(this.limiter.ban(now, fault.ms), Math.ceil(fault.ms / 1000)));
      case 'forbidden':
        return this.no(html(403));
      case 'region_blocked':
        return this.no({
          status: 451,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            code: 0,
            msg: "Service unavailable from a restricted location according to 'b. Eligibility' in the terms of service.",
          }),
        });
      case 'gateway_html':
        return this.no(html(503));
      case 'server_error':
        return this.no(dialect.serverError());
      case 'maintenance':
        return this.no(dialect.maintenance());
      case 'invalid_parameter':
        return this.no(dialect.invalidParameter());
      case 'truncated_json': {
        const reply = plain();
        return { ...reply, body: reply.body.slice(0, Math.floor((reply.body.length * 2) / 3)) };
      }
      case 'empty_body':
        return { ...plain(), body: '' };
      case 'html_body':
        return { ...plain(), headers: { 'content-type': 'text/html' }, body: HTML };
      case 'wrong_symbol': {
        const reply = plain();
        const body = wrongSymbol(reply.body.toString(), reply.symbol, this.symbols());
        return body === undefined ? undefined : { ...reply, body };
      }
      case 'no_answer':
      case 'delayed_answer':
      case 'slow_body':
      case 'reset_before_headers':
      case 'reset_mid_body':
        return plain();
      default: {
        const texts = page && damagedRows(page, fault, now);
        if (!page || !texts) return undefined;
        return { ...plain(), body: `${page.prefix}${texts.join(',')}${page.suffix}`, rows: texts.length };
      }
    }
  }

  symbols(): readonly string[] {
    return this.markets.map((market) => this.protocol.symbolOf(market));
  }

  private no({ status, headers, body }: Refusal): Reply {
    return { status, headers, body, endpoint: 'time', rows: 0 };
  }

  /** Offset of the server's clock, ms; drawn per ten minutes. */
  private skewAt(now: number): number {
    if (!this.director.has('clock')) return 0;
    const span = Math.floor(now / SKEW_SPAN);
    const known = this.skews.get(span);
    if (known !== undefined) return known;
    let skew = 0;
    const target = {
      venue: this.protocol.id,
      endpoint: 'time',
      identity: `clock ${span}`,
      now: span * SKEW_SPAN,
    } as const;
    for (const { kind, ms, seed, record } of this.director.candidates(['clock'], target, false)) {
      if (kind !== 'clock_skew') continue;
      skew = noise(seed, 'sign') < 0.5 ? -ms : ms;
      record();
      break;
    }
    this.skews.set(span, skew);
    return skew;
  }
}

/** The text with the symbol's name replaced by another one; undefined where it does not stand. */
export function wrongSymbol(
  text: string,
  symbol: string | undefined,
  all: readonly string[],
): string | undefined {
  if (!symbol) return undefined;
  // as a whole word: in quotes, or in a topic such as kline.1.BTCUSDT
  const name = new RegExp(`(?<![\\w/-])${symbol.replace(/[^\w]/g, '\\$&')}(?![\\w/-])`, 'g');
  const other = all.find((each) => each !== symbol) ?? 'NOPE';
  const changed = text.replace(name, other);
  return changed === text ? undefined : changed;
}
