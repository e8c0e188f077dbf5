/**
 * Daily facts of many coins into a research lake (majors-alts spec §13): funding, open interest and liquidations from
 * CoinGlass, prices, caps and volumes from CoinGecko.
 *
 * Days are UTC and whole: the day that is still running is never stored, because a stored row is kept for good. What has
 * come is merged into the lake every 25 coins, so a kill costs 25 coins at most; the next run with `incremental` begins
 * for each coin after its last stored day. A coin that the provider does not know is skipped and said; a key or plan that
 * is refused ends the run, with what came before it kept.
 *
 * Funding comes in percent and is turned into a fraction per 8 hours where it is read; the lake checks the cross-section
 * after every merge.
 */
import { TidewatchError } from '../../errors.js';
import { requireRoom } from '../lake/disk-room.js';
import { dayOf } from '../research-lake/research-panel.js';
import type { FactRow, FactTableName, ResearchLakeWriter } from '../research-lake/write-facts.js';
import { COINGECKO_KEEPS_DAYS, type CoinGecko } from '../venues/coingecko.js';
import type { CoinGlass } from '../venues/coinglass.js';
import type { Timer } from '../venues/timer.js';
import { VenueError } from '../venues/venue-error.js';

export const PANEL_FACTS = ['funding', 'oi', 'liquidations', 'caps'] as const;
export type PanelFact = (typeof PANEL_FACTS)[number];

/** Which facts of which coins are fetched, from where and into which lake. */
export interface PanelRequest {
  readonly lake: ResearchLakeWriter;
  /** Missing where its facts are not asked for. */
  readonly coinglass?: CoinGlass | undefined;
  readonly coingecko?: CoinGecko | undefined;
  readonly facts: readonly PanelFact[];
  /** Asset ids, with the id at CoinGecko where it is known. */
  readonly coins: readonly PanelCoin[];
  /** Exchange of the funding rates, as CoinGlass writes it. */
  readonly exchange: string;
  /** Days since 1970, both included; the last one is cut to the last whole day. */
  readonly from: number;
  readonly to: number;
  /** Begins after the last stored day of each coin. */
  readonly incremental: boolean;
  /** Calls a minute at CoinGlass. */
  readonly rateLimit: number;
  readonly timer: Timer;
  readonly signal?: AbortSignal | undefined;
  /** Bytes free below a folder; the disk is asked when left out. */
  readonly free?: ((folder: string) => Promise<number>) | undefined;
  readonly onProgress?: (coins: number, rows: number, coin: string) => void;
}

export interface PanelCoin {
  readonly asset: string;
  readonly coingeckoId: string | null;
}

export type CoinOutcome = 'stored' | 'up_to_date' | 'no_data' | 'skipped';

export interface PanelCoinReport {
  readonly asset: string;
  readonly fact: PanelFact;
  readonly outcome: CoinOutcome;
  /** Rows that came, and those of them that were not stored yet (the last written table of the fact). */
  readonly rows: number;
  /** First and last day among those rows. */
  readonly firstDay: number | null;
  readonly lastDay: number | null;
  /** Why it was skipped. */
  readonly reason: string | null;
}

