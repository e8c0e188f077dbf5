/** What the majors-vs-alts suites share: the folder's lake, configurations as settings, dates as day numbers. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NeutralProfile } from '../../../src/analysis/neutral/neutral-settings.js';
import type { MajorsAltsInput } from '../../../src/backtest/panel/majors-alts-result.js';
import type { MajorsAltsSettings } from '../../../src/backtest/panel/panel-settings.js';
import { DEFAULT_MAJORS_ALTS } from '../../../src/backtest/panel/panel-settings.js';
import { excludedAssets } from '../../../src/data/research-lake/exclusions.js';
import { type ResearchLake, readResearchLake } from '../../../src/data/research-lake/read-research-lake.js';
import { type Deviation, GOLDEN_DIR, goldenFiles, goldenJson } from '../golden-files.js';

export const FOLDER = 'majors-alts';

const LAKE = join('data', 'curated', 'data_lake');
const OWN_LAKE = join(GOLDEN_DIR, FOLDER, 'lake', LAKE);
const REPOSITORY_LAKE = join(fileURLToPath(new URL('../data', import.meta.url)), FOLDER, 'lake', LAKE);

const lakes = new Map<NeutralProfile, Promise<ResearchLake>>();

/** The lake beside the golden files; the repository's small lake when they bring none. */
function goldenLake(profile: NeutralProfile): Promise<ResearchLake> {
  let lake = lakes.get(profile);
  if (!lake) {
    const folder = existsSync(OWN_LAKE) ? OWN_LAKE : REPOSITORY_LAKE;
    lake = readResearchLake(folder, { daysBefore: 1, guard: profile === 'corrected' });
    lakes.set(profile, lake);
  }
  return lake;
}

export async function goldenInput(settings: MajorsAltsSettings): Promise<MajorsAltsInput> {
  const lake = await goldenLake(settings.profile);
  return {
    panel: lake.panel,
    excluded: excludedAssets(lake, settings.profile, settings.universe.excludeAssets),
  };
}

/** Names of the configurations, such as `enh5`. */
export const configNames = goldenFiles(`${FOLDER}/configs`, /\.json$/).map((name) =>
  name.replace('.json', ''),
);

/** Folders inside a golden folder, sorted. */
export function goldenFolders(folder: string): string[] {
  const path = join(GOLDEN_DIR, folder);
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

/** The README: goldens without a configuration of their own are of this one. */
export const MAIN_CONFIG = configNames.includes('enh5') ? 'enh5' : (configNames[0] ?? 'enh5');

interface GoldenConfig {
  readonly universe: Record<string, unknown>;
  readonly features: { readonly burn_in_days: number; readonly derivatives_lag_days: never };
  readonly regime: {
    readonly mode: 'composite' | 'unsupervised';
    readonly n_regimes: 3 | 5;
    readonly composite: {
      readonly default_weights: Record<string, number>;
      readonly threshold_low: number;
      readonly threshold_high: number;
      readonly threshold_strong_low: number;
      readonly threshold_strong_high: number;
      readonly hysteresis: { readonly low_band: number; readonly high_band: number };
      readonly grid_search: Record<string, never>;
    };
    readonly unsupervised: Record<string, never>;
  };
  readonly beta: Record<string, unknown>;
  readonly costs: Record<string, unknown>;
  readonly backtest: Record<string, unknown> & {
    readonly regime_position_scaling: Record<string, unknown>;
    readonly risk_management: Record<string, unknown>;
  };
}

/** Keys of objects from snake_case to camelCase, all the way down. */
function camel<T>(value: unknown): T {
  if (Array.isArray(value) || value === null || typeof value !== 'object') return value as T;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      camel(inner),
    ]),
  ) as T;
}

/** The settings of a golden configuration under a profile. */
export function goldenSettings(name: string, profile: NeutralProfile): MajorsAltsSettings {
  const file = goldenJson<GoldenConfig>(`${FOLDER}/configs`, `${name}.json`);
  const { composite, unsupervised } = file.regime;
  const { grid_search: grid } = composite;
  const base = DEFAULT_MAJORS_ALTS;
  return {
    profile,
    universe: { ...base.universe, ...camel<object>(file.universe) },
    costs: { ...base.costs, ...camel<object>(file.costs) },
    features: { ...base.features, ...camel<object>(file.features) },
    regime: {
      mode: file.regime.mode,
      regimes: file.regime.n_regimes,
      composite: {
        weights: composite.default_weights,
        thresholdLow: composite.threshold_low,
        thresholdHigh: composite.threshold_high,
        thresholdStrongLow: composite.threshold_strong_low,
        thresholdStrongHigh: composite.threshold_strong_high,
        hysteresis: { ...base.regime.composite.hysteresis, ...camel<object>(composite.hysteresis) },
        gridSearch: {
          ...base.regime.composite.gridSearch,
          samples: grid.n_samples as unknown as number,
          weightRanges: grid.weight_ranges as never,
          thresholdLow: grid.threshold_low as never,
          thresholdHigh: grid.threshold_high as never,
          thresholdStrongLow: grid.threshold_strong_low as never,
          thresholdStrongHigh: grid.threshold_strong_high as never,
        },
      },
      unsupervised: {
        ...base.regime.unsupervised,
        method: unsupervised.method as never,
        states: unsupervised.n_states as never,
        minStatePersistenceDays: unsupervised.min_state_persistence_days as never,
        features: unsupervised.features_for_clustering as never,
      },
      gate: base.regime.gate,
    },
    beta: { ...base.beta, ...camel<object>(file.beta) },
    backtest: {
      ...base.backtest,
      ...camel<object>({
        walk_forward: file.backtest.walk_forward,
        lookback_window_days: file.backtest.lookback_window_days,
        test_window_days: file.backtest.test_window_days,
      }),
      positionScaling: {
        ...base.backtest.positionScaling,
        ...camel<object>(file.backtest.regime_position_scaling),
      },
      risk: { ...base.backtest.risk, ...camel<object>(file.backtest.risk_management) },
    },
    evaluation: base.evaluation,
  };
}

/** Says how much of the tolerance was used; everything with TIDEWATCH_GOLDEN_REPORT=all, else what came near it. */
export function report(group: string, deviation: Deviation): void {
  if (process.env.TIDEWATCH_GOLDEN_REPORT === 'all' || deviation.worst > 0.1) {
    console.info(deviation.summary(`majors-alts ${group}`));
  }
}
