/** Several downloads at once: each holds its series, one that fails does not stop the others. */
import { TidewatchError } from '../../errors.js';
import type { Instrument } from '../../market/instrument.js';
import type { Home } from '../../platform/home.js';
import { withSeries } from './series-lock.js';

export interface Fetched<Report> {
  readonly instrument: Instrument;
  readonly report: Report | undefined;
  readonly error: TidewatchError | undefined;
}

/** Series at once; they share the venue's budget, so more would only wait for each other. */
const AT_ONCE = 4;

/**
 * @param kind what is fetched, part of the name of the lock
 * @throws what is no TidewatchError, and the signal's reason
 */
export async function fetchMany<Report>(
  home: Home,
  kind: string,
  instruments: readonly Instrument[],
  fetchOne: (instrument: Instrument) => Promise<Report>,
  signal: AbortSignal,
): Promise<readonly Fetched<Report>[]> {
  const results = new Array<Fetched<Report>>(instruments.length);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < instruments.length && !signal.aborted) {
      const at = next;
      next += 1;
      const instrument = instruments[at]!;
      try {
        const series = `${instrument.id} ${kind}`;
        const report = await withSeries(home, series, () => fetchOne(instrument));
        results[at] = { instrument, report, error: undefined };
      } catch (error) {
        if (signal.aborted || !(error instanceof TidewatchError)) throw error;
        results[at] = { instrument, report: undefined, error };
      }
    }
  };
  // all of them end before anything is thrown: each publishes what it has
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  signal.throwIfAborted();
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}
