/**
 * A part that only one process of a database runs: the holder of a lease (operations spec §1). The others stand by and take
 * over when the lease is over. An embedded database has one process, which holds every lease.
 */
import type { Leases } from '../../platform/store/leases.js';
import type { HealthItem } from '../server/health.js';
import type { PartHost, ProcessPart } from './part.js';

const RENEW_MS = 10_000;

export class LeasedPart implements ProcessPart {
  private leads = false;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly inner: ProcessPart,
    private readonly leases: () => Promise<Pick<Leases, 'hold' | 'release'>>,
    private readonly owner: string,
  ) {}

  get name(): string {
    return this.inner.name;
  }

  async start(host: PartHost): Promise<void> {
    await this.renew(host);
    this.timer = setInterval(() => {
      this.turn = this.turn.then(() => this.renew(host)).catch((error: unknown) => host.crashed(error));
    }, RENEW_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.turn;
    if (!this.leads) return;
    this.leads = false;
    await this.inner.stop();
    // a database that is away lets the lease run out
    await (await this.leases()).release(this.name, this.owner).catch(() => undefined);
  }

  status(): Readonly<Record<string, unknown>> {
    return { ...this.inner.status(), standby: !this.leads };
  }

  health(): readonly HealthItem[] {
    return this.leads ? (this.inner.health?.() ?? []) : [];
  }

  private async renew(host: PartHost): Promise<void> {
    const held = await (await this.leases())
      .hold(this.name, this.owner, process.pid)
      .catch((error: unknown) => {
        // what runs goes on while the database is away: nobody else can take the lease either
        if (this.leads) return true;
        throw error;
      });
    if (held === this.leads) return;
    this.leads = held;
    await (held ? this.inner.start(host) : this.inner.stop());
  }
}
