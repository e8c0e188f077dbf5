/** One hash over a folder: names, sizes, contents. Two equal hashes mean that nothing in it was made, changed or lost. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** SHA-256 in hex; entries in code-unit order of their paths, links by where they point. */
export function treeHash(folder: string): string {
  const hash = createHash('sha256');
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { entry, path } of entries) {
    hash.update(`${relative(folder, path).split(sep).join('/')}\0`);
    if (entry.isFile()) hash.update(createHash('sha256').update(readFileSync(path)).digest());
    else if (entry.isSymbolicLink()) hash.update(`link ${readlinkSync(path)}\0`);
    else hash.update('folder\0');
  }
  return hash.digest('hex');
}
