/** One download per series at a time, in all processes of a home: two would ask the venue for the same bars. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { TidewatchError } from '../../errors.js';
import { tryLock } from '../../platform/file-lock.js';
import { createHome, type Home } from '../../platform/home.js';

/**
 * Runs `work` while this process holds the series.
 * @throws TidewatchError `job_running` when another one does, naming its pid
 */
export async function withSeries<T>(home: Home, series: string, work: () => Promise<T>): Promise<T> {
  createHome(home);
  const name = createHash('sha256').update(series).digest('hex').slice(0, 16);
  const answer = await tryLock(join(home.run, `fetch-${name}.duckdb`));
  if (!('release' in answer)) {
    const { heldBy } = answer;
    throw new TidewatchError(
      'job_running',
      `${series} is being fetched already${heldBy === null ? '' : ` by process ${heldBy}`}`,
      { hint: 'wait for it to finish, or stop it', details: { series, pid: heldBy } },
    );
  }
  try {
    return await work();
  } finally {
    answer.release();
  }
}
