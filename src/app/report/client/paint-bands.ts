/** Tints behind candles and lines in the colour of a state: painted in one way, whichever library draws the chart. */
import { mixColors } from './colors.js';

/** Device pixels of the canvas. */
export interface BandArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A stretch of the time axis in media pixels. */
export interface Band {
  readonly left: number;
  readonly right: number;
  readonly color: string;
}

/** @param share of the colour over the panel: faint enough not to compete with what is drawn on it */
export function paintBands(
  context: CanvasRenderingContext2D,
  area: BandArea,
  bands: Iterable<Band>,
  panel: string,
  share: number,
): void {
  const end = area.left + area.width;
  for (const { left, right, color } of bands) {
    if (right <= area.left || left >= end) continue;
    const from = Math.max(area.left, left);
    context.fillStyle = mixColors(color, panel, share);
    context.fillRect(from, area.top, Math.max(1, Math.min(end, right) - from), area.height);
  }
}
