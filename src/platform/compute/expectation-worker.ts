/** One thread of a team (parallel-expectation.ts): sleeps between rounds, ends when the engine is disposed of. */
import { workerData } from 'node:worker_threads';
import { layoutMemory } from '../../analysis/models/gaussian-hmm/wasm/memory-layout.js';
import { cutSegments } from '../../analysis/models/gaussian-hmm/wasm/segments.js';
import { Workspace } from '../../analysis/models/gaussian-hmm/wasm/workspace.js';
import type { TeamMember } from './parallel-expectation.js';
import { TeamProtocol } from './team-protocol.js';

const member = workerData as TeamMember;
const protocol = new TeamProtocol(member.protocol, member.threads);

try {
  const workspace = new Workspace(member.memory, cutSegments(member.lengths), member.thread);
  for (let round = 0; ; round += 1) {
    const task = protocol.nextRound(round);
    if (!task) break;
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
