/**
 * Which assets there were on a day, told from prices alone (spec majors-alts-monitor §1, universe lookup): those with at
 * least 20 price rows in the 31 days up to it. Nothing after the day is read, so an asset that is listed later is not in,
 * and one that vanished drops out once too few of its rows are left.
 *
 * Limit: a lake that was filled with the coins of a later date knows no others; such a universe has survivors only.
 */
import type { AssetPanel } from '../../market/asset-panel.js';
import { lastValueAt } from './basket-screen.js';

const WINDOW_DAYS = 30;
const LEAST_ROWS = 20;

/** Days are counted since 1970-01-01 UTC. */
export interface ListedAsset {
  readonly asset: string;
  /** First and last day with a price, up to the day asked for. */
  readonly firstDay: number;
  readonly lastDay: number;
  /** USD, the newest within the window; null without one. */
  readonly marketCap: number | null;
  /** 1 for the largest cap of that day; null without a cap. */
  readonly rank: number | null;
}

/** By rank, those without a cap last, by id. */
export function listedAssets(panel: AssetPanel, asofDay: number): ListedAsset[] {
  const { assets, days, close, marketCap } = panel;
  const height = days.length;
  const end = days.findLastIndex((day) => day <= asofDay);
  const from = days.findIndex((day) => day >= asofDay - WINDOW_DAYS);
  const listed = assets.flatMap((asset, a) => {
    const base = a * height;
    let rows = 0;
    for (let t = Math.max(0, from); t <= end; t += 1) rows += Number(!Number.isNaN(close[base + t]));
    if (from < 0 || rows < LEAST_ROWS) return [];
    let first = 0;
    while (Number.isNaN(close[base + first])) first += 1;
    const capped = lastValueAt(marketCap, base, from, end);
    return [
      {
        asset,
        firstDay: days[first]!,
        lastDay: days[lastValueAt(close, base, from, end)]!,
        marketCap: capped < 0 ? null : marketCap[base + capped]!,
      },
    ];
  });
  return listed
    .sort((x, y) => (y.marketCap ?? -1) - (x.marketCap ?? -1) || (x.asset < y.asset ? -1 : 1))
    .map((each, place) => ({ ...each, rank: each.marketCap === null ? null : place + 1 }));
}
