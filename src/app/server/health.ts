/** Green, amber, red of operations spec §6, for the parts that exist: data, disk, event loop. */
import { statfs } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { DatasetStatus } from '../../data/lake/status.js';

export type Light = 'green' | 'amber' | 'red';

export interface HealthItem {
  readonly name: string;
  readonly light: Light;
  readonly value: number;
  readonly unit: string;
}

const GIGABYTE = 1e9;

const light = (value: number, green: number, amber: number): Light =>
  value < green ? 'green' : value < amber ? 'amber' : 'red';

export class HealthMonitor {
  private readonly delay = monitorEventLoopDelay({ resolution: 20 });

  constructor(private readonly home: string) {
    this.delay.enable();
  }

  stop(): void {
    this.delay.disable();
  }

  /** Event-loop delay, 99th percentile since the last call, ms. */
  private eventLoop(): HealthItem {
    const raw = this.delay.percentile(99) / 1e6;
    const value = Number.isFinite(raw) ? raw : 0;
    this.delay.reset();
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
