/**
 * Measures one case in this process, by the method of the peer harness: warm-up, at least three repeats, calls under
 * 0.25 s looped, CPU over all threads, and the peak of the resident memory since setup (VmHWM after a reset).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { BenchCase } from './bench-case.js';

const SHORT_CALL_SECONDS = 0.25;
const LEAST_REPEATS = 3;

export interface Measurement {
  work: string;
  rows: number;
  unit: string;
  threads: number;
  /** Calls inside one repeat. */
  inner: number;
  /** Seconds of one unit of the case (one EM iteration, one call), one entry per repeat. */
  cpu_s: number[];
  wall_s: number[];
  /** Peak resident memory while measuring, with the runtime and the inputs in it. */
  rss_peak_mb: number;
  check: Record<string, unknown>;
}

setFlagsFromString('--expose-gc');
export const collectGarbage = runInNewContext('gc') as () => void;

function statusMegabytes(key: 'VmHWM' | 'VmRSS'): number {
  if (!existsSync('/proc/self/status')) return process.memoryUsage().rss / 1_048_576;
  const line = readFileSync('/proc/self/status', 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith(`${key}:`));
  return Number(line?.match(/\d+/)?.[0] ?? Number.NaN) / 1024;
}

function resetPeakMemory(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // not Linux, or not allowed: the peak then covers the setup too
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export async function measure(
  benchCase: BenchCase,
  dataFolder: string,
  threads: number,
  repeat: number,
): Promise<Measurement> {
  const bench = await benchCase.setup(dataFolder, threads);
  let result: unknown;
  let inner = 1;
  for (let warmUp = 0; warmUp < 2; warmUp++) {
    await bench.prepare?.();
    const started = performance.now();
    result = await bench.run();
    const seconds = (performance.now() - started) / 1e3;
    if (!bench.prepare) inner = Math.max(1, Math.ceil(SHORT_CALL_SECONDS / Math.max(seconds, 1e-6)));
  }
  result = undefined;
  collectGarbage();
  resetPeakMemory();
  const cpu: number[] = [];
  const wall: number[] = [];
  for (let round = 0; round < Math.max(LEAST_REPEATS, repeat); round++) {
    result = undefined;
    await bench.prepare?.();
    collectGarbage();
    const cpuStart = cpuSeconds();
    const wallStart = performance.now();
    for (let call = 0; call < inner; call++) result = await bench.run();
    const units = inner * (benchCase.divide ?? 1);
    wall.push((performance.now() - wallStart) / 1e3 / units);
    cpu.push((cpuSeconds() - cpuStart) / units);
  }
  const peak = statusMegabytes('VmHWM');
  const check = bench.check?.(result) ?? {};
  await bench.teardown?.();
  return {
    work: benchCase.work,
    rows: benchCase.rows,
    unit: benchCase.unit,
    threads,
    inner,
    cpu_s: cpu,
    wall_s: wall,
    rss_peak_mb: Math.round(peak * 10) / 10,
    check,
  };
}
