/** Panels for tests and benches: made from functions of the day, from random walks, or cut out of another panel. */
import type { AssetPanel } from '../../market/asset-panel.js';
import { Random } from '../../market/random.js';

export const PANEL_MATRICES = ['close', 'marketCap', 'volume', 'fundingRate', 'openInterest'] as const;
export type PanelMatrix = (typeof PANEL_MATRICES)[number];

type Cell = (asset: string, index: number) => number | undefined;

/** A panel whose values are functions of asset and day index; what a function leaves out has no row. */
export function panelOf(
  assets: readonly string[],
  days: Int32Array,
  cells: Partial<Readonly<Record<PanelMatrix, Cell>>>,
): AssetPanel {
  const ids = [...assets].sort();
  const fill = (name: PanelMatrix): Float64Array =>
    Float64Array.from({ length: ids.length * days.length }, (_, at) => {
      const value = cells[name]?.(ids[Math.floor(at / days.length)]!, at % days.length);
      return value ?? Number.NaN;
    });
  return {
    assets: ids,
    days,
    close: fill('close'),
    marketCap: fill('marketCap'),
    volume: fill('volume'),
    fundingRate: fill('fundingRate'),
    openInterest: fill('openInterest'),
  };
}

/** `count` consecutive days from 2024-01-01. */
export const dayRange = (count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => 19_723 + i);

/** The rows of a panel that `keep` wants, with the assets and days that are left, as a reader would give them. */
export function selectRows(
  panel: AssetPanel,
  keep: (matrix: PanelMatrix, day: number, asset: string) => boolean,
  shift: (matrix: PanelMatrix) => number = () => 0,
): AssetPanel {
  const height = panel.days.length;
  const rows: { matrix: PanelMatrix; asset: string; day: number; value: number }[] = [];
  for (const matrix of PANEL_MATRICES) {
    panel[matrix].forEach((value, at) => {
      const asset = panel.assets[Math.floor(at / height)]!;
      const day = panel.days[at % height]!;
      if (Number.isNaN(value) || !keep(matrix, day, asset)) return;
      rows.push({ matrix, asset, day: day + shift(matrix), value });
    });
  }
  const assets = [...new Set(rows.map(({ asset }) => asset))].sort();
  const days = Int32Array.from(new Set(rows.map(({ day }) => day))).sort();
  const result = panelOf(assets, days, {});
  const placeOfAsset = new Map(assets.map((asset, index) => [asset, index]));
  const placeOfDay = new Map(Array.from(days, (day, index) => [day, index]));
  for (const { matrix, asset, day, value } of rows) {
    result[matrix][placeOfAsset.get(asset)! * days.length + placeOfDay.get(day)!] = value;
  }
  return result;
}

/** BTC, ETH and `alts` coins that walk with a common market; late listings, gaps and missing funding included. */
export function randomPanel(alts: number, days: number, seed: number): AssetPanel {
  const random = new Random(seed);
  const market = Float64Array.from({ length: days }, () => 0.03 * random.normal());
  const ids = ['BTC', 'ETH', ...Array.from({ length: alts }, (_, i) => `ALT${String(i).padStart(3, '0')}`)];
  const panel = panelOf(ids, dayRange(days), {});
  panel.assets.forEach((id, a) => {
    const isMajor = id === 'BTC' || id === 'ETH';
    const beta = isMajor ? 1 : 0.5 + random.uniform();
    const listed = isMajor || random.uniform() < 0.7 ? 0 : random.below(Math.max(1, days >> 1));
    let price = 100;
    let interest = 1e8;
    for (let t = 0; t < days; t += 1) {
      price *= Math.exp(beta * market[t]! + (isMajor ? 0.005 : 0.02) * random.normal());
      interest *= Math.exp(0.05 * random.normal());
      const at = a * days + t;
      const volume = 2e7 * Math.exp(0.5 * random.normal());
      const rate = 1e-4 + 1e-4 * random.normal();
      const [isGap, isFunded] = [random.uniform() < 0.002, random.uniform() < 0.98];
      if (t < listed || (isGap && !isMajor)) continue;
      panel.close[at] = price;
      panel.marketCap[at] = price * (isMajor ? 1e8 : 1e7);
      panel.volume[at] = volume;
      if (isFunded) panel.fundingRate[at] = rate;
      if (t > days >> 2) panel.openInterest[at] = interest;
    }
  });
  return panel;
}
