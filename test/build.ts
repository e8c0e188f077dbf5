import { spawnSync } from 'node:child_process';

/** Brings dist/ up to date once before any suite: workers, the command line and the kill tests run the built files. */
export default function setup(): void {
  if (process.env.TIDEWATCH_SKIP_BUILD) return;
  const build = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  if (build.status !== 0) throw new Error('the build failed; see the compiler output above');
}
