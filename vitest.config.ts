import { fileURLToPath } from 'node:url';
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

/** Suites with databases, servers, browsers and processes of their own. */
const SERVED = ['test/{chaos,e2e,store,venues}/**/*.test.ts', 'src/{app,data,platform}/**/*.test.ts'];

/**
 * What does not fit into ten minutes on two cores, on top of the rest: kills at random moments, soaks, every fault, whole
 * command lines, and leases of half a minute. `npm run test:long` runs these with the short counts, `npm run test:nightly`
 * everything with the full ones.
 */
const LONG = [
  'test/chaos/{fetch,job,lake,start}-kill.test.ts',
  'test/chaos/{shared-server,soak}.test.ts',
  'test/e2e/{fetch-faults,replay,walk-forward}.test.ts',
  'test/venues/client-pacing.test.ts',
];
const profile = process.env.TIDEWATCH_TEST_PROFILE;

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const at = SLOW.findIndex((folder) => moduleId.includes(`/${folder}`));
      // a process is kept for the next suite only where that is of the same project
      return (project.name === 'served' ? 0 : SLOW.length + 1) + (at < 0 ? SLOW.length : at);
    };
    // the order within a folder stays the runner's own
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  resolve: {
    alias: { 'fast-check': fileURLToPath(new URL('test/seeded-fast-check.ts', import.meta.url)) },
  },
  test: {
    globalSetup: ['scripts/build-if-old.mjs'],
    // more than cores: suites that wait for browsers, databases and killed processes leave theirs idle
    maxWorkers: 4,
    sequence: { sequencer: SlowFirst },
    reporters: ['default'],
    // suites share nothing that a test changes; loading everything anew took longer than most of them
    isolate: false,
    // what is waited for comes within moments, but on a busy machine not within the second that is the default
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'served',
          include: profile === 'long' ? LONG : SERVED,
          exclude: [...configDefaults.exclude, ...(profile === undefined ? LONG : [])],
          // optimising the embedded database takes longer than these suites use it
          execArgv: ['--liftoff-only'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          pool: 'forks',
        },
      },
      {
        extends: true,
        test: {
          name: 'pure',
          include:
            profile === 'long'
              ? []
              : ['src/**/*.test.ts', 'web/src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...SERVED],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          pool: 'forks',
        },
      },
    ],
  },
});
