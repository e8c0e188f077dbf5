/** Reads the colour tokens of the page as they are now: theme, paper and palette decide. */

export interface ChartColors {
  panel: string;
  border: string;
  grid: string;
  text: string;
  muted: string;
  faint: string;
  /** One per state. */
  states: string[];
}

/** @param prefix of the states' tokens */
export function readColors(stateColors: readonly string[], prefix = 'regime-'): ChartColors {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    panel: read('panel'),
    border: read('border'),
    grid: read('grid'),
    text: read('text'),
    muted: read('muted'),
    faint: read('faint'),
    states: stateColors.map((name) => read(`${prefix}${name}`)),
  };
}

/** `#rrggbb` over another, `share` of the first: opaque, so that tints do not add up where shapes overlap. */
export function mixColors(over: string, under: string, share: number): string {
  const channel = (hex: string, at: number): number => Number.parseInt(hex.slice(at, at + 2), 16);
  const mixed = [1, 3, 5].map((at) =>
    Math.round(channel(over, at) * share + channel(under, at) * (1 - share)),
  );
  return `rgb(${mixed.join(',')})`;
}
