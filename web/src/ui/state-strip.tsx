/**
 * States over time as one strip on a canvas: tint with a 2 px edge in the full colour, its code where a run has room.
 * A pixel that holds several runs takes the longest of them.
 */
import { useEffect, useRef } from 'react';
import { mixColors } from '../../../src/app/report/client/colors.js';
import { APPEARANCE_CHANGED } from '../shell/appearance.js';

export interface StripRun {
  /** UTC ms, half-open. */
  readonly from: number;
  readonly to: number;
  readonly state: number;
}

interface StateStripProps {
  /** Ascending. */
  readonly runs: readonly StripRun[];
  readonly from: number;
  readonly to: number;
  /** Colour token and words of each state. */
  readonly states: readonly { readonly token: string; readonly code: string }[];
  readonly label: string;
}

const HEIGHT = 20;
const EDGE = 2;
const NONE = -1;

/** State of every pixel, −1 for none. */
export function pixelStates(runs: readonly StripRun[], from: number, to: number, width: number): Int8Array {
  const states = new Int8Array(width).fill(NONE);
  const covered = new Float64Array(width);
  const perPixel = (to - from) / width;
  for (const run of runs) {
    const first = Math.max(0, Math.floor((run.from - from) / perPixel));
    const last = Math.min(width - 1, Math.ceil((run.to - from) / perPixel) - 1);
    for (let pixel = first; pixel <= last; pixel += 1) {
      const start = from + pixel * perPixel;
      const share = Math.min(run.to, start + perPixel) - Math.max(run.from, start);
      if (share > covered[pixel]!) {
        covered[pixel] = share;
        states[pixel] = run.state;
      }
    }
  }
  return states;
}

function draw(canvas: HTMLCanvasElement, { runs, from, to, states }: StateStripProps): void {
  const ratio = devicePixelRatio;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  canvas.width = width;
  canvas.height = HEIGHT * ratio;
  const context = canvas.getContext('2d')!;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const panel = read('panel');
  const text = read('text');
  const colors = states.map(({ token }) => read(token));
  context.font = `550 ${11 * ratio}px Inter, system-ui, sans-serif`;
  context.textBaseline = 'middle';
  const pixels = pixelStates(runs, from, to, width);
  for (let start = 0; start < width; ) {
    let end = start + 1;
    while (end < width && pixels[end] === pixels[start]) end += 1;
    const state = pixels[start]!;
    if (state !== NONE) {
      context.fillStyle = mixColors(colors[state]!, panel, 0.4);
      context.fillRect(start, 0, end - start, canvas.height);
      context.fillStyle = colors[state]!;
      context.fillRect(start, 0, end - start, EDGE * ratio);
      const { code } = states[state]!;
      if (end - start > context.measureText(code).width + 12 * ratio) {
        context.fillStyle = text;
        context.fillText(code, start + 6 * ratio, canvas.height / 2 + ratio);
      }
    }
    start = end;
  }
}

export function StateStrip(props: StateStripProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const { runs, from, to } = props;
  useEffect(() => {
    const node = canvas.current!;
    const again = (): void => draw(node, latest.current);
    const observer = new ResizeObserver(again);
    observer.observe(node);
    addEventListener(APPEARANCE_CHANGED, again);
    return () => {
      observer.disconnect();
      removeEventListener(APPEARANCE_CHANGED, again);
    };
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other runs or another span
  useEffect(() => draw(canvas.current!, latest.current), [runs, from, to]);
  return <canvas ref={canvas} className="state-strip" role="img" aria-label={props.label} />;
}
