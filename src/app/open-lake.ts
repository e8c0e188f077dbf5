/** Opens the lake of a home with the configured limits. */
import { Lake } from '../data/lake/lake.js';
import type { Clock } from '../market/clock.js';
import type { Config } from '../platform/config-schema.js';
import type { Home } from '../platform/home.js';

export function openLake(home: Home, config: Config, clock: Clock): Promise<Lake> {
  return Lake.open(home.lake, {
    clock,
    threads: config.lake.threads,
    memoryLimit: config.lake.memory_limit,
  });
}
