import { describe, expect, it } from 'vitest';
import {
  chartSummary,
  nextBarSentence,
  presentRegime,
  scopeLine,
  validationSentence,
  verdictSentence,
} from './plain-words.js';
import type { MeanWithT } from './regime-report-input.js';
import { smallReport } from './small-report.fixture.js';

const plain = (text: string | null): string => (text ?? '').replaceAll('\u00a0', ' ');

describe('plain words', () => {
  it('tells the present regime, its age and whether it is out of sample', () => {
    const input = smallReport();
    const present = presentRegime(input)!;
    expect(present.state.label).toBe('Bear');
    expect(present.bars).toBe(600 - 16 * 37);
    expect(present.since).toBe(input.series.time[16 * 37]);
    expect(present.outOfSample).toBe(true);
    expect(plain(verdictSentence(present))).toBe('Regime Bear 94 %, for 8 bars.');
    expect(presentRegime(smallReport({ trainEnd: null }))!.outOfSample).toBe(false);
  });

  it('says so when the last bar has no regime', () => {
    const input = smallReport();
    const probabilities = input.probabilities.slice();
    probabilities.fill(Number.NaN, probabilities.length - 3);
    const present = presentRegime(smallReport({ probabilities }));
    expect(present).toBeNull();
    expect(verdictSentence(present)).toBe('The last bar has no regime.');
  });

  it('counts which next-bar means differ from zero', () => {
    const states = smallReport().states;
    const withT = (values: (number | null)[]): string =>
      plain(
        nextBarSentence(
          states.map((state, index) => ({
            ...state,
            nextBar: { mean: 0.0002, t: values[index]! } as MeanWithT,
          })),
        ),
      );
    expect(withT([1.9, -1.99, 0])).toBe('None of the three next-bar means differs from zero (|t| < 2).');
    expect(withT([1, -2.5, 0])).toBe(
      'The next-bar mean differs from zero (|t| ≥ 2) in 1 of 3 states: Bear (+0.020 %, t \u22122.5), before costs.',
    );
    expect(withT([null, null, null])).toBe('The next-bar means could not be tested.');
    expect(withT([null, 0.5, null])).toBe('The next-bar mean does not differ from zero (|t| < 2).');
  });

  it('compares the fit on unseen rows with the fit in training', () => {
    const input = smallReport();
    expect(validationSentence(input)).toBe('Out of sample the fit drops 2.98 per row.');
    const better = { ...input.diagnostics, logLikelihoodPerRowValidation: -5.5 };
    expect(validationSentence(smallReport({ diagnostics: better }))).toBe(
      'Out of sample the fit rises 0.21 per row.',
    );
    const none = { ...input.diagnostics, logLikelihoodPerRowValidation: null };
    expect(validationSentence(smallReport({ diagnostics: none }))).toBeNull();
  });

  it('names span, bars, model and training in one line', () => {
    expect(scopeLine(smallReport())).toBe(
      '1 Jan 2024 – 25 Jan 2024 · 600 bars of 1h · Gaussian HMM, 3 states, diag · trained to 21 Jan 2024',
    );
    expect(scopeLine(smallReport({ source: 'derived', trainEnd: null }))).toContain(
      '600 bars of 1h, resampled · Gaussian HMM, 3 states, diag · trained on all bars',
    );
  });

  it('puts the chart into words', () => {
    const input = smallReport();
    const words = plain(chartSummary(input, presentRegime(input)));
    expect(words).toMatch(
      /^BTC\/USDT went from 30,000 to 3\d,\d{3} USDT \([+\u2212][\d.]+ %\), lowest 2\d,\d{3} on/,
    );
    expect(words).toContain('Share of all 580 bars: Bear 33.3 %, Chop 33.3 %, Bull 33.3 %.');
    expect(words).toContain('Bear since 25 Jan 2024 16:00 UTC; data to 26 Jan 2024 00:00 UTC.');
  });
});