/** One run over the coins; a coin that failed is in the list with its reason. */
export interface PanelReport {
  readonly from: number;
  readonly to: number;
  readonly coins: readonly PanelCoinReport[];
  /** New rows by table. */
  readonly added: Readonly<Partial<Record<FactTableName, number>>>;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

const DAY = 86_400_000;
/** Coins whose rows are merged at once. */
const COINS_AT_ONCE = 25;
/** Rows of one answer of CoinGlass at most, with a margin. */
const PAGE_ROWS = 900;
const OI_PER_DAY = 3;
const LIQUIDATION_EXCHANGES = 'Binance,OKX,Bybit,Bitget,HTX,Gate,MEXC,Bitmex,Deribit,Kraken'.split(',');
/** Shortest pause before a call at CoinGlass, whatever the plan. */
const LEAST_PAUSE_MS = 2_200;
/** Measured on a merged table: a row of text and a number, packed, with its share of what is written meanwhile. */
const BYTES_PER_ROW = 40;

/** First table of a fact: its stored days tell where to go on. */
const TABLE_OF: Readonly<Record<PanelFact, FactTableName>> = {
  funding: 'fact_funding',
  oi: 'fact_open_interest',
  liquidations: 'fact_liquidations',
  caps: 'fact_price',
};

/** @throws TidewatchError `not_enough_disk`, `implausible_value` (unit of funding), `venue_blocked`, `write_failed` … */
export async function fetchPanel(request: PanelRequest): Promise<PanelReport> {
  const { lake, facts, coins, timer, signal } = request;
  const yesterday = dayOf(timer.now()) - 1;
  const to = Math.min(request.to, yesterday);
  const warnings: { code: string; message: string }[] = [];
  const most = coins.length * facts.length * Math.max(0, to - request.from + 1);
  const what = `daily facts of ${coins.length} coins`;
  await requireRoom(lake.folder, most * BYTES_PER_ROW, what, request.free);
  const reports: PanelCoinReport[] = [];
  const added: Partial<Record<FactTableName, number>> = {};
  const gatherer = new Gatherer(request, to);
  let rowCount = 0;
  for (const fact of facts) {
    const stored = await lake.storedDays(TABLE_OF[fact], fact === 'funding' ? request.exchange : undefined);
    let from = request.from;
    const oldest = dayOf(timer.now()) - COINGECKO_KEEPS_DAYS + 1;
    if (fact === 'caps' && from < oldest) {
      warnings.push({
        code: 'clamped',
        message: `CoinGecko gives ${COINGECKO_KEEPS_DAYS} days without a paid key; caps are fetched from ${new Date(oldest * DAY).toISOString().slice(0, 10)} on`,
      });
      from = oldest;
    }
    for (let at = 0; at < coins.length; at += COINS_AT_ONCE) {
      const tables = new Map<FactTableName, FactRow[]>();
      try {
        for (const coin of coins.slice(at, at + COINS_AT_ONCE)) {
          signal?.throwIfAborted();
          const last = request.incremental ? stored.get(coin.asset)?.last : undefined;
          const first = last === undefined ? from : Math.max(from, last + 1);
          const report = await gatherer.gather(fact, coin, first, last !== undefined, tables);
          reports.push(report);
          rowCount += report.rows;
          request.onProgress?.(reports.length, rowCount, coin.asset);
        }
      } finally {
        // an interrupt or a refused key keeps what came before it
        for (const [table, rows] of tables) {
          added[table] = (added[table] ?? 0) + (await lake.merge(table, rows)).added;
        }
        if (fact === 'funding' && tables.size > 0) lake.recordFundingUnit(timer.now());
      }
    }
  }
  return { from: request.from, to, coins: reports, added, warnings };
}

class Gatherer {
  private nextCall = 0;
  private readonly pause: number;

  constructor(
    private readonly request: PanelRequest,
    private readonly to: number,
  ) {
    this.pause = Math.max(LEAST_PAUSE_MS, 60_000 / request.rateLimit + 200);
  }

  /** Asks for one fact of one coin; its rows go into `tables`. */
  async gather(
    fact: PanelFact,
    coin: PanelCoin,
    from: number,
    isHeld: boolean,
    tables: Map<FactTableName, FactRow[]>,
  ): Promise<PanelCoinReport> {
    const report = (outcome: CoinOutcome, rows: readonly FactRow[] = [], reason: string | null = null) => {
      const days = rows.map(({ date }) => Number(date));
      const edge = (of: (...days: number[]) => number): number | null =>
        days.length === 0 ? null : of(...days);
      return {
        asset: coin.asset,
        fact,
        outcome,
        rows: rows.length,
        firstDay: edge(Math.min),
        lastDay: edge(Math.max),
        reason,
      };
    };
    // held to the end, or the whole range lies before what the provider keeps
    if (from > this.to) return report(isHeld ? 'up_to_date' : 'no_data');
    try {
      const found = await this.rowsOf(fact, coin, from);
      const [main = []] = found.map(([, rows]) => rows);
      for (const [table, rows] of found) tables.set(table, [...(tables.get(table) ?? []), ...rows]);
      return main.length === 0 ? report('no_data') : report('stored', main);
    } catch (error) {
      if (!(error instanceof VenueError) || !isOfCoin(error)) throw error;
      return report('skipped', [], error.message);
    }
  }

