// Runs before the suites: as the set-up of vitest, and beside the static checks of `npm test`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Brings dist/ up to date once before any suite: workers, the command line and the kill tests run the built files. */
export default function setup() {
  if (process.env.TIDEWATCH_SKIP_BUILD) return;
  for (const project of ['tsconfig.build.json', 'tsconfig.client.json']) {
    const build = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (build.status !== 0) throw new Error('the build failed; see the compiler output above');
  }
  if (isDashboardOld()) {
    const build = spawnSync(
      process.execPath,
      ['node_modules/vite/bin/vite.js', 'build', '--config', 'web/vite.config.ts', '--logLevel', 'warn'],
      // the test runner's own value would bring the libraries' development builds into the bundle
      { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, NODE_ENV: 'production' } },
    );
    if (build.status !== 0) throw new Error('the dashboard could not be built; see the output above');
  }
  // every project of vitest.config.ts asks for it
  process.env.TIDEWATCH_SKIP_BUILD = '1';
}

/** True when a source of the dashboard is newer than what was built from it. */
function isDashboardOld() {
  const built = 'dist/web/index.html';
  if (!existsSync(built)) return true;
  const since = statSync(built).mtimeMs;
  const sources = ['web', 'src/app/report', 'src/market', 'src/analysis/uptrend'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return ['package.json', ...sources].some((path) => statSync(path).mtimeMs > since);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
