/**
 * The 24 px state strip: a 40 % tint with a 2 px edge in the full colour, hatched so that it reads without colour,
 * labelled where a run is wide enough.
 */
import type { IPanePrimitive, Time } from 'lightweight-charts';
import { type ChartColors, mixColors } from './colors.js';
import { paneDrawing } from './pane-drawing.js';
import { firstRunAfter, type StateRun } from './state-runs.js';

export interface StripModel {
  runs: readonly StateRun[];
  labels: string[];
  /** Names of the regime colours: they decide the hatch. */
  names: string[];
  colors: ChartColors;
}

const STRIP_EDGE = 2;

export function regimeStrip(model: () => StripModel): IPanePrimitive<Time> {
  const patterns = new Map<string, CanvasPattern | null>();
  return paneDrawing('normal', ({ context, width, height, across, down, visible, edge }) => {
    const { runs, labels, names, colors } = model();
    for (let index = firstRunAfter(runs, Math.floor(visible.from)); index < runs.length; index += 1) {
      const run = runs[index]!;
      if (run.from > visible.to + 1) break;
      const left = Math.max(0, edge(run.from));
      const room = Math.max(1, Math.min(width, edge(run.to)) - left);
      const full = colors.states[run.state]!;
      context.fillStyle = mixColors(full, colors.panel, 0.4);
      context.fillRect(left, 0, room, height);
      const pattern = hatchPattern(context, patterns, names[run.state]!, full, across);
      if (pattern) {
        context.fillStyle = pattern;
        context.fillRect(left, 0, room, height);
      }
      context.fillStyle = full;
      context.fillRect(left, 0, room, Math.round(STRIP_EDGE * down));
      drawLabel(context, labels[run.state]!, left, room, height, across, colors, full);
    }
  });
}

function drawLabel(
  context: CanvasRenderingContext2D,
  label: string,
  left: number,
  width: number,
  height: number,
  ratio: number,
  colors: ChartColors,
  full: string,
): void {
  context.font = `550 ${11 * ratio}px Inter, system-ui, sans-serif`;
  const textWidth = context.measureText(label).width;
  if (width < textWidth + 12 * ratio) return;
  context.fillStyle = mixColors(full, colors.panel, 0.4);
  context.fillRect(left + 2 * ratio, 4 * ratio, textWidth + 8 * ratio, height - 6 * ratio);
  context.fillStyle = colors.text;
  context.textBaseline = 'middle';
  context.fillText(label, left + 6 * ratio, height / 2 + ratio);
}

/** `/` for Bear, crossed for Strong Bear, lines for Chop, nothing for Bull. */
function hatchPattern(
  context: CanvasRenderingContext2D,
  patterns: Map<string, CanvasPattern | null>,
  name: string,
  color: string,
  ratio: number,
): CanvasPattern | null {
  const kind = name.startsWith('chop')
    ? 'lined'
    : name === 'bear'
      ? 'slanted'
      : name === 'strong-bear'
        ? 'crossed'
        : '';
  if (!kind) return null;
  const key = `${kind} ${color} ${ratio}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const size = Math.round(6 * ratio);
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d')!;
  pen.strokeStyle = color;
  pen.globalAlpha = 0.6;
  pen.lineWidth = ratio;
  pen.beginPath();
  if (kind === 'lined') {
    pen.moveTo(0, size / 2);
    pen.lineTo(size, size / 2);
  } else {
    // the corners repeat the line in the neighbouring tiles
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift, size);
      pen.lineTo(shift + size, 0);
      if (kind === 'crossed') {
        pen.moveTo(shift, 0);
        pen.lineTo(shift + size, size);
      }
    }
  }
  pen.stroke();
  const pattern = context.createPattern(tile, 'repeat');
  patterns.set(key, pattern);
  return pattern;
}
