/**
 * `npm run bench -- [name…] [--json] [--data DIR] [--threads N] [--repeat R]`: measures every case whose id contains one
 * of the names, each in a fresh process, prints a table and writes JSON to bench/results/. Without `--data` (or
 * TIDEWATCH_BENCH_DATA) it generates equivalent seeded input and says so.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { selectCases } from './catalogue.js';
import { generatedInput } from './input.js';
import type { Measurement } from './measure.js';

const COLUMNS = ['bench', 'case', 'rows', 'threads', 'seconds', 'CPU s', 'throughput', 'peak memory'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    data: { type: 'string', default: process.env.TIDEWATCH_BENCH_DATA ?? '' },
    threads: { type: 'string', default: '1' },
    repeat: { type: 'string', default: '3' },
  },
});

type Outcome = Measurement | { work: string; error: string };

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function seconds(value: number): string {
  if (value < 1e-3) return `${(value * 1e6).toFixed(1)} µs`;
  return value < 0.1 ? `${(value * 1e3).toFixed(2)} ms` : `${value.toFixed(3)} s`;
}

function rate(value: number, unit: string): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M ${unit}/s`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(2)} k ${unit}/s` : `${value.toFixed(2)} ${unit}/s`;
}

function runCase(work: string, data: string): Outcome {
  const script = fileURLToPath(new URL('./peer.js', import.meta.url));
  const flags = ['--work', work, '--data', data, '--threads', values.threads, '--repeat', values.repeat];
  const child = spawnSync(process.execPath, [script, ...flags], { encoding: 'utf8' });
  try {
    const answer = JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '') as
      | Measurement
      | { error: string };
    return 'error' in answer ? { work, error: answer.error } : answer;
  } catch {
    return { work, error: child.stderr.trim().split('\n').at(-1) ?? `exit ${child.status}` };
  }
}

/** In a process of its own, with a young generation of fixed size (see memory.ts). */
function runMemory(): Record<string, unknown> {
  const script = fileURLToPath(new URL('./memory.js', import.meta.url));
  const flags = ['--expose-gc', '--min-semi-space-size=2', '--max-semi-space-size=2'];
  const child = spawnSync(process.execPath, [...flags, script], { encoding: 'utf8' });
  const lines = child.stdout.trim().split('\n');
  const result = lines.pop() ?? '';
  for (const line of lines) print(line);
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(result) as Record<string, unknown>;
}

function cells(outcome: Outcome): string[] {
  const [bench, ...rest] = outcome.work.split('.');
  if ('error' in outcome) return [bench, rest.join('.'), '', '', `FAILED: ${outcome.error}`, '', '', ''];
  const wall = median(outcome.wall_s);
  return [
    bench,
    rest.join('.'),
    String(outcome.rows),
    String(outcome.threads),
    seconds(wall),
    seconds(median(outcome.cpu_s)),
    rate(outcome.rows / wall, outcome.unit),
    `${Math.round(outcome.rss_peak_mb)} MB`,
  ];
}

const print = (line: string): void => {
  if (!values.json) console.log(line);
};

function writeReport(content: Record<string, unknown>): void {
  const when = new Date().toISOString();
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memory_mb: Math.round(totalmem() / 1_048_576),
  };
  const report = JSON.stringify({ when, ...machine, ...content }, null, 1);
  mkdirSync(join('bench', 'results'), { recursive: true });
  const file = join('bench', 'results', `${when.slice(0, 19).replaceAll(':', '')}.json`);
  writeFileSync(file, `${report}\n`);
  console.log(values.json ? report : `written: ${file}`);
}

async function main(): Promise<void> {
  if (positionals.includes('memory')) {
    writeReport(runMemory());
    return;
  }
  const cases = await selectCases(positionals);
  if (cases.length === 0) {
    console.error(`no case matches ${positionals.join(' ')}`);
    process.exitCode = 2;
    return;
  }
  const data = values.data === '' ? await generatedInput() : values.data;
  print(values.data === '' ? `input: generated here (seeded), in ${data}` : `input: ${data}`);
  print(`| ${COLUMNS.join(' | ')} |\n|${COLUMNS.map(() => '---').join('|')}|`);
  const outcomes: Outcome[] = [];
  for (const { work } of cases) {
    const outcome = runCase(work, data);
    outcomes.push(outcome);
    print(`| ${cells(outcome).join(' | ')} |`);
    if (!('error' in outcome) && Array.isArray(outcome.check.lines))
      for (const line of outcome.check.lines) print(line);
  }
  writeReport({ input: values.data === '' ? 'generated' : 'peers', results: outcomes });
  if (outcomes.some((outcome) => 'error' in outcome)) process.exitCode = 1;
}

await main();
