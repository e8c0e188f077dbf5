/** What a running process knows of itself, for the routes that tell it: role, bootstrap, parts, what blocks new risk. */
import type { HealthItem } from '../server/health.js';
import type { BootstrapReport, BootstrapStep } from './bootstrap.js';
import type { HostedPart, LeaseState } from './part.js';
import type { Role } from './role.js';
import type { Supervisor } from './supervisor.js';

const FILLED_MS = 120_000;

export class ProcessState {
  /** Null in processes that only serve or ask. */
  role: Role | null = null;
  bootstrap: BootstrapReport | null = null;
  readonly supervisors: Supervisor[] = [];
  /** Parts of the product that run as long as the process: added where a home is opened, started by `tidewatch up`. */
  readonly parts: HostedPart[] = [];
  /** Checks of a start that parts of the product add to those of the process. */
  readonly steps: BootstrapStep[] = [];
  private readonly lights: (() => Promise<readonly HealthItem[]> | readonly HealthItem[])[] = [];

  /** Adds lights for /api/health. */
  addHealth(source: () => Promise<readonly HealthItem[]> | readonly HealthItem[]): void {
    this.lights.push(source);
  }

  async health(): Promise<readonly HealthItem[]> {
    const parts = this.supervisors.flatMap(({ part }) => part.health?.() ?? []);
    const added = await Promise.all(this.lights.map((source) => source()));
    return [...parts, ...added.flat()];
  }

  /** Whether the start is fetching history, or was within the last two minutes, which budgets still count. */
  isFilling(now: number): boolean {
    const { bootstrap } = this;
    if (bootstrap === null || bootstrap.status === 'failed') return false;
    return bootstrap.finished_at === null || now - bootstrap.finished_at < FILLED_MS;
  }

  /** Of all parts that have one, the worst; null where this process runs none. */
  get lease(): LeaseState | null {
    const states = this.supervisors.map(({ part }) => part.lease?.());
    return (['lost', 'standby', 'held'] as const).find((state) => states.includes(state)) ?? null;
  }

  /** Why no new risk is taken; empty when nothing speaks against it. */
  get blocking(): readonly string[] {
    const reasons: string[] = [];
    const { bootstrap } = this;
    if (bootstrap?.status === 'running') reasons.push('the start is not finished');
    for (const { name, status, message } of bootstrap?.steps ?? [])
      if (status === 'fail') reasons.push(`${name}: ${message}`);
    for (const supervisor of this.supervisors) {
      const { name, state, last_error } = supervisor.status();
      if (state === 'failed') reasons.push(`${name} has failed · ${last_error}`);
    }
    return reasons;
  }
}
