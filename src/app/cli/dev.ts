/** `dev golden` and `dev bench`: thin starters of what lies in a clone. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXIT, TidewatchError } from '../../errors.js';
import { IS_CLONE, PACKAGE_ROOT } from '../../platform/package.js';
import type { CommandContext } from './command-context.js';
import type { CommandResult } from './run-command.js';

export async function runGolden(context: CommandContext, dir: string | undefined): Promise<CommandResult> {
  requireClone();
  const folder = dir === undefined ? undefined : resolve(dir);
  if (folder !== undefined && !existsSync(folder)) {
    throw new TidewatchError('file_not_found', `the folder ${folder} does not exist`, {
      hint: 'name a folder that holds golden cases',
      details: { path: folder },
    });
  }
  const exit = await run(
    context,
    [join(PACKAGE_ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', 'test/golden'],
    folder === undefined ? {} : { GOLDEN_DIR: folder },
  );
  return {
    data: { golden_dir: folder ?? null, passed: exit === 0 },
    exit: exit === 0 ? EXIT.ok : EXIT.findings,
  };
}

export async function runBench(context: CommandContext, names: readonly string[]): Promise<CommandResult> {
  requireClone();
  const exit = await run(
    context,
    ['--expose-gc', join(PACKAGE_ROOT, 'dist', 'bench', 'run.js'), ...names],
    {},
  );
  return { data: { names, passed: exit === 0 }, exit: exit === 0 ? EXIT.ok : EXIT.findings };
}

function requireClone(): void {
  if (IS_CLONE) return;
  throw new TidewatchError('bad_parameter', 'suites and benches are not part of an installed package', {
    hint: 'run this in a clone of the repository',
  });
}

/** The child's output goes to our stdout, or to stderr when stdout belongs to the JSON envelope. */
function run(context: CommandContext, args: readonly string[], env: Record<string, string>): Promise<number> {
  return new Promise((settle, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: PACKAGE_ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', context.flags.json ? process.stderr : 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code) => settle(code ?? EXIT.internal));
  });
}
