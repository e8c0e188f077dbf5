/**
 * Which alts are large, traded and alive on a day, most traded first (spec majors-alts-monitor §7, steps 1, 2 and 4).
 *
 * Everything is read from rows up to that day. The corrected profile wants the latest price, cap and volume rows within
 * three calendar days; the reference keeps delisted assets for ever.
 */
import type { PanelView } from './alt-universe.js';

/**
 * Who may be in a basket: at least this cap and this median daily volume (both USD), the largest `basketSize`
 * of them.
 */
export interface BasketScreen {
  readonly minMcapUsd: number;
  readonly minVolumeUsd: number;
  readonly basketSize: number;
}

const VOLUME_ROWS = 7;
const FRESH_DAYS = 3;

/** Index of the last row of an asset at or before day index t and at or after `from`, or −1. */
export function lastValueAt(matrix: Float64Array, base: number, from: number, t: number): number {
  for (let at = t; at >= from; at -= 1) if (!Number.isNaN(matrix[base + at])) return at;
  return -1;
}

/** Median of the last seven volume rows of an asset up to day index t; NaN without any. */
export function medianVolume({ panel, from }: PanelView, a: number, t: number): number {
  const base = a * panel.days.length;
  const sorted = SCRATCH;
  let count = 0;
  for (let at = t; at >= from && count < VOLUME_ROWS; at -= 1) {
    const value = panel.volume[base + at]!;
    if (Number.isNaN(value)) continue;
    let place = count;
    for (; place > 0 && sorted[place - 1]! > value; place -= 1) sorted[place] = sorted[place - 1]!;
    sorted[place] = value;
    count += 1;
  }
  if (count === 0) return Number.NaN;
  const middle = count >> 1;
  return count % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Written and read within one call of `medianVolume`. */
const SCRATCH = new Float64Array(VOLUME_ROWS);

/**
 * Alts that pass cap, volume and freshness on day index t, by volume descending, ties by id; the first `most` of them.
 * @returns indices into the assets of the panel
 */
export function screenAlts(
  view: PanelView,
  t: number,
  screen: BasketScreen,
  most = view.alts.length,
): Int32Array {
  const { panel, from, profile, alts } = view;
  const days = panel.days.length;
  const isCorrected = profile === 'corrected';
  // with calendar days that the panel lacks, fewer indices than days
  const oldest = panel.days[t]! - FRESH_DAYS;
  let earliest = from;
  if (isCorrected) {
    earliest = t;
    while (earliest > from && panel.days[earliest - 1]! >= oldest) earliest -= 1;
  }
  const ranked = new Int32Array(Math.min(most, alts.length));
  const volumes = new Float64Array(ranked.length);
  let count = 0;
  for (let i = 0; i < alts.length; i += 1) {
    const a = alts[i]!;
    const base = a * days;
    const cap = lastValueAt(panel.marketCap, base, earliest, t);
    if (cap < 0 || !(panel.marketCap[base + cap]! >= screen.minMcapUsd)) continue;
    if (isCorrected) {
      if (lastValueAt(panel.volume, base, earliest, t) < 0) continue;
      if (lastValueAt(panel.close, base, earliest, t) < 0) continue;
    }
    const volume = medianVolume(view, a, t);
    if (!(volume >= screen.minVolumeUsd)) continue;
    // assets come in id order: an equal volume goes behind
    let place = count;
    while (place > 0 && volumes[place - 1]! < volume) place -= 1;
    if (place === ranked.length) continue;
    const end = Math.min(count, ranked.length - 1);
    volumes.copyWithin(place + 1, place, end);
    ranked.copyWithin(place + 1, place, end);
    volumes[place] = volume;
    ranked[place] = a;
    count = end + 1;
  }
  return ranked.subarray(0, count);
}
