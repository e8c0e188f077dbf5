/** Every planted leak is found and explained; no clean feature is accused. */
import { describe, expect, it } from 'vitest';
import { columnsSchema } from '../features/column-definition.js';
import { composedFeatures } from '../features/composed-features.js';
import { type FeatureSet, featureSetOf } from '../features/feature-set.js';
import { featureSet } from '../features/feature-sets.js';
import { causalityProofSchema } from './causality-proof.js';
import { PLANTED_LEAKS, UNSTEADY } from './planted-leaks.fixture.js';
import { proveCausality } from './prove-causality.js';
import { trialMarket } from './trial-market.fixture.js';

const nightly = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const POINTS = nightly ? 60 : 8;
const market = trialMarket(11, nightly ? 3000 : 900);

describe('planted leaks', () => {
  it.each(PLANTED_LEAKS.map((leak) => [leak.name, leak] as const))('finds %s', (_, leak) => {
    const inputs = leak.inputs?.(market) ?? market;
    const proof = proveCausality(leak, inputs, { points: POINTS });
    expect(proof.verdict).toBe('lookahead');
    const finding = proof.findings[0]!;
    expect(finding.column).toBe(leak.name);
    expect(leak.causes, finding.explanation).toContain(finding.cause);
    expect(finding.explanation.length).toBeGreaterThan(20);
    expect(finding.ts).toBe(inputs.bars.time[finding.bar]);
    expect(finding.with_future).not.toBe(finding.without_future);
    expect(finding.available_at).toBeLessThanOrEqual(finding.known_until);
    // the value named is the one that the column really has
    expect(finding.with_future).toBe(orNull(leak.compute(inputs)[0]![finding.bar]!));
  });

  it('are more than twenty, of every cause', () => {
    expect(PLANTED_LEAKS.length).toBeGreaterThanOrEqual(30);
  });
});

const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Every operation of the catalogue, with several parameters and flavours. */
const CLEAN = columnsSchema.parse([
  ...['wilder', 'ewm_adjusted', 'ewm_recursive'].flatMap((flavour) => [
    ...[5, 14, 30].flatMap((period) => [
      { name: `adx_${period}_${flavour}`, indicator: 'adx', params: { period, flavour } },
      { name: `rsi_${period}_${flavour}`, indicator: 'rsi', params: { period, flavour } },
    ]),
    { name: `plus_di_${flavour}`, indicator: 'adx', line: 'plus_di', params: { flavour } },
    { name: `atr_${flavour}`, indicator: 'atr', params: { flavour } },
    { name: `natr_${flavour}`, indicator: 'natr', params: { period: 20, flavour } },
  ]),
  ...[5, 20, 100].flatMap((length) => [
    { name: `ema_${length}`, indicator: 'ema', params: { span: length } },
    { name: `ema_sma_${length}`, indicator: 'ema', params: { span: length, seed: 'sma' } },
    { name: `rma_${length}`, indicator: 'rma', params: { period: length } },
    { name: `mean_${length}`, indicator: 'moments', params: { length } },
    { name: `std_${length}`, indicator: 'moments', line: 'std', params: { length, degrees_of_freedom: 1 } },
    { name: `z_${length}`, indicator: 'z_score', params: { length }, input: 'volume' },
    { name: `slope_${length}`, indicator: 'slope', params: { length } },
    { name: `return_${length}`, indicator: 'return', params: { bars: length } },
    { name: `vwap_${length}`, indicator: 'vwap', params: { length } },
    { name: `sum_${length}`, indicator: 'sum', params: { length }, input: 'volume' },
    { name: `surprise_${length}`, indicator: 'volume_surprise', params: { window: length }, input: 'volume' },
  ]),
  { name: 'macd', indicator: 'macd' },
  { name: 'macd_first', indicator: 'macd', line: 'histogram', params: { seed: 'first' } },
  { name: 'bands', indicator: 'bollinger', line: 'band_width' },
  { name: 'cutler', indicator: 'cutler_rsi' },
  { name: 'flow', indicator: 'mfi' },
  { name: 'balance', indicator: 'obv' },
  { name: 'anchored', indicator: 'avwap', params: { price: 'typical' } },
  { name: 'range', indicator: 'true_range', steps: [{ op: 'ratio', with: 'close' }, { op: 'log' }] },
  { name: 'norm_slope', indicator: 'normalised_slope', line: 'slope_delta' },
  {
    name: 'body',
    input: 'close',
    steps: [{ op: 'minus', with: 'open' }, { op: 'abs' }, { op: 'lag', bars: 2 }],
  },
  {
    name: 'clipped',
    indicator: 'log_return',
    steps: [{ op: 'clip', low: -0.02, high: 0.02 }, { op: 'diff' }],
  },
  { name: 'crowd', input: 'funding_rate', steps: [{ op: 'z_score', length: 24 }] },
]);

describe('clean features', () => {
  const clean: FeatureSet[] = [
    featureSetOf(composedFeatures('catalogue', CLEAN)),
    ...['hmm', 'hmm:ewm_adjusted', 'hmm:ewm_recursive', 'ta', 'hmm@1h+4h+1d'].map((name) => featureSet(name)),
    ...['funding', 'open_interest', 'dominance', 'breadth'].map((name) => featureSet(name)),
    featureSet('hmm,funding,open_interest,dominance,breadth'),
  ];

  it.each(clean.map((set) => [set.name, set] as const))('accuses no column of %s', (_, set) => {
    const proof = proveCausality(set, market, { points: POINTS });
    expect(proof.findings).toEqual([]);
    expect(proof.verdict).toBe('causal');
    expect(proof.checks.truncation).toBeGreaterThan(1000);
  });

  it('are more than forty', () => {
    expect(CLEAN.length).toBeGreaterThanOrEqual(60);
  });
});

describe('a proof', () => {
  it('is the same bytes for the same inputs and seed, and JSON with a schema', () => {
    const prove = (seed: number) => proveCausality(featureSet('hmm'), market, { points: 4, seed });
    expect(JSON.stringify(prove(3))).toBe(JSON.stringify(prove(3)));
    expect(prove(4).points).not.toEqual(prove(3).points);
    expect(causalityProofSchema.parse(JSON.parse(JSON.stringify(prove(3))))).toEqual(prove(3));
    expect(prove(3).output_hash).toBe(prove(4).output_hash);
  });

  it('says when a column had nothing to compare instead of calling it causal', () => {
    const { bars } = trialMarket(2, 60);
    const proof = proveCausality(featureSet('hmm@1h+1d'), { bars }, { points: 4 });
    expect(proof.verdict).toBe('unproven');
    expect(proof.unproven).toContain('adx@1d');
  });

  it('does not take a value that differs by chance for causal', () => {
    expect(proveCausality(UNSTEADY, market, { points: 2 }).verdict).toBe('lookahead');
  });
});
