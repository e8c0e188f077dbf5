/** A thread of teams (team-threads.ts): sleeps until it is given a place, then between rounds, until dissolved. */
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { layoutMemory } from '../../analysis/models/gaussian-hmm/wasm/memory-layout.js';
import { cutSegments } from '../../analysis/models/gaussian-hmm/wasm/segments.js';
import { Workspace } from '../../analysis/models/gaussian-hmm/wasm/workspace.js';
import { TeamProtocol } from './team-protocol.js';
import type { TeamMember, ThreadStart } from './team-threads.js';

const { port, assignments } = workerData as ThreadStart;
const counter = new Int32Array(assignments);

function serve(member: TeamMember): void {
  const protocol = new TeamProtocol(member.protocol, member.threads);
  try {
    const workspace = new Workspace(member.memory, cutSegments(member.lengths), member.thread);
    for (let round = 0; ; round += 1) {
      const task = protocol.nextRound(round);
      if (!task) return;
      // growing by nothing makes this thread see what another thread has grown
      member.memory.grow(0);
      const layout = layoutMemory(member, task.states, member.threads);
      workspace.prepare(layout, task.diagonal);
      workspace.reset();
      protocol.runThread(member.thread, workspace, layout);
    }
  } catch (error) {
    protocol.fail();
    throw error;
  }
}

for (let known = 0; ; known += 1) {
  while (Atomics.load(counter, 0) === known) Atomics.wait(counter, 0, known);
  serve(receiveMessageOnPort(port)?.message as TeamMember);
}
