// `npm run bench:dashboard`: how fast the dashboard is in a real browser, run by the test runner because it has one.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/e2e/dashboard-speed.ts'], globalSetup: ['scripts/build-if-old.mjs'] },
});
