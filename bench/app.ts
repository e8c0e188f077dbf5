/**
 * What a person waits for: the help, the first start and the second one, each as a process of its own. Wall time is
 * what counts here; the CPU column is that of the bench, not of the process it starts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchCase, PreparedBench } from './bench-case.js';

const CLI = fileURLToPath(new URL('../src/app/cli/main.js', import.meta.url));
/** Rows of the sample data. */
const SAMPLE_ROWS = 715_082;

function cli(...args: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.trim() || `exit ${status}`);
}

/** `start` up to the summary in a home under `folder`. */
const start = (home: string): void => cli('start', '--no-serve', '--no-open', '--quiet', '--home', home);

const folder = (): string => mkdtempSync(join(tmpdir(), 'tidewatch-bench-'));

export const appCases: readonly BenchCase[] = [
  {
    work: 'app.help',
    rows: 1,
    unit: 'run',
    async setup(): Promise<PreparedBench> {
      return { run: () => cli('--help'), prepare: () => {} };
    },
  },
  {
    work: 'app.start.cold',
    rows: SAMPLE_ROWS,
    unit: 'row',
    async setup(): Promise<PreparedBench> {
      const homes: string[] = [];
      return {
        prepare: () => {
          homes.push(folder());
        },
        run: () => start(homes.at(-1)!),
        teardown: () => {
          for (const home of homes) rmSync(home, { recursive: true });
        },
      };
    },
  },
  {
    work: 'app.start.again',
    rows: 1,
    unit: 'run',
    async setup(): Promise<PreparedBench> {
      const home = folder();
      start(home);
      return { prepare: () => {}, run: () => start(home), teardown: () => rmSync(home, { recursive: true }) };
    },
  },
];
