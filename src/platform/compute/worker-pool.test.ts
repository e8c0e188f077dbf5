import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { regimeTable } from '../../analysis/models/feature-table.fixture.js';
import type { Candidate } from '../../analysis/models/walk-forward/fold-family.js';
import type { WalkForwardInput } from '../../analysis/models/walk-forward/fold-search.js';
import {
  finishWalkForward,
  foldsToSearch,
  type WalkForwardPlan,
} from '../../analysis/models/walk-forward/walk-forward-report.js';
import { Random } from '../../market/random.js';
import { askWorkers, runPool, shareColumn } from './worker-pool.js';

const table = regimeTable(new Random(5), [700, 500]);
const columns = table.columns.map(shareColumn);
const input: WalkForwardInput = { table: { ...table, columns }, returns: columns[0]! };
const candidate: Candidate = { family: 'hmm', states: 3, restarts: 4, seed: 42 };
const plan: WalkForwardPlan = {
  candidate,
  schedule: { window: 'expanding', train: 400, refit: 110 },
  decoding: {},
  rule: 'long_short',
  costBps: 10,
  barsPerYear: 8_760,
  draws: 99,
};
const folds = foldsToSearch(1_200, plan.schedule);

/** A worker of plain JavaScript that answers each question with the value of `answer`. */
const scripted = (answer: string, workerData: unknown = null): Worker =>
  new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     parentPort.on('message', ({ index, item }) => {
       ${answer}
       parentPort.postMessage({ index, answer: { kind: 'result', result: item * 10 } });
     });`,
    { eval: true, workerData },
  );

describe('runPool', () => {
  it('1, 2 and 8 workers end in the same bytes', async () => {
    const hashes: string[] = [];
    for (const workers of [1, 2, 8]) {
      const searches = await runPool('searchFold', { input, candidate }, folds, { workers });
      const { report, statesCsv } = finishWalkForward(input, plan, searches);
      hashes.push(createHash('sha256').update(JSON.stringify(report)).update(statesCsv).digest('hex'));
    }
    expect(new Set(hashes).size).toBe(1);
  }, 120_000);

  it('passes on what an item throws, with its code', async () => {
    const beyond = [{ index: 0, trainFrom: 0, trainTo: 0, applyTo: 100 }];
    await expect(runPool('searchFold', { input, candidate }, beyond)).rejects.toMatchObject({
      code: 'too_few_rows',
    });
  });

  it('stops at once when it is cancelled', async () => {
    const cancel = new AbortController();
    const run = runPool('searchFold', { input, candidate }, folds, {
      workers: 1,
      signal: cancel.signal,
      onResult: () => cancel.abort(new Error('enough')),
    });
    await expect(run).rejects.toThrow('enough');
    await expect(
      runPool('searchFold', { input, candidate }, folds, { signal: cancel.signal }),
    ).rejects.toThrow('enough');
  });

  it('has nothing to do without items', async () => {
    expect(await runPool('searchFold', { input, candidate }, [])).toEqual([]);
  });
});

describe('askWorkers', () => {
  it('keeps the order of the items and tells of each once', async () => {
    const told: number[] = [];
    const results = await askWorkers(() => scripted(''), [5, 6, 7, 8, 9], {
      workers: 3,
      onResult: (_result, index) => told.push(index),
    });
    expect(results).toEqual([50, 60, 70, 80, 90]);
    expect(told.sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it('replaces a worker that dies and does its item again', async () => {
    const deaths = new Int32Array(new SharedArrayBuffer(4));
    const dieOnce = 'if (item === 3 && Atomics.add(workerData, 0, 1) === 0) process.exit(1);';
    expect(await askWorkers(() => scripted(dieOnce, deaths), [1, 2, 3, 4], { workers: 2 })).toEqual([
      10, 20, 30, 40,
    ]);
    expect(deaths[0]).toBe(2);
  });

  it('gives up on an item that kills its worker twice', async () => {
    const alwaysDie = 'if (item === 3) process.exit(1);';
    await expect(askWorkers(() => scripted(alwaysDie), [1, 2, 3, 4], { workers: 2 })).rejects.toMatchObject({
      code: 'internal',
      details: { item: 2 },
    });
  });

  it('ends when a listener throws', async () => {
    const listener = () => {
      throw new Error('disk full');
    };
    await expect(askWorkers(() => scripted(''), [1, 2], { onResult: listener })).rejects.toThrow('disk full');
  });
});
