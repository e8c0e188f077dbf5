/**
 * Which alts are large, traded and alive on a day, most traded first (spec majors-alts-monitor §7, steps 1, 2 and 4).
 *
 * Everything is read from rows up to that day. The corrected profile wants the latest price, cap and volume rows within
 * three calendar days; the reference keeps delisted assets for ever.
 */
import type { PanelView } from './alt-universe.js';
import { medianOfSorted } from './rolling-window.js';

export interface BasketScreen {
  readonly minMcapUsd: number;
  readonly minVolumeUsd: number;
  readonly basketSize: number;
}

export interface ScreenedAlt {
  /** Index into the assets of the panel. */
  readonly asset: number;
  /** Median of the last seven volume rows, USD. */
  readonly volume: number;
}

const VOLUME_ROWS = 7;
const FRESH_DAYS = 3;

/** Index of the last row of an asset at or before day index t and at or after `from`, or −1. */
function lastValueAt(matrix: Float64Array, base: number, from: number, t: number): number {
  for (let at = t; at >= from; at -= 1) if (!Number.isNaN(matrix[base + at])) return at;
  return -1;
}

/** Median of the last seven volume rows of an asset up to day index t; NaN without any. */
export function medianVolume({ panel, from }: PanelView, a: number, t: number): number {
  const base = a * panel.days.length;
  const last = new Float64Array(VOLUME_ROWS);
  let count = 0;
  for (let at = t; at >= from && count < VOLUME_ROWS; at -= 1) {
    const value = panel.volume[base + at]!;
    if (!Number.isNaN(value)) last[count++] = value;
  }
  return medianOfSorted(last.subarray(0, count).sort(), count);
}

/** Alts that pass cap, volume and freshness on day index t, by volume descending, ties by id. */
export function screenAlts(view: PanelView, t: number, screen: BasketScreen): ScreenedAlt[] {
  const { panel, from, profile, alts } = view;
  const days = panel.days.length;
  const oldest = panel.days[t]! - FRESH_DAYS;
  const isFresh = (at: number): boolean => at >= 0 && (profile === 'reference' || panel.days[at]! >= oldest);
  const passed: ScreenedAlt[] = [];
  for (const a of alts) {
    const base = a * days;
    const cap = lastValueAt(panel.marketCap, base, from, t);
    if (!isFresh(cap) || !(panel.marketCap[base + cap]! >= screen.minMcapUsd)) continue;
    if (profile === 'corrected') {
      if (!isFresh(lastValueAt(panel.volume, base, from, t))) continue;
      if (!isFresh(lastValueAt(panel.close, base, from, t))) continue;
    }
    const volume = medianVolume(view, a, t);
    if (volume >= screen.minVolumeUsd) passed.push({ asset: a, volume });
  }
  // assets are in id order, and the sort is stable
  return passed.sort((one, other) => other.volume - one.volume);
}
