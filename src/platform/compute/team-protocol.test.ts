import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { TeamProtocol } from './team-protocol.js';
import { workerFile } from './worker-file.js';

describe('the threads of an E step', () => {
  it('do not wait for one that fails inside a round', async () => {
    const protocol = TeamProtocol.create(2, 2);
    const program = `
      const { workerData } = require('node:worker_threads');
      import(workerData.module).then(({ TeamProtocol }) => {
        const protocol = new TeamProtocol(workerData.buffer, 2);
        protocol.nextRound(0);
        protocol.fail();
        throw new Error('broken');
      });`;
    const module = workerFile(import.meta.url, 'team-protocol').href;
    const worker = new Worker(program, { eval: true, workerData: { module, buffer: protocol.buffer } });
    const death = once(worker, 'error');
    protocol.begin({ states: 3, diagonal: false });
    expect(() => protocol.meet()).toThrow('a thread of the E step failed');
    expect(protocol.failed).toBe(true);
    expect((await death)[0]).toMatchObject({ message: 'broken' });
  });
});
