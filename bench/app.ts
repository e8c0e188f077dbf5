/**
 * What a person waits for: the help, the first start and the second one, each as a process of its own. Wall time is
 * what counts here; the CPU column is that of the bench, not of the process it starts.
 */
import { spawn, spawnSync } from 'node:child_process';
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

/** `start` up to the first page that it serves; then it is ended, which costs some 0.1 s more. */
async function served(home: string): Promise<void> {
  const args = [CLI, 'start', '--no-open', '--port', '0', '--home', home];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const url = await new Promise<string>((found, failed) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const match = /http:\/\/127\.0\.0\.1:\d+/.exec(text);
      if (match) found(match[0]);
    });
    void ended.then(() => failed(new Error(`start ended before it served: ${text}`)));
  });
  const answer = await fetch(url);
  if (!answer.ok || !(await answer.text()).includes('</html>')) throw new Error(`${url}: ${answer.status}`);
  child.kill('SIGINT');
  await ended;
}

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
    work: 'app.start.second',
    rows: 1,
    unit: 'run',
    async setup(): Promise<PreparedBench> {
      const home = folder();
      start(home);
      return {
        prepare: () => {},
        run: () => served(home),
        teardown: () => rmSync(home, { recursive: true }),
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
