/** Days of a research lake: the number of days since 1970-01-01, UTC. */

const DAY_MS = 86_400_000;

/** `2024-01-07` */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The day that holds an instant, UTC ms. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}
