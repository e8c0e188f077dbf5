/**
 * Starting on an embedded database that exists. `store.pglite.start` is a new process each time, from its beginning to
 * the first answer and the end of the process; the lines below the result tell loading, opening (what a process that is
 * already there waits for) and the first answer apart.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Store } from '../src/platform/store/store.js';
import type { BenchCase } from './bench-case.js';

const run = promisify(execFile);
const PARTS = ['loading', 'opening', 'first_answer', 'since_process_began', 'cpu'] as const;
type Told = Readonly<Record<(typeof PARTS)[number], number>>;

const pgliteStart: BenchCase = {
  work: 'store.pglite.start',
  rows: 1,
  unit: 'start',
  async setup() {
    const home = mkdtempSync(join(tmpdir(), 'tidewatch-bench-store-'));
    const folder = join(home, 'db');
    await (await Store.open({ engine: 'pglite', folder })).close();
    const script = fileURLToPath(new URL('./store-start.js', import.meta.url));
    const told: Told[] = [];
    return {
      // a call of its own each time, not a loop of short ones
      prepare() {},
      async run() {
        const { stdout } = await run(process.execPath, [script, folder]);
        told.push(JSON.parse(stdout) as Told);
      },
      check: () => ({
        lines: PARTS.map((part) => {
          const ms = told
            .slice(2)
            .map((each) => each[part])
            .sort((a, b) => a - b);
          const word = part.replaceAll('_', ' ');
          return `${word.padEnd(22)} median ${ms[ms.length >> 1]!.toFixed(0)} ms, slowest ${ms.at(-1)!.toFixed(0)} ms`;
        }),
      }),
      teardown: () => rmSync(home, { recursive: true, force: true }),
    };
  },
};

export const storeCases: readonly BenchCase[] = [pgliteStart];
