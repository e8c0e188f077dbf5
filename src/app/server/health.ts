/** Green, amber, red of operations spec §6, for the parts that exist: data, disk, event loop. */
import { statfs } from 'node:fs/promises';
import type { DatasetStatus } from '../../data/lake/status.js';
import { EventLoopDelay } from './event-loop-delay.js';

export type Light = 'green' | 'amber' | 'red';

export interface HealthItem {
  readonly name: string;
  readonly light: Light;
  readonly value: number;
  readonly unit: string;
  /** Why it is not green, where the value does not say it. */
  readonly reason?: string;
}

const GIGABYTE = 1e9;

const light = (value: number, green: number, amber: number): Light =>
  value < green ? 'green' : value < amber ? 'amber' : 'red';

/** Samples the event loop from its making until `stop`; `items` may be asked by many readers. */
export class HealthMonitor {
  private readonly delay = new EventLoopDelay();

  constructor(private readonly home: string) {}

  stop(): void {
    this.delay.stop();
  }

  private eventLoop(): HealthItem {
    const value = this.delay.p99;
    return { name: 'event_loop_delay_p99', light: light(value, 100, 1000), value, unit: 'ms' };
  }

  private async disk(): Promise<HealthItem> {
    const { bavail, bsize } = await statfs(this.home);
    const free = bavail * bsize;
    return {
      name: 'disk_free',
      light: free > 5 * GIGABYTE ? 'green' : free > GIGABYTE ? 'amber' : 'red',
      value: free,
      unit: 'bytes',
    };
  }

  async items(): Promise<HealthItem[]> {
    return [this.eventLoop(), await this.disk()];
  }
}

/** How old the newest bar of each stored series is. Told, not judged: nothing keeps the series fresh yet. */
export function freshness(status: readonly DatasetStatus[]) {
  return status
    .filter(({ dataset }) => dataset === 'bars')
    .map(({ subject, timeframe, lastTs, ageMs }) => ({
      instrument_id: subject,
      timeframe,
      last_ts: lastTs,
      age_ms: ageMs,
    }));
}
