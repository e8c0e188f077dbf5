/** Two stored runs over the small research lake, dollar neutral and then beta neutral, which is the newest. */
import { monitorSchema } from '../../platform/monitor-config.js';
import type { Services } from '../services.js';
import { computeRun } from './compute-run.js';
import { readMonitorLake } from './monitor-lake.js';
import { recordMonitorRun } from './monitor-runs.js';

const LAKE = 'test/golden/data/majors-alts/lake/data/curated/data_lake';

/** @param reports folder of the published files */
export async function storeTwoRuns(services: Services, reports: string): Promise<void> {
  const base = monitorSchema.parse({});
  const lake = await readMonitorLake(LAKE, base, {});
  for (const [name, neutrality] of [
    ['dollar', 'dollar_neutral'],
    ['beta', 'beta_neutral'],
  ] as const) {
    const config = { ...base, universe: { ...base.universe, neutrality_mode: neutrality } };
    const identity = {
      name,
      title: null,
      category: null,
      lake: LAKE,
      start: undefined,
      end: undefined,
      config,
    };
    await recordMonitorRun({ ...services, reports }, lake, identity, computeRun(lake, config, identity));
  }
}
