/**
 * What bars are stored, per instrument and timeframe. Telling it means reading the times of every bar, so the answer is
 * kept until a file of the lake changes; only the age is told anew, and the bars of a running feed are added.
 */
import { type DatasetStatus, withFreshRows } from '../../data/lake/status.js';
import type { Services } from '../services.js';
import type { LakeRevision } from './lake-revision.js';

export class StoredBars {
  private known: { readonly key: string; readonly status: Promise<readonly DatasetStatus[]> } | undefined;

  constructor(
    private readonly services: Services,
    private readonly revision: LakeRevision,
  ) {}

  async status(): Promise<readonly DatasetStatus[]> {
    const { data, clock } = this.services;
    const { key } = await this.revision.bars();
    if (this.known?.key !== key) {
      const status = data.lake.storedStatus('bars');
      this.known = { key, status };
      status.catch(() => {
        this.known = undefined;
      });
    }
    const now = clock.now();
    const stored = (await this.known!.status).map((row) => ({ ...row, ageMs: now - row.lastTs }));
    return withFreshRows(stored, data.lake.fresh, now);
  }
}
