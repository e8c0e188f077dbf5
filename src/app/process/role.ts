/** What one process does of the whole (operations spec §1): everything, or one part of it beside others on a server. */
export const ROLES = ['all', 'data', 'trade', 'worker', 'web'] as const;
export type Role = (typeof ROLES)[number];
