/**
 * The DuckDB file that may stand beside a research lake (majors-alts spec §1). No feature depends on it: it is opened for
 * reading, and what is wrong with it is a warning.
 */
import { existsSync } from 'node:fs';
import { duckdb } from '../../platform/duckdb.js';
import type { LakeNotice } from './fact-panel.js';

/** Why the database beside the files cannot be read; undefined when it can. */
export async function databaseNotice(path: string): Promise<LakeNotice | undefined> {
  const notice = (why: string): LakeNotice => ({
    code: 'no_database',
    message: `${path} ${why}; nothing depends on it`,
  });
  if (!existsSync(path)) return notice('is not there');
  try {
    const instance = await duckdb.DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
    instance.closeSync();
    return undefined;
  } catch {
    return notice('cannot be opened as a DuckDB file');
  }
}
