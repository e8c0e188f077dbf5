import type { Clock } from '../market/clock.js';

/** The real time of this machine. Only src/app makes one and passes it down. */
export const systemClock: Clock = { now: () => Date.now() };
