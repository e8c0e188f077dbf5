import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { fitGaussianHmm } from '../../analysis/models/gaussian-hmm/fit.js';
import { randomModel, sampleObservations } from '../../analysis/models/gaussian-hmm/random-model.fixture.js';
import { Random } from '../../market/random.js';
import { awaitAnswer, runInWorker } from './run-in-worker.js';

const OPTIONS = { states: 3, covarianceType: 'full', restarts: 2, maxIterations: 20 } as const;

function observationsOf(rows: number) {
  const random = new Random(21);
  return sampleObservations(random, randomModel(random, 3, 3, 'full'), [rows]);
}

describe('a computation in a worker', () => {
  it('gives the same result as in this thread', async () => {
    const observations = observationsOf(3_000);
    const here = fitGaussianHmm(observations, OPTIONS);
    const there = await runInWorker('fitGaussianHmm', { observations, options: OPTIONS });
    expect(there).toEqual(here);
  });

  it('passes on the error of the task with its code, hint and details', async () => {
    const observations = observationsOf(50);
    observations.data[7] = Number.NaN;
    const failing = runInWorker('fitGaussianHmm', { observations, options: OPTIONS });
    await expect(failing).rejects.toMatchObject({
      name: 'TidewatchError',
      code: 'non_finite_input',
      details: { row: 2, column: 1 },
    });
  });

  it('ends at once when it is aborted', async () => {
    const observations = observationsOf(200_000);
    const controller = new AbortController();
    const running = runInWorker(
      'fitGaussianHmm',
      { observations, options: { ...OPTIONS, restarts: 100, maxIterations: 10_000, tolerance: 0 } },
      { signal: controller.signal },
    );
    controller.abort(new Error('no longer needed'));
    await expect(running).rejects.toThrow('no longer needed');
    await expect(
      runInWorker('fitGaussianHmm', { observations, options: OPTIONS }, { signal: controller.signal }),
    ).rejects.toThrow('no longer needed');
  });

  it('calls anything else a bug', async () => {
    const observations = { data: new Float64Array(4), rows: 4, features: 1, lengths: [4] };
    const unknown = 'no such task' as 'fitGaussianHmm';
    await expect(runInWorker(unknown, { observations, options: OPTIONS })).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it.each([
    ['ends', 'process.exit(7)', 'exit code 7'],
    ['ends after a while', 'setTimeout(() => process.exit(8), 20)', 'exit code 8'],
    ['throws', "throw new Error('out of luck')", 'out of luck'],
    ['rejects', "Promise.reject(new Error('nobody cared'))", 'nobody cared'],
  ])('fails when its worker %s', async (_, program, cause) => {
    const worker = new Worker(program, { eval: true });
    await expect(awaitAnswer(worker)).rejects.toMatchObject({
      name: 'TidewatchError',
      code: 'internal',
      cause: { message: cause },
    });
  });

  it('fails when its worker is killed in the middle of a task', async () => {
    const worker = new Worker('for (;;);', { eval: true });
    const answer = awaitAnswer(worker);
    worker.once('online', () => void worker.terminate());
    await expect(answer).rejects.toMatchObject({ name: 'TidewatchError', code: 'internal' });
  });

  it('leaves the event loop free', async () => {
    const observations = observationsOf(100_000);
    const { data } = observations;
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 10);
    const started = performance.now();
    await runInWorker(
      'fitGaussianHmm',
      { observations, options: { ...OPTIONS, restarts: 4, tolerance: 0, maxIterations: 60 } },
      { transfer: [data.buffer as ArrayBuffer], threads: 1 },
    );
    const elapsed = performance.now() - started;
    clearInterval(ticking);
    // a blocked loop would not turn at all; half the turns leaves room for a loaded machine
    expect(turns).toBeGreaterThan(elapsed / 10 / 2);
    expect(data.length).toBe(0);
  });
});
