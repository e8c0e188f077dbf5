import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { buildRegimeReport } from './regime-report.js';
import { smallReport } from './small-report.fixture.js';

const words = (page: string): string =>
  page
    .replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('\u00a0', ' ')
    .replace(/\s+/g, ' ');

describe('regime report', () => {
  it('is one page without network, the same bytes for the same input', () => {
    const page = buildRegimeReport(smallReport());
    expect(buildRegimeReport(smallReport()) === page).toBe(true);
    expect(page.slice(0, 15)).toBe('<!doctype html>');
    const markup = page.replace(/<script[^>]*>[\s\S]*?<\/script>/g, '');
    expect(markup).not.toMatch(/\bsrc=|<link|@import|url\(/);
    expect([...markup.matchAll(/https?:\/\/[^"\s<]+/g)].map(([url]) => url)).toEqual([
      'https://www.tradingview.com/',
    ]);
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!.replaceAll('&#39;', "'");
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+' 'sha256-[^']+'; style-src 'unsafe-inline'; img-src data:;/,
    );
  });

  it('tells every fact as text', () => {
    const text = words(buildRegimeReport(smallReport()));
    for (const fact of [
      'Regime Bear 94 %, for 8 bars.',
      'Causal: no lookahead',
      'Out of sample',
      'Sample data',
      'Mean run 37.0 h',
      'Expected length 16.7 h',
      'Volatility per bar 0.45 % high',
      'Same bar, mean \u22120.040 % t \u22123.0',
      'Next bar, mean \u22120.010 % t \u22121.2',
      'None of the three next-bar means differs from zero (|t| < 2).'.replace('<', '&lt;'),
      '.940 .030 .030 16.7 h',
      'Long run',
      'Bars train / test 464 / 116',
      'BIC 7,452',
      'drops 2.98 per row',
      'Converged yes, 17 iterations',
      'Restarts 24 · spread 3.25 nats',
      'Filtered ≠ smoothed 5.2 % of bars',
      'k3-diag-8f2c',
      '1a2b3c4d',
      'Reproduce: tidewatch model train BTC/USDT --tf 1h --seed 42',
      'Past results on one sample. Not advice.',
      '← in sample out of sample →',
    ]) {
      expect(text).toContain(fact);
    }
  });

  it('marks smoothed probabilities as lookahead and training bars as in sample', () => {
    const text = words(
      buildRegimeReport(smallReport({ kind: 'smoothed', trainEnd: null, sampleData: false })),
    );
    expect(text).toContain('Lookahead');
    expect(text).toContain('In sample');
    expect(text).not.toMatch(/Causal: no lookahead|Out of sample (?!the)|Sample data/);
  });

  it.each([1, 2, 5, 8])('tells %i states', (count) => {
    const text = words(buildRegimeReport(smallReport({}, 600, count)));
    for (const { label } of smallReport({}, 600, count).states) expect(text).toContain(label);
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it('shows what is missing as a dash, and warnings as sentences', () => {
    const base = smallReport();
    const page = buildRegimeReport(
      smallReport({
        quote: null,
        stationary: null,
        states: base.states.map((state) => ({
          ...state,
          volatility: null,
          volatilityLabel: null,
          sameBar: null,
          nextBar: null,
          meanRun: null,
        })),
        diagnostics: {
          ...base.diagnostics,
          bic: null,
          logLikelihoodPerRowTrain: null,
          logLikelihoodPerRowValidation: null,
          filteredDiffersFromSmoothed: null,
          restartSpread: null,
          converged: false,
          warnings: ['state Chop holds 3 % of the bars'],
        },
      }),
    );
    const text = words(page);
    expect(text).toContain('Mean run —');
    expect(text).toContain('no, stopped at 17');
    expect(text).toContain('state Chop holds 3 % of the bars');
    expect(text).not.toMatch(/NaN|undefined|null|Long run/);
  });

  it('shows every number of states that was tried, and which one was taken', () => {
    const { diagnostics } = smallReport();
    const tried = { shortfall: 0.1, standardError: 0.02, aic: 9000, bic: 9100, icl: 9200, skipped: null };
    const choice = {
      by: 'out_of_sample',
      candidates: [
        { ...tried, states: 2, perRow: -6.1 },
        { ...tried, states: 3, perRow: -6, shortfall: 0, standardError: 0 },
        { ...tried, states: 4, perRow: null, skipped: 'a state holds less than 1 %' },
      ],
    } as const;
    const text = words(buildRegimeReport(smallReport({ diagnostics: { ...diagnostics, choice } })));
    expect(text).toContain('Number of states chosen by how well later rows are told');
    expect(text).toMatch(/2 −6\.100 0\.100 ± 0\.020 9,000 9,100 9,200/);
    expect(text).toContain('3, taken');
    expect(text).toContain('4 passed over');
  });

  it('claims nothing that its kind of model does not have', () => {
    const base = smallReport();
    const text = words(
      buildRegimeReport(
        smallReport({
          kind: 'smoothed',
          transitionMatrix: null,
          stationary: null,
          forecast: [],
          states: base.states.map((state) => ({ ...state, expectedDuration: null, nextBar: null })),
          diagnostics: {
            ...base.diagnostics,
            modelName: 'Segmentation (PELT)',
            covarianceType: null,
            probabilistic: false,
            parameters: null,
            bic: null,
            restarts: null,
            restartSpread: null,
            logLikelihoodPerRowTrain: null,
            logLikelihoodPerRowValidation: null,
          },
        }),
      ),
    );
    expect(text).toContain('Regime Bear, for 8 bars.');
    expect(text).toContain('the model names one state only');
    expect(text).toContain('Lookahead');
    expect(text).not.toMatch(/Out of sample (?!→)|Forecast|Transitions|Restarts|Parameters|BIC/);
  });

  it('lets no name break out of the page', () => {
    const evil = '"><script>alert(1)</script><!--';
    const base = smallReport();
    const page = buildRegimeReport(
      smallReport({
        title: evil,
        symbol: evil,
        quote: evil,
        statisticsScope: evil,
        states: base.states.map((state) => ({ ...state, label: evil })),
        manifest: {
          ...base.manifest,
          runId: evil,
          modelId: evil,
          reproduce: evil,
          dataHash: evil,
          version: evil,
        },
        diagnostics: { ...base.diagnostics, warnings: [evil], features: [evil], profile: evil },
      }),
    );
    expect(page.includes('<script>alert')).toBe(false);
    expect(page.match(/<script/g)).toHaveLength(3);
    expect(page.match(/<!--/g)).toBeNull();
  });

  it('takes a history of one bar and of one state', () => {
    const one = smallReport({ firstBar: 0, probabilities: Float64Array.of(0.2, 0.3, 0.5) }, 21);
    const series = { ...one.series, length: 1, time: one.series.time.slice(0, 1) };
    const columns = ['open', 'high', 'low', 'close', 'volume'] as const;
    const cut = Object.fromEntries(columns.map((name) => [name, one.series[name].slice(0, 1)]));
    expect(words(buildRegimeReport({ ...one, series: { ...series, ...cut } }))).toContain('Bull 50 %');
  });

  it('refuses lengths that do not fit and an empty series', () => {
    const base = smallReport();
    expect(() => buildRegimeReport({ ...base, firstBar: 19 })).toThrow(/1740 probabilities for 581 bars/);
    expect(() => buildRegimeReport({ ...base, transitionMatrix: new Float64Array(4) })).toThrow(
      /probabilities/,
    );
    const empty = { ...base.series, length: 0 };
    expect(() => buildRegimeReport({ ...base, series: empty })).toThrow(/no bars to report/);
  });

  it('stays small with four years of hours', () => {
    expect(buildRegimeReport(smallReport({}, 35_000)).length).toBeLessThan(700_000);
  });

  it('keeps nothing of a hundred reports', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const input = smallReport({}, 2000);
    const heapAfter = (reports: number): number => {
      for (let built = 0; built < reports; built += 1) buildRegimeReport(input);
      collect();
      return process.memoryUsage().heapUsed;
    };
    const size = buildRegimeReport(input).length;
    const afterTen = heapAfter(10);
    // whatever else this process holds: of ninety reports not even ten are left
    expect(heapAfter(90) - afterTen).toBeLessThan(10 * size);
  });
});
