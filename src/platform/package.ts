/** Where the installed package lies: its version, the sample data, and whether it is a clone. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'tidewatch')
      return folder;
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the package.json of tidewatch was not found');
    folder = parent;
  }
}

/** Folder that holds package.json. */
export const PACKAGE_ROOT = findRoot();

export const VERSION: string = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')).version;

/** Real bars that come with the package. */
export const SAMPLE_FOLDER = join(PACKAGE_ROOT, 'data', 'sample');

/** Test suites and benches lie in a clone, not in an installed package. */
export const IS_CLONE = existsSync(join(PACKAGE_ROOT, 'test', 'golden'));
