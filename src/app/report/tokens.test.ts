import { describe, expect, it } from 'vitest';
import { ciede2000, contrast, tint, worstDistance } from './color-vision.fixture.js';
import {
  BASE_TOKENS,
  COLOR_BLIND_SAFE_TOKENS,
  REGIME_TOKENS,
  type ThemedColor,
  tokenStyles,
} from './tokens.js';

/** Ratios on panel that the design states, dark and light. */
const STATED: Readonly<Record<string, readonly [number, number]>> = {
  text: [14.9, 17.5],
  muted: [7.9, 7.2],
  faint: [5.6, 5.4],
  accent: [7.4, 6.4],
  focus: [9.5, 6.4],
  ok: [8.2, 5.4],
  warn: [9.5, 5.8],
  bad: [6.5, 5.6],
  up: [7.7, 5.1],
  down: [5.8, 5.3],
  'add-appetite': [11.1, 5.2],
  'exit-assertiveness': [6.9, 7.7],
  s0: [5.5, 4.9],
  s1: [7.8, 6.6],
  s2: [8.8, 6.7],
  s3: [10.2, 5.1],
  s4: [5.5, 4.7],
  'strong-bear': [5.3, 9.6],
  bear: [4.3, 4.3],
  chop: [5.2, 4.9],
  'chop-1': [5.7, 5.1],
  'chop-2': [6.3, 5.0],
  bull: [8.3, 4.5],
  'strong-bull': [12.2, 9.4],
};

/** The design rounds to one decimal; S3 dark is 10.149 for its 10.2, EMA 250 dark 5.96 for its 6.0. */
const ROUNDING = 0.06;

const TOKENS: Readonly<Record<string, ThemedColor>> = { ...BASE_TOKENS, ...REGIME_TOKENS };
const THEMES = ['dark', 'light'] as const;
const RANKED = ['strong-bear', 'bear', 'chop', 'bull', 'strong-bull'] as const;
const TREND_STATES = ['s0', 's1', 's2', 's3', 's4'] as const;

function smallestDistance(
  tokens: Readonly<Record<string, ThemedColor>>,
  names: readonly string[],
  theme: 'dark' | 'light',
): number {
  const colors = names.map((name) => tokens[name]![theme]);
  return Math.min(...colors.flatMap((a, index) => colors.slice(index + 1).map((b) => worstDistance(a, b))));
}

describe('colour tokens', () => {
  it('measure distance as the published test pairs of CIEDE2000 do', () => {
    expect(ciede2000([50, 2.6772, -79.7751], [50, 0, -82.7485])).toBeCloseTo(2.0425, 4);
    expect(ciede2000([50, 2.5, 0], [73, 25, -18])).toBeCloseTo(27.1492, 4);
    expect(ciede2000([2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514])).toBeCloseTo(0.9082, 4);
  });

  it.each(Object.keys(STATED))('%s keeps the contrast the design states', (name) => {
    THEMES.forEach((theme, index) => {
      const ratio = contrast(TOKENS[name]![theme], BASE_TOKENS.panel[theme]);
      expect(ratio).toBeGreaterThanOrEqual(STATED[name]![index]! - ROUNDING);
    });
  });

  it('keeps words readable on buttons, raised rows, EMAs and strips', () => {
    for (const theme of THEMES) {
      expect(contrast(BASE_TOKENS['on-accent'][theme], BASE_TOKENS.accent[theme])).toBeGreaterThan(6.35);
      expect(contrast(BASE_TOKENS.faint[theme], BASE_TOKENS.raised[theme])).toBeGreaterThan(4.75);
      for (const name of ['ema-20', 'ema-60', 'ema-144', 'ema-250', 'ema-333'] as const) {
        expect(contrast(BASE_TOKENS[name][theme], BASE_TOKENS.panel[theme])).toBeGreaterThan(
          (theme === 'dark' ? 6 : 5) - ROUNDING,
        );
      }
      for (const color of Object.values(REGIME_TOKENS)) {
        const strip = tint(color[theme], BASE_TOKENS.panel[theme], 0.4);
        expect(contrast(BASE_TOKENS.text[theme], strip)).toBeGreaterThanOrEqual(4.8);
      }
    }
  });

  it('keeps marks and the decay line, which are shapes, visible', () => {
    for (const theme of THEMES) {
      for (const name of ['signal-buy', 'signal-trim', 'signal-emergency', 'decay'] as const) {
        expect(contrast(BASE_TOKENS[name][theme], BASE_TOKENS.panel[theme]), name).toBeGreaterThan(3.5);
      }
    }
  });

  it('keeps our own further Chop colours apart and visible', () => {
    for (const theme of THEMES) {
      for (const name of ['chop-3', 'chop-4'] as const) {
        expect(contrast(REGIME_TOKENS[name][theme], BASE_TOKENS.panel[theme])).toBeGreaterThan(4.5);
      }
    }
  });

  it.each([
    ['default regimes', REGIME_TOKENS, RANKED, 7.6, 8.9],
    ['default trend states', BASE_TOKENS, TREND_STATES, 9.5, 8.8],
    ['A and E', BASE_TOKENS, ['add-appetite', 'exit-assertiveness'], 15.0, 12.9],
    ['safe regimes', COLOR_BLIND_SAFE_TOKENS, RANKED, 14.9, 17.3],
    ['safe trend states', COLOR_BLIND_SAFE_TOKENS, TREND_STATES, 15.5, 15.0],
  ] as const)('%s stay apart for colour-blind readers', (_, tokens, names, dark, light) => {
    expect(smallestDistance(tokens, names, 'dark')).toBeGreaterThanOrEqual(dark - 0.05);
    expect(smallestDistance(tokens, names, 'light')).toBeGreaterThanOrEqual(light - 0.05);
  });

  it('keeps the safe palette visible on panel', () => {
    for (const theme of THEMES) {
      for (const color of Object.values(COLOR_BLIND_SAFE_TOKENS)) {
        expect(contrast(color[theme], BASE_TOKENS.panel[theme])).toBeGreaterThanOrEqual(3.55);
      }
    }
  });

  it('become variables for both themes, light on paper, and for the palettes', () => {
    const css = tokenStyles();
    expect(css).toContain('@media screen and (prefers-color-scheme:dark)');
    expect(css).toContain('--regime-bear:#c9566f');
    expect(css).toContain('--regime-bear:#d9435c');
    expect(css).toMatch(/\[data-palette=cvd\]\{[^}]*--regime-bear:#bc6a27/);
    expect(css).toMatch(/\[data-palette=classic\]\{[^}]*--regime-bear:#e05555/);
  });
});
