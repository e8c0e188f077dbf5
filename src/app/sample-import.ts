/** The sample data in the lake, once: a stamp inside the lake says which sample was imported wholly. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { importSample } from '../data/lake/sample.js';
import type { Clock } from '../market/clock.js';
import { writeFileAtomic } from '../platform/atomic-file.js';
import { SAMPLE_FOLDER } from '../platform/package.js';
import type { HomeLake } from './home-lake.js';

const stampSchema = z.object({ manifest_sha256: z.string(), rows: z.int(), files: z.int() });
type Stamp = z.infer<typeof stampSchema>;

/** Rows and files of the shipped sample. */
export interface SampleImport {
  readonly rows: number;
  readonly files: number;
  /** True when it was there already. */
  readonly present: boolean;
}

/** Imports the sample unless the same one is there. @throws TidewatchError what an import throws */
export async function ensureSample(
  data: HomeLake,
  clock: Clock,
  onProgress: (done: number, total: number) => void,
): Promise<SampleImport> {
  const stampPath = join(data.home.lake, 'sample.json');
  const found = readStamp(stampPath);
  const hash = createHash('sha256').update(readManifest()).digest('hex');
  if (found?.manifest_sha256 === hash) return { rows: found.rows, files: found.files, present: true };
  return data.write(async (writer) => {
    const isRepeat = (await data.lake.activeFiles('bars')).length > 0;
    const report = await importSample({ lake: data.lake, now: clock.now() }, SAMPLE_FOLDER, onProgress);
    // what an interrupted import had published is there twice now; merging leaves it once
    if (isRepeat) await writer.compact();
    const stamp: Stamp = { manifest_sha256: hash, rows: report.rowsWritten, files: report.files };
    writeFileAtomic(stampPath, `${JSON.stringify(stamp)}\n`, 0o600);
    return { rows: report.rowsWritten, files: report.files, present: false };
  });
}

/** True when this home holds the sample. */
export function hasSample(home: HomeLake['home']): boolean {
  return readStamp(join(home.lake, 'sample.json')) !== undefined;
}

function readManifest(): string {
  const path = join(SAMPLE_FOLDER, 'manifest.json');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function readStamp(path: string): Stamp | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return stampSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined; // damaged: import again, which does no harm
  }
}
