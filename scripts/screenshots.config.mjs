// `npm run screenshots`: the pictures of the documentation, made by the test runner because it has the browser.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/e2e/*-pictures.ts'], globalSetup: ['scripts/build-if-old.mjs'] },
});
