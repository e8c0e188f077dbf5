/**
 * Whether what is about to be written fits on the disk, asked before anything is fetched.
 *
 * Bytes per row are measured, not guessed (one instrument, a month per file, zstd 3, parts v2): a minute of open,
 * high, low, close and volume takes 15 to 18 bytes on futures of Binance and 26 on synthetic noise, 35 with quote
 * volume and trades; a file costs about 7,000 more, which is most of a month of daily bars. Live parts and merges need
 * a quarter on top for a while. Bars that are stored already tell better than these figures.
 */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TidewatchError } from '../../errors.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { isMissing } from './file-system.js';

const BYTES_PER_ROW = 35;
const BYTES_PER_FILE = 7_000;
const MONTH_MS = (365.25 / 12) * 86_400_000;
/** While parts wait to be merged, and replaced files for their fifteen minutes. */
const OVERHEAD = 1.25;
/** Stays free whatever is written: below it the home is in the red (operations spec §6). */
export const RESERVED_BYTES = 1_000_000_000;
/** So many stored rows tell more than the figures above. */
const TELLING_ROWS = 100_000;

/** Size of stored bars of the same timeframe, as the status of the lake gives it. */
export interface StoredSize {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Bytes that bars of one instrument will take.
 * @param stored series of the same venue and timeframe, if any
 */
export function estimateBackfillBytes(
  rows: number,
  timeframe: Timeframe,
  stored: readonly StoredSize[] = [],
): number {
  const known = stored.reduce((sum, each) => sum + each.rows, 0);
  if (known >= TELLING_ROWS) {
    const perRow = stored.reduce((sum, each) => sum + each.bytes, 0) / known;
    return Math.ceil(rows * perRow * OVERHEAD);
  }
  const files = Math.ceil((rows * TIMEFRAME_MS[timeframe]) / MONTH_MS);
  return Math.ceil((rows * BYTES_PER_ROW + files * BYTES_PER_FILE) * OVERHEAD);
}

/** Bytes that this process may still write below a folder, which need not exist yet. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (!isMissing(error) || dirname(folder) === folder) throw error;
    return freeBytes(dirname(folder));
  }
}

/**
 * Refuses work that would not fit.
 * @param what begins the sentence: `3,200,000 bars of …`
 * @throws TidewatchError `not_enough_disk`
 */
export async function requireRoom(
  folder: string,
  bytes: number,
  what: string,
  free: (folder: string) => Promise<number> = freeBytes,
): Promise<void> {
  const available = await free(folder);
  if (available - bytes >= RESERVED_BYTES) return;
  const megabytes = (value: number): string => `${Math.ceil(value / 1e6).toLocaleString('en-US')} MB`;
  throw new TidewatchError(
    'not_enough_disk',
    `${what} would take about ${megabytes(bytes)} · ${megabytes(Math.max(available, 0))} are free in ${folder}, and ${megabytes(RESERVED_BYTES)} stay free`,
    {
      hint: 'free space, ask for a shorter range, or keep less: tidewatch lake prune',
      details: { needed_bytes: bytes, free_bytes: available, reserved_bytes: RESERVED_BYTES, folder },
    },
  );
}
