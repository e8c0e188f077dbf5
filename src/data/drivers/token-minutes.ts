/**
 * Minutes of low-cap tokens from their collected price points (regime spec §5). A process that starts looks at the points
 * of a day and makes the minutes that are not stored; from then on it keeps, per token, the points since its last closed
 * minute, and one before them, for a minute opens at the close of the one before. A bar that is stored stays.
 */
import { pointsToMinutes } from '../../analysis/drivers/price-points.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import type { RowOf } from '../lake/dataset-rows.js';
import type { LakeFile } from '../lake/lake-file.js';
import type { CapHistory } from './cap-history.js';
import { LakeChanges } from './lake-changes.js';
import { columnsOf } from './row-columns.js';
import type { TokenBars } from './token-bars.js';

interface StoredPoint {
  readonly instrument_id: string;
  readonly ts: number;
  readonly price_usd: number;
  readonly volume_1m?: number | null | undefined;
  readonly volume_5m?: number | null | undefined;
  readonly market_cap?: number | null | undefined;
  readonly liquidity_usd?: number | null | undefined;
  readonly fdv?: number | null | undefined;
  readonly price_change_24h?: number | null | undefined;
  readonly dex_id?: string | null | undefined;
  readonly pair_address?: string | null | undefined;
}

const MINUTE = TIMEFRAME_MS['1m'];
/** A minute opens at the close of the one before when that is not older than this. */
const OPENS_FROM_MS = 3_600_000;
/** Points that a process looks back on when it starts. */
const BACK_MS = 24 * 3_600_000;

export class TokenMinutes {
  /** Ascending by time: those of minutes that are not stored yet, and one before. */
  private readonly points = new Map<string, StoredPoint[]>();
  private readonly changes: LakeChanges;
  /** Minutes before this are stored. */
  private storedTo = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly access: LakeAccess,
    private readonly bars: TokenBars,
    private readonly caps: CapHistory,
  ) {
    this.changes = new LakeChanges(access.lake, 'price_points', { venue: 'dex' });
  }

  /** Points that the caller has stored in these files. */
  wrote(points: readonly RowOf<'price_points'>[], files: readonly LakeFile[]): void {
    if (this.storedTo === Number.NEGATIVE_INFINITY) return;
    for (const point of points) this.add(point);
    this.changes.saw(files);
  }

  /**
   * Stores the minutes that have closed before `to`.
   * @returns bars written
   */
  async close(to: number): Promise<number> {
    await this.bars.refresh();
    const since = await this.changes.since();
    if (since < Number.POSITIVE_INFINITY) await this.load(Math.max(to - BACK_MS, bucketOpen(since, '1m')));
    const rows: RowOf<'bars'>[] = [];
    for (const own of this.points.values()) for (const row of this.minutesOf(own, to)) rows.push(row);
    if (rows.length > 0) {
      const files = await this.access.write((writer) =>
        writer.append('bars', columnsOf(rows), { source: 'points' }),
      );
      this.caps.wrote(
        rows.map(({ instrument_id, ts, market_cap }) => ({
          instrument_id,
          ts,
          market_cap: market_cap ?? null,
        })),
        files,
      );
      const { bars } = this;
      bars.wrote(
        rows.map(({ instrument_id, ts, open, high, low, close, quote_volume }) => [
          instrument_id,
          ts,
          {
            open,
            high,
            low,
            close,
            volume: quote_volume!,
            isRolled: false,
            used: Number.NaN,
            coverage: Number.NaN,
          },
        ]),
        files,
      );
    }
    this.storedTo = to;
    for (const [token, own] of this.points) {
      const open = own.findIndex(({ ts }) => ts >= to);
      const kept = open < 0 ? own.slice(-1) : own.slice(Math.max(0, open - 1));
      this.points.set(token, kept);
    }
    return rows.length;
  }

  private *minutesOf(own: readonly StoredPoint[], to: number): Generator<RowOf<'bars'>> {
    const newest = new Map(own.map((point) => [bucketOpen(point.ts, '1m'), point]));
    for (const stretch of unbroken(own)) {
      const priced = stretch.map(({ ts, price_usd, volume_1m, volume_5m }) => ({
        ts,
        price: price_usd,
        volume_1m: volume_1m ?? null,
        volume_5m: volume_5m ?? null,
      }));
      for (const bar of pointsToMinutes(priced)) {
        if (bar.ts < this.storedTo || bar.ts + MINUTE > to) continue;
        const { instrument_id, ...facts } = newest.get(bar.ts)!;
        if (this.bars.barsAt(bar.ts).has(instrument_id)) continue;
        yield {
          instrument_id,
          timeframe: '1m',
          ts: bar.ts,
          open: bar.open,
          high: bar.high,
          low: bar.low,
          close: bar.close,
          volume: bar.volume / bar.close,
          quote_volume: bar.volume,
          volume_estimated: true,
          market_cap: facts.market_cap ?? null,
          liquidity_usd: facts.liquidity_usd ?? null,
          fdv: facts.fdv ?? null,
          price_change_24h: facts.price_change_24h ?? null,
          dex_id: facts.dex_id ?? null,
          pair_address: facts.pair_address ?? null,
        };
      }
    }
  }

  /** Stored points from two hours before `from` on: the first minutes open where the ones before closed. */
  private async load(since: number): Promise<void> {
    const from = Number.isFinite(this.storedTo) ? Math.min(since, this.storedTo) : since;
    const first = from - 2 * OPENS_FROM_MS;
    const rows = (await this.access.lake.query(
      'price_points',
      { venue: 'dex', from: first },
      (relation, run) =>
        run(
          `SELECT instrument_id, ts, price_usd, volume_1m, volume_5m, market_cap, liquidity_usd, fdv, price_change_24h,
                dex_id, pair_address
           FROM ${relation} WHERE ts >= ${first} ORDER BY instrument_id, ts`,
        ),
    )) as unknown as StoredPoint[];
    this.points.clear();
    for (const point of rows) this.add(point);
    this.storedTo = from;
  }

  private add(point: StoredPoint): void {
    const own = this.points.get(point.instrument_id);
    if (own === undefined) this.points.set(point.instrument_id, [point]);
    else {
      let at = own.length;
      while (at > 0 && own[at - 1]!.ts > point.ts) at -= 1;
      own.splice(at, 0, point);
    }
  }
}

/** Points in order, parted where none came for an hour: what opens after that opens at its own price. */
function unbroken(points: readonly StoredPoint[]): StoredPoint[][] {
  const stretches: StoredPoint[][] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    if (bucketOpen(point.ts, '1m') - before > OPENS_FROM_MS) stretches.push([]);
    stretches.at(-1)!.push(point);
    before = bucketOpen(point.ts, '1m');
  }
  return stretches;
}
