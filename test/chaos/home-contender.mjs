// A process that wants to own a home. On stdin: "try" or "release"; on stdout one JSON line per answer.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { resolveHome } from '../../dist/src/platform/home.js';
import { ownHome } from '../../dist/src/platform/home-owner.js';

const home = resolveHome({ flag: process.argv[2], env: {}, cwd: process.cwd() });
const say = (answer) => writeSync(1, `${JSON.stringify(answer)}\n`);
let owner;
say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'release') {
    await owner?.release();
    owner = undefined;
    say({ released: true });
  } else {
    const started = performance.now();
    try {
      owner = await ownHome(home);
      say({ owned: true });
    } catch (error) {
      say({
        owned: false,
        code: error.code,
        pid: error.details?.pid ?? null,
        ms: performance.now() - started,
      });
    }
  }
}
