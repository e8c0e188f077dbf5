/** Builds the dashboard into dist/web. The colour tokens come from the report's own list, as one style sheet. */

import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { regimeClassStyles } from '../src/app/report/regime-classes.ts';
import { chosenThemeStyles } from '../src/app/report/tokens.ts';

const TOKENS = 'virtual:tokens.css';

/** The tokens as a style sheet of the build: a strict policy admits no style written into the page. */
function tokens(): Plugin {
  return {
    name: 'tidewatch-tokens',
    resolveId: (id) => (id === TOKENS ? `\0${TOKENS}` : undefined),
    load: (id) => (id === `\0${TOKENS}` ? chosenThemeStyles() + regimeClassStyles() : undefined),
  };
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [tokens(), react()],
  build: {
    outDir: resolve(import.meta.dirname, '../dist/web'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // a minifier writes #ffffff as #fff and #808080 as gray, but charts read the tokens as six digits
    cssMinify: false,
    // one request less before the first paint; nothing here needs it
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { '/api': { target: 'http://127.0.0.1:8080', ws: true }, '/reports': 'http://127.0.0.1:8080' },
  },
});
