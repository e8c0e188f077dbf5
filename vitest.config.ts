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
    globalSetup: ['test/build.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // the runner leaves one core free; suites that wait for browsers and processes leave more
    maxWorkers: 2,
    sequence: { sequencer: SlowFirst },
    reporters: ['default'],
  },
});
