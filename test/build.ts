import { spawnSync } from 'node:child_process';

/** Brings dist/ up to date once before any suite: workers, the command line and the kill tests run the built files. */
export default function setup(): void {
  if (process.env.TIDEWATCH_SKIP_BUILD) return;
  for (const project of ['tsconfig.build.json', 'tsconfig.client.json']) {
    const build = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (build.status !== 0) throw new Error('the build failed; see the compiler output above');
  }
}
