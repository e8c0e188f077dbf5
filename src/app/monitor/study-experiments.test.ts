import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { monitorSchema } from '../../platform/monitor-config.js';
import { readExperiment } from './experiment.js';
import { settingsOf } from './monitor-settings.js';

const FOLDER = 'docs/studies/majors-alts';
const PLAIN = 'docs/studies/majors-alts-plain';
const base = monitorSchema.parse({});
const read = (name: string) => readExperiment(join(FOLDER, `${name}.yaml`), base);

describe('experiments of the study of majors against alts', () => {
  const names = readdirSync(FOLDER).map((file) => basename(file, '.yaml'));

  it('are as many as its page counts, each named after its file, with no key that nothing reads', () => {
    expect(names).toHaveLength(28);
    for (const name of names) expect(read(name)).toMatchObject({ name, ignored: [] });
  });

  it('hold the plain trades as well, with no score, filter or stop', () => {
    const plain = readdirSync(PLAIN);
    expect(plain).toHaveLength(3);
    for (const file of plain) {
      const { config, ignored } = readExperiment(join(PLAIN, file), base);
      expect(ignored).toEqual([]);
      expect(config.msm).toMatchObject({ top_n: 20, min_volume_usd: 1_000 });
    }
    expect(readExperiment(join(PLAIN, 'cap-30-days.yaml'), base).config.msm).toMatchObject({
      weighting: 'cap',
      rebalance_days: 30,
      major_weights: { BTC: 1 },
    });
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
