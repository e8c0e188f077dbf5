/** Reports of walk-forward and comparison runs: one page each, every figure as text, nothing to run. */
import { beforeAll, describe, expect, it } from 'vitest';
import { regimeTable } from '../../analysis/models/feature-table.fixture.js';
import { searchFold } from '../../analysis/models/walk-forward/fold-search.js';
import {
  finishWalkForward,
  foldsToSearch,
  type WalkForwardPlan,
  type WalkForwardReport,
} from '../../analysis/models/walk-forward/walk-forward-report.js';
import { Random } from '../../market/random.js';
import { buildComparisonReport } from './comparison-report.js';
import { wealthTicks } from './sections/wealth-curves.js';
import type {
  ComparisonReportInput,
  ShownRows,
  StudyManifest,
  WalkForwardReportInput,
} from './study-report-input.js';
import { buildWalkForwardReport } from './walk-forward-report.js';

const manifest: StudyManifest = {
  runId: 'walk_forward_BTCUSDT_1h_1a2b3c4d',
  version: '0.1.0',
  seed: 42,
  dataHash: 'd'.repeat(64),
  outputs: { 'result.json': 'e'.repeat(64) },
  generatedAt: Date.UTC(2026, 0, 1),
  sampleData: true,
};

let input: WalkForwardReportInput;

beforeAll(() => {
  const table = regimeTable(new Random(5), [900]);
  const walked = { table, returns: table.columns[0]! };
  const plan: WalkForwardPlan = {
    candidate: { family: 'hmm', states: 3, restarts: 2, seed: 42 },
    schedule: { window: 'expanding', train: 500, refit: 100 },
    decoding: {},
    rule: 'long_short',
    costBps: 10,
    barsPerYear: 8760,
    draws: 99,
  };
  const searches = foldsToSearch(900, plan.schedule).map((fold) => searchFold(walked, fold, plan.candidate));
  const { report, statesCsv } = finishWalkForward(walked, plan, searches);
  const rows = statesCsv.trim().split('\n').slice(1);
  const shown: ShownRows = {
    time: Float64Array.from(rows, (line) => Date.parse(line.split(',')[0]!)),
    labels: rows.map((line) => line.split(',')[4]!),
    foldStart: [0, 100, 200, 300],
  };
  input = {
    symbol: 'BTC/USDT',
    timeframe: '1h',
    source: 'native',
    set: 'hmm',
    modelName: 'Gaussian HMM',
    result: report,
    shown,
    manifest,
  };
});

const words = (page: string): string =>
  page
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('\u00a0', ' ')
    .replace(/\s+/g, ' ');

function comparison(result: WalkForwardReport): ComparisonReportInput {
  const { revised_by_refits, revised_in_hindsight, detection, profit } = result.revision;
  const candidate = (name: string) => ({
    name,
    run_id: `walk_forward_${name}`,
    instrument_id: 'binance:spot:BTCUSDT',
    timeframe: '1h' as const,
    set: 'hmm',
    features: result.features,
    data_hash: 'd'.repeat(64),
    outputs: {},
    scorecard: result.scorecard,
    revision: {
      revised_by_refits,
      revised_in_hindsight,
      median_lag: detection.median_lag,
      faked_per_bar: profit.faked_per_bar,
    },
    curve: result.curve,
  });
  return {
    symbol: 'BTC/USDT',
    result: { schema_version: 1, kind: 'comparison', candidates: ['hmm:3', 'kmeans:3'].map(candidate) },
    manifest,
  };
}

const pages: [string, () => string][] = [
  ['walk-forward', () => buildWalkForwardReport(input)],
  ['comparison', () => buildComparisonReport(comparison(input.result))],
];

describe.each(pages)('the report of a %s', (_kind, build) => {
  it('is one page without network or scripts, the same bytes for the same input', () => {
    const page = build();
    expect(build()).toBe(page);
    expect(page.slice(0, 15)).toBe('<!doctype html>');
    expect(page).not.toMatch(/<script|\bsrc=|<link|@import|url\(|https?:/);
    expect(page).toContain('default-src &#39;none&#39;');
    expect(words(page)).not.toMatch(/NaN|undefined|Infinity|\[object|null/);
  });

  it('says that it is causal, whose data it shows and how to make it again', () => {
    const text = words(build());
    for (const fact of [
      'Causal: no lookahead',
      'Walk-forward',
      'Sample data',
      `tidewatch report build ${manifest.runId}`,
    ]) {
      expect(text).toContain(fact);
    }
    expect(text).toContain(input.result.scorecard.verdict.sentence.replaceAll('<', '&lt;'));
  });
});

describe('the report of a walk-forward', () => {
  it('shows every refit and what each of them drew', () => {
    const page = buildWalkForwardReport(input);
    expect(page.match(/<th scope="row">\d<\/th>/g)).toHaveLength(4);
    expect(words(page)).toContain('first fit');
    expect(page.match(/class="strip"/g)).toHaveLength(1);
    expect(page).toMatch(/<path class="(bear|chop|bull) seen" d="M/);
    expect(words(page)).toContain('refitted every 100 bars on all bars before, at least 500');
  });

  it('sets lookahead beside what was known', () => {
    const text = words(buildWalkForwardReport(input));
    expect(text).toMatch(
      /As known causal .* Future parameters lookahead .* Future parameters and bars lookahead/,
    );
    expect(text).toMatch(/Lookahead alone adds [+−]\d/);
  });

  it('lets no name break out of the page', () => {
    const evil = '"><script>alert(1)</script>';
    const page = buildWalkForwardReport({ ...input, symbol: evil, set: evil, modelName: evil });
    expect(page).not.toContain('<script>');
  });

  it('refuses rows that do not fit its folds', () => {
    const shown = { ...input.shown, foldStart: [0, 100] };
    expect(() => buildWalkForwardReport({ ...input, shown })).toThrow(/rows of 2 folds for 4 refits/);
  });
});

describe('the report of a comparison', () => {
  it('marks no winner where the candidates are equal, and warns of picking the best', () => {
    const page = buildComparisonReport(comparison(input.result));
    expect(page).not.toContain('class="best"');
    expect(words(page)).toContain('The best of 2 looks better than it is');
  });

  it('marks the better of a row', () => {
    const base = comparison(input.result);
    const [first, second] = base.result.candidates;
    const better = { ...second!, revision: { ...second!.revision, revised_in_hindsight: 0 } };
    const page = buildComparisonReport({ ...base, result: { ...base.result, candidates: [first!, better] } });
    expect(page.match(/class="best"/g)).toHaveLength(1);
  });

  it('refuses a run without candidates', () => {
    const base = comparison(input.result);
    expect(() => buildComparisonReport({ ...base, result: { ...base.result, candidates: [] } })).toThrow(
      /no candidates/,
    );
  });
});

describe('ticks of a wealth axis', () => {
  it.each([
    [0.4, 5],
    [0.9, 1.1],
    [1e-4, 1e4],
  ])('are few and round from %d to %d', (low, high) => {
    const ticks = wealthTicks(low, high);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThanOrEqual(9);
    for (const tick of ticks) expect(tick >= low && tick <= high).toBe(true);
  });
});
