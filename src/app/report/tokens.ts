/**
 * Colour tokens of the look (design §2): the one place where a colour is written down. Charts and pages read them
 * as CSS variables; tokens.test.ts recomputes the contrast and the distances the design promises.
 */

/** Light and dark value of one token. */
export interface ThemedColor {
  readonly dark: string;
  readonly light: string;
}

const themed = (dark: string, light: string): ThemedColor => ({ dark, light });

/** Surfaces, words and signals. */
export const BASE_TOKENS = {
  bg: themed('#0b0e14', '#f4f6f8'),
  panel: themed('#12171f', '#ffffff'),
  raised: themed('#1a212c', '#eef1f5'),
  border: themed('#262f3d', '#d9dfe7'),
  grid: themed('#1b222d', '#edf0f4'),
  text: themed('#e6eaf0', '#141a22'),
  muted: themed('#a3adbb', '#4c5868'),
  faint: themed('#8590a1', '#5f6b7d'),
  accent: themed('#7aa5ff', '#2257c9'),
  'on-accent': themed('#0b0e14', '#ffffff'),
  focus: themed('#9dbcff', '#2257c9'),
  ok: themed('#34c77b', '#137a43'),
  warn: themed('#f2b13d', '#8f5a00'),
  bad: themed('#ff6b6e', '#c42b33'),
  up: themed('#2fbf8f', '#0c7d5c'),
  down: themed('#f2646c', '#c8313d'),
  'add-appetite': themed('#5fdcea', '#07788c'),
  'exit-assertiveness': themed('#b48aff', '#6a2fb8'),
  s0: themed('#e8626a', '#d3304c'),
  s1: themed('#5fb0ff', '#2456c4'),
  s2: themed('#f2a541', '#8f4a00'),
  s3: themed('#74d69e', '#0a7f45'),
  s4: themed('#868e9d', '#6b7485'),
  'ema-20': themed('#5fb0ff', '#2166cf'),
  'ema-60': themed('#5fce90', '#147a43'),
  'ema-144': themed('#f2a541', '#a85b00'),
  'ema-250': themed('#ef6a6f', '#cb333a'),
  'ema-333': themed('#b58cf5', '#7445c4'),
  'signal-buy': themed('#b5ee4a', '#659600'),
  'signal-trim': themed('#ffdd57', '#a57c00'),
  'signal-emergency': themed('#ff9440', '#c25700'),
  decay: themed('#d64550', '#9b1c26'),
} as const;

/** Regime shapes. `chop-3` and `chop-4` are ours: the design names colours up to six states, the models go to twelve. */
export const REGIME_TOKENS = {
  'strong-bear': themed('#ff4545', '#8f0018'),
  bear: themed('#c9566f', '#d9435c'),
  chop: themed('#7f8b9e', '#667183'),
  'chop-1': themed('#6f94b8', '#44729c'),
  'chop-2': themed('#a39a5e', '#7a7030'),
  'chop-3': themed('#9a88b5', '#74609a'),
  'chop-4': themed('#a8928a', '#80685e'),
  bull: themed('#6fc0a2', '#23866a'),
  'strong-bull': themed('#2ff29c', '#00513a'),
  unobserved: themed('#8590a1', '#5f6b7d'),
} as const;

/** Orange against blue, for colour-blind readers. Members that are missing keep their default. */
export const COLOR_BLIND_SAFE_TOKENS = {
  'strong-bear': themed('#fd7c16', '#7a2a04'),
  bear: themed('#d4b88f', '#bc6a27'),
  chop: themed('#868b9b', '#5d626f'),
  'chop-1': themed('#868b9b', '#5d626f'),
  'chop-2': themed('#868b9b', '#5d626f'),
  'chop-3': themed('#868b9b', '#5d626f'),
  'chop-4': themed('#868b9b', '#5d626f'),
  bull: themed('#81c5ea', '#2a86e6'),
  'strong-bull': themed('#2a80ff', '#0a2a7a'),
  s0: themed('#f0742e', '#924003'),
  s1: themed('#a9d3ff', '#2a8ae8'),
  s2: themed('#f4dd5c', '#948200'),
  s3: themed('#3b8eff', '#0b2a66'),
  s4: themed('#8791a3', '#636674'),
  up: themed('#4f9dff', '#0b5cc4'),
  down: themed('#f2923c', '#b34a00'),
} as const;

const same = (hex: string): ThemedColor => themed(hex, hex);

/** The hexes that label records carry (HMM spec §7.3); offered, not the default. */
export const CLASSIC_TOKENS = {
  'strong-bear': same('#b30000'),
  bear: same('#e05555'),
  chop: same('#808080'),
  'chop-1': same('#5c7a99'),
  'chop-2': same('#556b2f'),
  'chop-3': same('#7a6a99'),
  'chop-4': same('#8a7f5c'),
  bull: same('#00cc66'),
  'strong-bull': same('#00ff99'),
} as const;

type Theme = keyof ThemedColor;

function declarations(tokens: Readonly<Record<string, ThemedColor>>, theme: Theme, prefix = ''): string {
  return Object.entries(tokens)
    .map(([name, color]) => `--${prefix}${name}:${color[theme]}`)
    .join(';');
}

const REGIME_NAMES: ReadonlySet<string> = new Set(Object.keys(REGIME_TOKENS));

/** Splits a palette into `--name` and `--regime-name` declarations. */
function paletteDeclarations(tokens: Readonly<Record<string, ThemedColor>>, theme: Theme): string {
  return Object.entries(tokens)
    .map(([name, color]) => `--${REGIME_NAMES.has(name) ? 'regime-' : ''}${name}:${color[theme]}`)
    .join(';');
}

/** One theme of every token, palettes by `data-palette`, under a selector. */
function theme(name: Theme, scope: string): string {
  return [
    `${scope}{color-scheme:${name};${declarations(BASE_TOKENS, name)};${declarations(REGIME_TOKENS, name, 'regime-')}}`,
    `${scope}[data-palette=cvd]{${paletteDeclarations(COLOR_BLIND_SAFE_TOKENS, name)}}`,
    `${scope}[data-palette=classic]{${paletteDeclarations(CLASSIC_TOKENS, name)}}`,
  ].join('');
}

/** Every token as CSS variables: dark or light by the viewer's theme, light on paper. */
export function tokenStyles(): string {
  return `${theme('light', ':root')}@media screen and (prefers-color-scheme:dark){${theme('dark', ':root:not([data-theme=light])')}}`;
}

/** Every token as CSS variables: dark unless `data-theme=light` was chosen. */
export function chosenThemeStyles(): string {
  return theme('dark', ':root') + theme('light', ':root[data-theme=light]');
}
