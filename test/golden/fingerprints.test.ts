/**
 * Fingerprints of majors-vs-alts runs: statistics to six decimals, a hash of the trades, the bars consumed, over regime ×
 * asset set × cost setting. They change only when the strategy does: then `UPDATE_FINGERPRINTS=1 npx vitest run
 * test/golden/fingerprints` writes them anew, and CHANGELOG.md names the new digest.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { settingsOf } from '../../src/app/monitor/monitor-settings.js';
import { runMajorsAlts } from '../../src/backtest/panel/run-majors-alts.js';
import { excludedAssets } from '../../src/data/research-lake/exclusions.js';
import { type ResearchLake, readResearchLake } from '../../src/data/research-lake/read-research-lake.js';
import { type MonitorConfig, monitorSchema } from '../../src/platform/monitor-config.js';

const LAKE = 'test/golden/data/majors-alts/lake/data/curated/data_lake';
const FILE = 'test/golden/fingerprints.json';

const base = monitorSchema.parse({});
const composite = (regimes: 3 | 5, weights?: Record<string, number>): MonitorConfig['regime'] => ({
  ...base.regime,
  n_regimes: regimes,
  composite: { ...base.regime.composite, ...(weights && { default_weights: weights }) },
});
const REGIMES: Record<string, MonitorConfig['regime']> = {
  'five regimes': composite(5),
  'three regimes': composite(3),
  'inverse signs': composite(
    5,
    Object.fromEntries(
      Object.entries(base.regime.composite.default_weights).map(([key, weight]) => [key, -weight]),
    ),
  ),
  'k-means': {
    ...base.regime,
    mode: 'unsupervised',
    unsupervised: {
      ...base.regime.unsupervised,
      method: 'kmeans',
      features_for_clustering: ['alt_breadth', 'btc_dominance', 'momentum'],
    },
  },
};
const ASSETS: Record<string, readonly string[]> = {
  'all alts': [],
  'without the five largest': ['BNB', 'XRP', 'SOL', 'DOGE', 'ADA'],
  'without old coins': ['LTC', 'BCH', 'ETC', 'XLM', 'XMR', 'ZEC', 'TRX'],
};
const COSTS: Record<string, Partial<MonitorConfig['costs']>> = {
  free: { taker_fee_bps: 0, slippage_bps: 0, funding_enabled: false },
  usual: {},
  'by volume': { capital_usd: 5_000_000, maker_share: 0.3 },
};

let lake: ResearchLake;
beforeAll(async () => {
  lake = await readResearchLake(LAKE, { daysBefore: 1 });
});

const fixed = (value: number): string => (Number.isNaN(value) ? 'none' : value.toFixed(6));

function fingerprint(config: MonitorConfig) {
  const { kpis, weights, daily, alts } = runMajorsAlts(
    {
      panel: lake.panel,
      excluded: excludedAssets(lake, config.profile, config.universe.exclude_assets),
      startDay: lake.start,
      endDay: lake.end,
    },
    settingsOf(config),
  );
  const trades = createHash('sha256');
  weights.day.forEach((day, row) => {
    trades.update(`${day} ${weights.asset[row]} ${weights.values.weight[row]!.toFixed(9)}\n`);
  });
  const a = lake.panel.days.length;
  const used = new Set(alts.concat(config.universe.majors));
  const bars = lake.panel.assets.reduce(
    (sum, id, asset) =>
      sum +
      (used.has(id)
        ? lake.panel.close.subarray(asset * a, (asset + 1) * a).filter((price) => price > 0).length
        : 0),
    0,
  );
  return {
    statistics: Object.fromEntries(Object.entries(kpis).map(([name, value]) => [name, fixed(value)])),
    trades: trades.digest('hex').slice(0, 16),
    exits: daily.exitReason.filter((reason) => reason !== '').length,
    bars,
  };
}

const CASES = Object.entries(REGIMES).flatMap(([regime, settings]) =>
  Object.entries(ASSETS).flatMap(([assets, exclude]) =>
    Object.entries(COSTS).map(([costs, changed]) => ({
      name: `${regime}, ${assets}, ${costs}`,
      config: {
        ...base,
        regime: settings,
        universe: { ...base.universe, exclude_assets: [...exclude] },
        costs: { ...base.costs, ...changed },
      } satisfies MonitorConfig,
    })),
  ),
);

describe('fingerprints of runs', () => {
  it('are those that are stored', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(30);
    const found = Object.fromEntries(CASES.map(({ name, config }) => [name, fingerprint(config)]));
    const text = `${JSON.stringify(found, null, 1)}\n`;
    if (process.env.UPDATE_FINGERPRINTS) writeFileSync(FILE, text);
    expect(found).toEqual(JSON.parse(readFileSync(FILE, 'utf8')));
    expect(new Set(Object.values(found).map(({ trades }) => trades)).size).toBeGreaterThanOrEqual(12);
  });

  it('change only together with a note in the changelog', () => {
    const digest = createHash('sha256')
      .update(JSON.stringify(JSON.parse(readFileSync(FILE, 'utf8'))))
      .digest('hex')
      .slice(0, 12);
    expect(readFileSync('CHANGELOG.md', 'utf8')).toContain(`run fingerprints ${digest}`);
  });
});
