import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose suites take longest: begun first, so that none of them runs alone at the end. */
const SLOW = [
  'test/chaos/',
  'test/e2e/',
  'test/store/',
  'test/uptrend/',
  'src/data/ingest/',
  'src/app/server/',
];

/** Too dear for the ten minutes of `npm test`: only in `npm run test:nightly`, and to come back when they are cheaper. */
const LONG = [
  'test/chaos/live-kill.test.ts',
  'test/chaos/shared-server.test.ts',
  'test/chaos/soak.test.ts',
  'test/e2e/fetch-faults.test.ts',
  'test/venues/client-pacing.test.ts',
  'test/venues/live-matrix.test.ts',
];
const isLong = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = SLOW.findIndex((folder) => moduleId.includes(`/${folder}`));
      return at < 0 ? SLOW.length : at;
    };
    // the order within a folder stays the runner's own
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'web/src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(isLong ? [] : LONG)],
    globalSetup: ['test/build.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // one more than cores: suites that wait for browsers, databases and killed processes leave theirs idle
    maxWorkers: 3,
    sequence: { sequencer: SlowFirst },
    reporters: ['default'],
  },
});
