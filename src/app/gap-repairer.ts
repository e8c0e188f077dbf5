/** Who can be asked for missing bars: the clients of the venues. */
import type { GapRepairer } from '../data/lake/gap-repair.js';
import { downloadUnavailable } from './jobs/data-job.js';

/** Asks the venue of each instrument. */
export function gapRepairer(): GapRepairer {
  // biome-ignore lint/correctness/useYield: no venue can be asked yet
  return async function* (instrument) {
    throw downloadUnavailable(`missing bars of ${instrument}`);
  };
}
