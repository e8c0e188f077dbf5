/** One call that opens a home for a program, as the command line opens it for a person. */
import type { Clock } from '../market/clock.js';
import { loadConfig } from '../platform/config.js';
import { createHome, resolveHome } from '../platform/home.js';
import { systemClock } from '../platform/system-clock.js';
import { openServices, type Services } from './services.js';

/** Which home is opened, by which configuration; all may be left out. */
export interface TidewatchOptions {
  /** Home folder; else TIDEWATCH_HOME, ./.tidewatch, ~/.tidewatch. Made where it is missing. */
  readonly home?: string;
  /** Configuration file; else the usual places. */
  readonly config?: string;
  /** Default: the real time. */
  readonly clock?: Clock;
}

/**
 * Opens the lake, the models, the runs and the regime service of a home. Close it when done.
 * @throws TidewatchError `home_not_writable`, `invalid_config`
 */
export function openTidewatch(options: TidewatchOptions = {}): Promise<Services> {
  const cwd = process.cwd();
  const { env } = process;
  const home = createHome(resolveHome({ flag: options.home, env, cwd }));
  const loaded = loadConfig({ flag: options.config, env, cwd, home: home.path });
  return openServices(home, loaded, options.clock ?? systemClock);
}
