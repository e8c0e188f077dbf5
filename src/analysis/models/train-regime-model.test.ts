import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { applyRegimeModel, openRegimeRecord } from './apply-regime-model.js';
import type { FeatureRows } from './feature-observations.js';
import { regimeTable, withGivenStates } from './feature-table.fixture.js';
import { modelFamily, TRAINABLE } from './model-families.js';
import { parseRegimeRecord, type RegimeRecord } from './regime-record.js';
import { type TrainRegimeOptions, trainRegimeModel } from './train-regime-model.js';

const table = regimeTable(new Random(5), [700, 500]);
const quick = { restarts: 4 } as const;
let record: RegimeRecord;

/** The table cut to its first rows, with later rows replaced when `spoil` is given. */
function withTail(source: FeatureRows, keep: number, spoil?: (value: number) => number): FeatureRows {
  const columns = source.columns.map((column) =>
    spoil ? column.map((value, row) => (row < keep ? value : spoil(value))) : column.slice(0, keep),
  );
  if (spoil) return { ...source, columns };
  const cut = { time: source.time.slice(0, keep), availableAt: source.availableAt.slice(0, keep) };
  return { ...source, ...cut, columns, lengths: [700, keep - 700] };
}

beforeAll(() => {
  record = trainRegimeModel(table, quick);
});

