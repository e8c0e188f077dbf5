import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose suites take longest: begun first, so that none of them runs alone at the end. */
const SLOW = [
  'test/chaos/',
  'test/e2e/',
  'test/store/',
  'src/app/drivers/',
  'test/venues/',
  'src/data/ingest/',
  'src/app/server/',
  'test/uptrend/',
];

/** Suites with processes, databases, servers and browsers of their own: each has a process to itself. */
const APART = ['test/{chaos,e2e,store,venues}/**/*.test.ts', 'src/{app,data,platform}/**/*.test.ts'];

/**
 * Only in `npm run test:nightly`: waits for leases of half a minute and closing minutes of three real processes, four
 * minutes and a half in all. What it shows of kills, schedule-kill.test.ts shows on a quick clock.
 */
const LONG = ['test/chaos/shared-server.test.ts'];
const isNightly = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const at = SLOW.findIndex((folder) => moduleId.includes(`/${folder}`));
      // a process is kept for the next suite only where that is of the same project
      return (project.name === 'apart' ? 0 : SLOW.length + 1) + (at < 0 ? SLOW.length : at);
    };
    // the order within a folder stays the runner's own
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    globalSetup: ['test/build.ts'],
    // one more than cores: suites that wait for browsers, databases and killed processes leave theirs idle
    maxWorkers: 3,
    sequence: { sequencer: SlowFirst },
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'apart',
          include: APART,
          exclude: [...configDefaults.exclude, ...(isNightly ? [] : LONG)],
          // optimising the embedded database takes longer than these suites use it
          execArgv: ['--liftoff-only'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: 'forks',
        },
      },
      {
        extends: true,
        test: {
          name: 'pure',
          include: ['src/**/*.test.ts', 'web/src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...APART],
          // they share nothing that a test changes; loading everything anew took longer than most of them
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: 'forks',
        },
      },
    ],
  },
});