  private async rowsOf(
    fact: PanelFact,
    { asset, coingeckoId }: PanelCoin,
    from: number,
  ): Promise<readonly (readonly [FactTableName, readonly FactRow[]])[]> {
    const { exchange, signal } = this.request;
    const pair = `${asset}USDT`;
    if (fact === 'caps') return this.capsOf(asset, coingeckoId, from);
    const client = this.request.coinglass;
    if (client === undefined) throw new TidewatchError('internal', `there is no client for ${fact}`);
    if (fact === 'funding') {
      const values = await this.pages(from, '1d', 1, (range) =>
        client.funding(exchange, pair, range, signal),
      );
      const rows = lastOfDays(values).map(([date, value]) => ({
        asset_id: asset,
        instrument_id: `${exchange.toLowerCase()}_perp_${pair}`,
        date,
        funding_rate: value,
        exchange,
        source: 'coinglass',
      }));
      return [['fact_funding', rows]];
    }
    if (fact === 'oi') {
      const values = await this.pages(from, '8h', OI_PER_DAY, (range) =>
        client.openInterest(asset, range, signal),
      );
      const rows = lastOfDays(values).map(([date, value]) => ({
        asset_id: asset,
        date,
        open_interest_usd: value,
        source: 'coinglass',
      }));
      return [['fact_open_interest', rows]];
    }
    const values = await this.pages(from, '1d', 1, (range) =>
      client.liquidations(asset, LIQUIDATION_EXCHANGES, range, signal),
    );
    return [['fact_liquidations', liquidationRows(asset, values)]];
  }

  private async capsOf(
    asset: string,
    id: string | null,
    from: number,
  ): Promise<readonly (readonly [FactTableName, readonly FactRow[]])[]> {
    const { coingecko, signal } = this.request;
    if (coingecko === undefined) throw new TidewatchError('internal', 'there is no client for caps');
    if (id === null) throw new VenueError('unknown_symbol', 'coingecko', `no coin ${asset}`);
    const days = await coingecko.dailyCaps(id, from, this.to, signal);
    const rows = (name: string, of: (day: (typeof days)[number]) => number | null): FactRow[] =>
      days.flatMap((each) => {
        const value = of(each);
        return value === null
          ? []
          : [{ asset_id: asset, date: each.day, [name]: value, source: 'coingecko' }];
      });
    return [
      ['fact_price', rows('close', ({ price }) => price)],
      ['fact_marketcap', rows('marketcap', ({ marketCap }) => marketCap)],
      ['fact_volume', rows('volume', ({ volume }) => volume)],
    ];
  }

  /** Whole days [from, to] in as many calls as pages allow, each in its turn. */
  private async pages<T extends { readonly ts: number }>(
    from: number,
    interval: string,
    perDay: number,
    ask: (range: { interval: string; from: number; to: number }) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    const { timer, signal } = this.request;
    const found: T[] = [];
    const days = Math.floor(PAGE_ROWS / perDay);
    for (let at = from; at <= this.to; at += days) {
      const end = Math.min(at + days, this.to + 1) * DAY;
      const wait = this.nextCall - timer.now();
      if (wait > 0) await timer.sleep(wait, signal);
      this.nextCall = timer.now() + this.pause;
      const rows = await ask({ interval, from: at * DAY, to: end - 1 });
      found.push(...rows.filter(({ ts }) => ts >= at * DAY && ts < end));
    }
    return found;
  }
}

/** The last value of each day. */
function lastOfDays(values: readonly { readonly ts: number; readonly value: number }[]): [number, number][] {
  const days = new Map<number, { ts: number; value: number }>();
  for (const each of values) {
    const day = dayOf(each.ts);
    if (Number.isFinite(each.value) && each.ts >= (days.get(day)?.ts ?? 0)) days.set(day, each);
  }
  return [...days].map(([day, { value }]): [number, number] => [day, value]).sort((a, b) => a[0] - b[0]);
}

/** Sums of days; zeros before the first liquidation are no data, and so are zeros alone. */
function liquidationRows(
  asset: string,
  values: readonly { readonly ts: number; readonly long: number; readonly short: number }[],
): FactRow[] {
  const sums = new Map<number, { long: number; short: number }>();
  for (const { ts, long, short } of values) {
    if (!Number.isFinite(long) || !Number.isFinite(short)) continue;
    const day = dayOf(ts);
    const sum = sums.get(day) ?? { long: 0, short: 0 };
    sums.set(day, { long: sum.long + long, short: sum.short + short });
  }
  const days = [...sums].sort((a, b) => a[0] - b[0]);
  const first = days.findIndex(([, { long, short }]) => long > 0 || short > 0);
  return (first < 0 ? [] : days.slice(first)).map(([date, { long, short }]) => ({
    asset_id: asset,
    date,
    long_liquidation_usd: long,
    short_liquidation_usd: short,
    source: 'coinglass',
  }));
}

/** Failures that are the coin's own; the others would meet every coin. */
function isOfCoin({ failure }: VenueError): boolean {
  return failure === 'unknown_symbol' || failure === 'refused' || failure === 'bad_payload';
}