describe('training a regime model', () => {
  it('writes the same bytes for the same table, options and seed', () => {
    expect(JSON.stringify(trainRegimeModel(table, quick))).toBe(JSON.stringify(record));
  });

  it('fits the first 80 % only: scaler, parameters, labels and statistics do not know later rows', () => {
    const other = trainRegimeModel(
      withTail(table, 960, (value) => value * 3 + 1),
      quick,
    );
    expect(record.diagnostics.n_train).toBe(960);
    expect(record.diagnostics.n_val).toBe(240);
    for (const part of ['scaler', 'params', 'labels', 'stats', 'train_start', 'train_end'] as const) {
      expect(other[part], part).toEqual(record[part]);
    }
    expect(other.diagnostics.loglik_val).not.toBe(record.diagnostics.loglik_val);
  });

  it('names the states by their mean return and describes them', () => {
    const byLabel = Object.fromEntries(record.stats.map((state) => [state.label, state]));
    expect(Object.keys(byLabel).sort()).toEqual(['Bear', 'Bull', 'Chop']);
    expect(byLabel.Bear!.avg_return).toBeLessThan(byLabel.Chop!.avg_return!);
    expect(byLabel.Chop!.avg_return).toBeLessThan(byLabel.Bull!.avg_return!);
    expect(byLabel.Bear!.volatility_label).toBe('High');
    expect(byLabel.Bear!.averages.rsi).toBeCloseTo(35, 0);
    expect(byLabel.Bull!.colour).toBe('#00cc66');
    expect(record.stats.reduce((sum, { count }) => sum + count, 0)).toBe(960);
    expect(record.diagnostics.state_counts.reduce((a, b) => a + b)).toBe(960);
  });

  it('beats one state on rows it has not seen', () => {
    expect(record.diagnostics.val_gain_over_one_state).toBeGreaterThan(0.5);
    expect(record.diagnostics.converged).toBe(true);
  });

  it('chooses K by BIC in profile scaled_autok and says when it is at the edge', () => {
    const auto = trainRegimeModel(table, { ...quick, profile: 'scaled_autok' });
    const inRunning = auto.diagnostics.candidates.filter(({ skipped }) => skipped === null);
    expect(auto.diagnostics.candidates.map(({ k }) => k)).toEqual([2, 3, 4]);
    expect(auto.diagnostics.bic).toBe(Math.min(...inRunning.map(({ bic }) => bic!)));
    const edge = auto.diagnostics.k !== 3;
    expect(auto.diagnostics.warnings.some(({ code }) => code === 'states_at_edge')).toBe(edge);
  });

  it('repeats the reference in profile legacy: raw units, full covariance, every row', () => {
    const legacy = trainRegimeModel(table, { profile: 'legacy' });
    expect(legacy.scaler).toBeNull();
    expect(legacy.params.covariance_type).toBe('full');
    expect(legacy.diagnostics.n_train).toBe(1200);
    expect(legacy.diagnostics.loglik_val).toBeNull();
    expect(legacy.diagnostics.mode).toBe('hmmlearn');
  });

  it('leaves a constant feature out and says so', () => {
    const columns = table.columns.map((column, d) => (d === 2 ? column.map(() => 0) : column));
    const without = trainRegimeModel({ ...table, columns }, quick);
    expect(without.params.used_features).toEqual([0, 1, 3, 4]);
    expect(without.diagnostics.warnings[0]).toEqual({
      code: 'constant_feature',
      message: 'feature vol_z is constant and was left out',
    });
    expect(applyRegimeModel(openRegimeRecord(without), table).probability.every(Number.isFinite)).toBe(true);
  });

  it('refuses fewer than 200 rows', () => {
    const few = { ...table, columns: table.columns.map((c) => c.slice(0, 199)), lengths: [199] };
    const cut = { ...few, time: table.time.slice(0, 199), availableAt: table.availableAt.slice(0, 199) };
    expect(() => trainRegimeModel(cut)).toThrow(/199 feature rows are fewer than the 200/);
  });

  it('refuses a model in which a state holds less than 1 % of the training rows', () => {
    const crash = table.columns.map((column) =>
      column.map((value, row) => (row >= 300 && row < 304 ? 60 : value)),
    );
    expect(() => trainRegimeModel({ ...table, columns: crash }, { ...quick, states: 2 })).toThrow(
      /no viable model \(2 states: a state holds less than 1 %/,
    );
  });

  it('refuses a number of states outside 1 to 12', () => {
    expect(() => trainRegimeModel(table, { states: 13 })).toThrow(/13 is not a number of states/);
    expect(() => trainRegimeModel(table, { autoStates: { min: 4, max: 2 } })).toThrow(/4 to 2/);
  });

  it('names row and column of a value that is not finite', () => {
    const columns = table.columns.map((column) => column.slice());
    columns[4]![17] = Number.NaN;
    expect(() => trainRegimeModel({ ...table, columns }, { ...quick, profile: 'legacy' })).toThrow(
      /row 17, column rsi is NaN/,
    );
  });
});

describe('training any family', () => {
  it.each(TRAINABLE)('%s: records, opens and tells regimes, byte for byte the same again', (model) => {
    const options = { model, ...(modelFamily(model).takes.restarts ? { restarts: 2 } : {}) };
    const rows = modelFamily(model).givenStates ? withGivenStates(new Random(8), table) : table;
    const trained = trainRegimeModel(rows, options);
    expect(JSON.stringify(trainRegimeModel(rows, options))).toBe(JSON.stringify(trained));
    expect(trained.model).toBe(model);
    expect(trained.params.kind).toBe(modelFamily(model).kind);
    const opened = openRegimeRecord(JSON.parse(JSON.stringify(trained)));
    expect(JSON.stringify(opened.record)).toBe(JSON.stringify(trained));
    const { capabilities } = opened.model;
    expect(modelFamily(model).capabilities).toEqual({ ...capabilities, missing: undefined });
    const { diagnostics, stats } = trained;
    expect(diagnostics.loglik_train === null).toBe(!capabilities.likelihood);
    expect(diagnostics.bic === null).toBe(diagnostics.n_params === null);
    expect(trained.transition_matrix === null).toBe(!capabilities.causal);
    expect(stats.map(({ label }) => label)).toEqual(trained.labels);
    expect(stats.reduce((sum, { count }) => sum + count, 0)).toBe(960);
    if (!capabilities.causal) {
      expect(() => applyRegimeModel(opened, table)).toThrow(expect.objectContaining({ code: 'not_causal' }));
      expect(stats.every(({ next_bar_return }) => next_bar_return === null)).toBe(true);
      return;
    }
    const applied = applyRegimeModel(opened, rows);
    expect(applied.regime).toHaveLength(1200);
    expect(applied.forecast[5].reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  it('refuses what means nothing to a family instead of ignoring it', () => {
    const refused = (options: TrainRegimeOptions, sentence: RegExp): void =>
      expect(() => trainRegimeModel(table, options)).toThrow(sentence);
    refused({ model: 'kmeans', covarianceType: 'full' }, /K-means has no covariance type/);
    refused({ model: 'kmeans', profile: 'legacy' }, /K-means has no profile legacy/);
    refused({ model: 'kmeans', autoStates: { min: 2, max: 3 } }, /K-means has no likelihood that speaks of/);
    refused({ model: 'kmeans', settings: { penalty: 3 } }, /K-means has no setting "penalty"/);
    refused(
      { model: 'uptrend', autoStates: { min: 2, max: 3 } },
      /Uptrend states finds the number of its states/,
    );
    refused({ model: 'uptrend' }, /no column uptrend_state/);
    refused({ model: 'arima' as 'hmm' }, /unknown model "arima"/);
  });
});

describe('a target duration', () => {
  it.each(['hmm', 'student-t', 'msr'] as const)('holds the mean stay of %s at least so long', (model) => {
    const stays = (target: number | 'none'): number[] =>
      trainRegimeModel(table, { model, states: 3, restarts: 2, settings: { target_duration: target } })
        .stats.map(({ expected_duration }) => expected_duration!)
        .sort((a, b) => a - b);
    const [free] = stays('none');
    const target = Math.ceil(free!) + 10;
    expect(stays(target)[0]).toBeGreaterThanOrEqual(target - 1e-6);
    expect(() => stays(0.5)).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
  });
});

describe('a decoding rule', () => {
  const decode = { threshold: 0.9, minimumDwell: 200 };
  const calm = trainRegimeModel(table, { ...quick, decode });

  it('is kept in the record with what it saves and costs, and leaves the model as it is', () => {
    expect(calm.config.decode).toEqual({ threshold: 0.9, minimum_dwell: 200 });
    expect(calm.params).toEqual(record.params);
    const { decoding } = calm.diagnostics;
    expect(decoding!.changes_per_1000_bars).toBeLessThan(decoding!.plain_changes_per_1000_bars);
    expect(decoding!.maximum_delay_bars).toBeGreaterThan(0);
    const runs = (of: RegimeRecord): number => of.stats.reduce((sum, state) => sum + state.runs, 0);
    expect(runs(calm)).toBeLessThan(runs(record));
    expect(record.config).not.toHaveProperty('decode');
    expect(record.diagnostics).not.toHaveProperty('decoding');
  });

  it('decides the rows that the opened record is applied to, causally', () => {
    const whole = applyRegimeModel(openRegimeRecord(JSON.parse(JSON.stringify(calm))), table);
    const cut = applyRegimeModel(openRegimeRecord(calm), withTail(table, 900));
    expect(cut.regime).toEqual(whole.regime.subarray(0, 900));
    const plain = applyRegimeModel(openRegimeRecord(record), table);
    expect(whole.probability).toEqual(plain.probability);
    const changes = ({ regime }: { regime: Uint8Array }): number =>
      regime.reduce((sum, state, row) => (row > 0 && state !== regime[row - 1] ? sum + 1 : sum), 0);
    expect(changes(whole)).toBeLessThan(changes(plain));
  });

  it('is refused where it means nothing', () => {
    const wrong: TrainRegimeOptions[] = [
      { model: 'kmeans', decode: { threshold: 0.6 } },
      { model: 'pelt', decode: { minimumDwell: 5 } },
      { decode: { threshold: 1.5 } },
      { decode: { minimumDwell: 501 } },
    ];
    for (const options of wrong) {
      expect(() => trainRegimeModel(table, options), JSON.stringify(options)).toThrow(
        expect.objectContaining({ code: 'bad_parameter' }),
      );
    }
  });
});

describe('a stored record', () => {
  it('of version 1 is read as what it was: a Gaussian HMM', () => {
    const { model, causal, transition_matrix, diagnostics, config, ...rest } = record;
    const { selection, settings, ...oldConfig } = config;
    const { objective, candidates, ...oldDiagnostics } = diagnostics;
    const old = {
      ...rest,
      schema_version: 1,
      config: oldConfig,
      diagnostics: {
        ...oldDiagnostics,
        candidates: candidates.map(({ k, bic, loglik_train, smallest_share, skipped }) => {
          return { k, bic, loglik_train, smallest_share, skipped };
        }),
      },
    };
    const opened = openRegimeRecord(JSON.parse(JSON.stringify(old)));
    expect(opened.record).toMatchObject({ schema_version: 2, model, causal, transition_matrix });
    // families had no settings then
    expect(opened.record.config).toEqual({ ...config, settings: {} });
    expect(opened.record.diagnostics.objective).toEqual(objective);
    expect([selection, settings]).toEqual(['given', { target_duration: 'none' }]);
    expect(applyRegimeModel(opened, table)).toEqual(applyRegimeModel(openRegimeRecord(record), table));
  });

  it('survives JSON without losing a digit', () => {
    const parsed = parseRegimeRecord(JSON.parse(JSON.stringify(record)));
    expect(parsed).toEqual(record);
    expect(JSON.stringify(parsed)).toBe(JSON.stringify(record));
  });

  it('is refused when its schema version is unknown, or when it is damaged', () => {
    expect(() => openRegimeRecord({ ...record, schema_version: 3 })).toThrow(
      expect.objectContaining({ code: 'unsupported_schema_version' }),
    );
    const bent = { ...record, params: { ...record.params, schema_version: 9 } };
    expect(() => openRegimeRecord(bent)).toThrow(/damaged/);
    const unbalanced = { ...record.params, start_probability: [0.5, 0.2, 0.2] };
    expect(() => openRegimeRecord({ ...record, params: unbalanced })).toThrow(
      expect.objectContaining({ code: 'invalid_parameters' }),
    );
    expect(() => openRegimeRecord(null)).toThrow(/schema version undefined/);
    const { config, scaler } = record;
    const parts = [
      { labels: ['Bull'] },
      { stats: record.stats.slice(1) },
      { config: { ...config, features: ['log_ret'] } },
      { scaler: { ...scaler!, mean: [0] } },
      { scaler: { ...scaler!, deviation: scaler!.deviation.map((value) => -value) } },
    ];
    for (const part of parts) expect(() => openRegimeRecord({ ...record, ...part })).toThrow(/damaged/);
  });

  it('gives causal regimes: a prefix of the table has the same probabilities bit for bit', () => {
    const opened = openRegimeRecord(record);
    const whole = applyRegimeModel(opened, table);
    const prefix = applyRegimeModel(opened, withTail(table, 800));
    expect(prefix.probability).toEqual(whole.probability.slice(0, 800 * 3));
    const spoiled = applyRegimeModel(
      opened,
      withTail(table, 800, () => -7),
    );
    expect(spoiled.probability.slice(0, 800 * 3)).toEqual(prefix.probability);
  });

  it('marks the training rows and forecasts towards the stationary distribution', () => {
    const opened = openRegimeRecord(record);
    const applied = applyRegimeModel(opened, table);
    expect(applied.inSample.lastIndexOf(1)).toBe(959);
    expect(applied.inSample.indexOf(0)).toBe(960);
    const later = openRegimeRecord({ ...record, train_start: table.time[100]! });
    expect(applyRegimeModel(later, table).inSample[0], 'before the training').toBe(1);
    for (const horizon of [1, 5, 20] as const) {
      expect(applied.forecast[horizon].reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    }
    const far = opened.model.forecast(applied.forecast[20], 2000);
    far.forEach((value, k) => {
      expect(value).toBeCloseTo(record.diagnostics.stationary![k]!, 6);
    });
  });

  it('carries on from a stored distribution as if it had never stopped', () => {
    const opened = openRegimeRecord(record);
    const { model } = opened;
    const whole = model.filter(opened.observations(table)).probability;
    const probability = whole.slice(399 * 3, 400 * 3);
    const rest = model.filter(opened.observations(table, 400), { from: 'carried', probability }).probability;
    rest.forEach((value, i) => {
      expect(Math.abs(value - whole[400 * 3 + i]!)).toBeLessThan(1e-12);
    });
  });
});
