/**
 * A part that only one process of a database runs: the holder of a lease (operations spec §1). The others stand by and take
 * over when the lease is over. An embedded database has one process, which holds every lease.
 */
import { LEASE_SECONDS, type Leases } from '../../platform/store/leases.js';
import type { HealthItem } from '../server/health.js';
import type { LeaseState, PartHost, ProcessPart } from './part.js';

/** Of the life of a lease: the holder renews it after a third; who stands by looks often, so that none lies idle. */
const RENEW_SHARE = 1 / 3;
const LOOK_SHARE = 1 / 30;

export class LeasedPart implements ProcessPart {
  private leads = false;
  private leaseError: string | null = null;
  private stopped = true;
  /** When the database said last who holds it, by the clock of `performance`. */
  private answeredAt = 0;
  private hasAnswer = false;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly inner: ProcessPart,
    private readonly leases: () => Promise<Pick<Leases, 'hold' | 'release'>>,
    private readonly owner: string,
    private readonly leaseSeconds: number = LEASE_SECONDS,
  ) {}

  get name(): string {
    return this.inner.name;
  }

  async start(host: PartHost): Promise<void> {
    this.stopped = false;
    this.answeredAt = performance.now();
    this.hasAnswer = false;
    await this.renew(host);
    this.plan(host);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.turn;
    if (!this.leads) return;
    this.leads = false;
    await this.inner.stop();
    // a database that is away lets the lease run out
    await (await this.leases()).release(this.name, this.owner).catch(() => undefined);
  }

  status(): Readonly<Record<string, unknown>> {
    return { ...this.inner.status(), standby: !this.leads, lease_error: this.leaseError };
  }

  health(): readonly HealthItem[] {
    return this.leads ? (this.inner.health?.() ?? []) : [];
  }

  lease(): LeaseState | undefined {
    if (this.stopped) return undefined;
    if (performance.now() - this.answeredAt > this.leaseSeconds * 1000) return 'lost';
    if (!this.hasAnswer) return undefined;
    return this.leads ? 'held' : 'standby';
  }

  private plan(host: PartHost): void {
    if (this.stopped) return;
    const share = this.leads ? RENEW_SHARE : LOOK_SHARE;
    this.timer = setTimeout(
      () => {
        this.turn = this.renew(host).then(
          () => this.plan(host),
          (error: unknown) => host.crashed(error),
        );
      },
      this.leaseSeconds * share * 1000,
    );
    this.timer.unref();
  }

  private async renew(host: PartHost): Promise<void> {
    const held = await this.hold();
    if (held === this.leads) return;
    this.leads = held;
    await (held ? this.inner.start(host) : this.inner.stop());
  }

  /**
   * A database that is away changes nothing and is no crash of the part: what runs goes on, for nobody else can take the
   * lease either, and who stands by goes on looking.
   */
  private async hold(): Promise<boolean> {
    try {
      const asked = performance.now();
      const leases = await this.leases();
      const held = await leases.hold(this.name, this.owner, process.pid, this.leaseSeconds);
      this.leaseError = null;
      this.answeredAt = asked;
      this.hasAnswer = true;
      return held;
    } catch (error) {
      this.leaseError = error instanceof Error ? error.message : String(error);
      return this.leads;
    }
  }
}
