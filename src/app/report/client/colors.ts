/** Reads the colour tokens of the page as they are now, theme, paper and palette decide, and gives them to a chart. */
import type { ChartOptions, DeepPartial } from 'lightweight-charts';

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

/** The options of a chart that are colours: the same for every chart of ours, in reports and on the dashboard. */
export function chartColorOptions(colors: ChartColors): DeepPartial<ChartOptions> {
  const line = { color: colors.muted, labelBackgroundColor: colors.muted };
  return {
    layout: {
      background: { color: colors.panel },
      textColor: colors.faint,
      panes: { separatorColor: colors.border, separatorHoverColor: colors.border },
    },
    grid: { vertLines: { color: colors.grid }, horzLines: { color: colors.grid } },
    rightPriceScale: { borderColor: colors.border },
    timeScale: { borderColor: colors.border },
    crosshair: { vertLine: line, horzLine: { ...line } },
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
