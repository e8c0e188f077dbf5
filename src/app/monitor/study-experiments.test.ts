import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { monitorSchema } from '../../platform/monitor-config.js';
import { readExperiment } from './experiment.js';
import { settingsOf } from './monitor-settings.js';

const FOLDER = 'docs/studies/majors-alts';
const base = monitorSchema.parse({});
const read = (name: string) => readExperiment(join(FOLDER, `${name}.yaml`), base);

describe('experiments of the study of majors against alts', () => {
  const names = readdirSync(FOLDER).map((file) => basename(file, '.yaml'));

  it('are as many as its page counts, each named after its file, with no key that nothing reads', () => {
    expect(names).toHaveLength(28);
    for (const name of names) expect(read(name)).toMatchObject({ name, ignored: [] });
  });

  it('reach the settings: gates, dominance, limits', () => {
    expect(settingsOf(base).regime.gate.kind).toBe('none');
    const settings = (name: string) => settingsOf(read(name).config);
    expect(settings('gate-majors').regime.gate).toMatchObject({
      kind: 'uptrend',
      uptrend: { group: 'majors', leastShare: 0.5, mostShare: 1 },
    });
    expect(settings('gate-hmm').regime.gate).toMatchObject({ kind: 'hmm', hmm: { leastProbability: 0.5 } });
    expect(settings('dominance-with-eth').features.dominanceOf).toBe('majors');
    expect(settings('limits').backtest.risk).toMatchObject({
      stopLoss: { dailyLossThreshold: -0.02 },
      cooldownDays: 30,
    });
  });
});
