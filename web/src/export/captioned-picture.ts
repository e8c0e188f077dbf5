/** The picture of a chart with its words above it: what is shown, how far it may be trusted, and how old it is. */

const PADDING = 12;
const LINE = 20;

export interface Caption {
  readonly title: string;
  readonly notes: readonly string[];
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** @param ratio canvas pixels per CSS pixel of the picture */
export function captioned(
  picture: HTMLCanvasElement,
  { title, notes }: Caption,
  ratio = devicePixelRatio,
): HTMLCanvasElement {
  const band = (2 * PADDING + (1 + notes.length) * LINE) * ratio;
  const canvas = document.createElement('canvas');
  canvas.width = picture.width;
  canvas.height = picture.height + band;
  const context = canvas.getContext('2d')!;
  context.fillStyle = token('panel');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = 'middle';
  for (const [line, words] of [title, ...notes].entries()) {
    context.font = `${line === 0 ? 600 : 400} ${(line === 0 ? 14 : 12) * ratio}px Inter, system-ui, sans-serif`;
    context.fillStyle = token(line === 0 ? 'text' : 'muted');
    context.fillText(words, PADDING * ratio, (PADDING + (line + 0.5) * LINE) * ratio);
  }
  context.drawImage(picture, 0, band);
  return canvas;
}
