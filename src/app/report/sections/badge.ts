/** Honesty badges: a dot in the signal's colour, a word, a tint. */
import { html, type Markup } from '../markup.js';

export type BadgeTone = 'ok' | 'warn' | 'bad' | 'info' | 'plain';

export const badge = (tone: BadgeTone, words: string): Markup =>
  html`<span class="badge ${tone}"><i aria-hidden="true"></i>${words}</span>`;

/** Shape in the regime's colour and hatch; its label always stands beside it. */
export const swatch = (color: string): Markup => html`<i class="swatch ${color}" aria-hidden="true"></i>`;
