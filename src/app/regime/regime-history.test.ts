import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { buildRegimeFeatures } from '../../analysis/features/regime-features.js';
import { openRegimeRecord } from '../../analysis/models/apply-regime-model.js';
import { decodeFiltered, type ServedRule } from '../../analysis/models/decoding.js';
import { trainRegimeModel } from '../../analysis/models/train-regime-model.js';
import { slice } from '../../market/series.js';
import { emptyRows, type ProbabilityRows } from './probability-store.js';
import { filterWindow, smoothWindow } from './regime-history.js';

const whole = syntheticSeries('file:spot:BTCUSDT', '1h', 900, 11);
// an outage: bars 500 to 519 are missing
const series = {
  ...whole,
  ...Object.fromEntries(
    (['time', 'open', 'high', 'low', 'close', 'volume'] as const).map((name) => [
      name,
      Float64Array.from([...whole[name].subarray(0, 500), ...whole[name].subarray(520)]),
    ]),
  ),
  length: 880,
};
const opened = openRegimeRecord(trainRegimeModel(buildRegimeFeatures(series), { states: 3, restarts: 2 }));

function windowOf(bars: number, from: number, stored: ProbabilityRows, rule?: ServedRule) {
  const table = buildRegimeFeatures(slice(series, 0, bars));
  return filterWindow({
    model: opened.model,
    table,
    observations: (first, last) => opened.observations(table, first, last),
    from,
    stored,
    rule,
    unsettled: 0,
    resumes: true,
  });
}

const all = windowOf(series.length, Number.NEGATIVE_INFINITY, emptyRows(3));

describe('a window of filtered regimes', () => {
  it('grows by its missing rows only, and the result is the filter over everything', () => {
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 870 }), fc.integer({ min: 1, max: 10 }), (bars, more) => {
        const first = windowOf(bars, Number.NEGATIVE_INFINITY, emptyRows(3));
        const next = windowOf(Math.min(bars + more, series.length), Number.NEGATIVE_INFINITY, first.rows);
        expect(next.computed.rows).toBe(next.rows.rows - first.rows.rows);
        expect(next.rows.probability.subarray(0, first.rows.probability.length)).toEqual(
          first.rows.probability,
        );
        next.rows.probability.forEach((value, at) => {
          expect(Math.abs(value - all.rows.probability[at]!)).toBeLessThan(1e-9);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('keeps stored rows as they are, even if they would come out differently now', () => {
    const marked = { ...all.rows, probability: all.rows.probability.slice() };
    marked.probability.set([0.2, 0.3, 0.5], 300);
    const stored = {
      ...marked,
      rows: 200,
      time: marked.time.slice(0, 200),
      regime: marked.regime.slice(0, 200),
    };
    const again = windowOf(series.length, Number.NEGATIVE_INFINITY, stored);
    expect([...again.rows.probability.subarray(300, 303)]).toEqual([0.2, 0.3, 0.5]);
    expect(again.computed.rows).toBe(again.rows.rows - 200);
  });

  it('fills a hole in the stored rows', () => {
    const kept = [...all.rows.time.keys()].filter((row) => row < 100 || row >= 110);
    const stored: ProbabilityRows = {
      states: 3,
      rows: kept.length,
      time: Float64Array.from(kept, (row) => all.rows.time[row]!),
      probability: Float64Array.from(
        kept.flatMap((row) => [...all.rows.probability.subarray(row * 3, row * 3 + 3)]),
      ),
      regime: Uint8Array.from(kept, (row) => all.rows.regime[row]!),
    };
    const filled = windowOf(series.length, Number.NEGATIVE_INFINITY, stored);
    expect([...filled.computed.time]).toEqual([...all.rows.time.subarray(100, 110)]);
    filled.computed.probability.forEach((value, at) => {
      expect(Math.abs(value - all.rows.probability[300 + at]!)).toBeLessThan(1e-9);
    });
  });

  it('starts where it is asked to, with the rows before it as warm-up', () => {
    const from = series.time[700]!;
    const late = windowOf(series.length, from, emptyRows(3));
    expect(late.rows.time[0]).toBe(from);
    expect(series.time[late.bar[0]!]).toBe(from);
    expect([...late.rows.probability]).toEqual([
      ...all.rows.probability.slice(-late.rows.probability.length),
    ]);
  });

  it('smoothed rows know the future and differ from the filtered ones', () => {
    const table = buildRegimeFeatures(series);
    const smoothed = smoothWindow({
      model: opened.model,
      table,
      observations: (first, last) => opened.observations(table, first, last),
      from: Number.NEGATIVE_INFINITY,
    });
    expect(smoothed.computed.rows).toBe(0);
    expect(smoothed.rows.probability).not.toEqual(all.rows.probability);
    const last = all.rows.rows - 1;
    for (let state = 0; state < 3; state += 1) {
      expect(smoothed.rows.probability[last * 3 + state]).toBeCloseTo(
        all.rows.probability[last * 3 + state]!,
        9,
      );
    }
  });
});

describe('a window of regimes by a decoding rule', () => {
  const rule = { threshold: 0.8, minimumDwell: 6 };
  const { lengths } = buildRegimeFeatures(series);
  const decoded = decodeFiltered(
    { lookahead: false, states: 3, rows: all.rows.rows, probability: all.rows.probability },
    rule,
    lengths,
  );
  const never = Number.NEGATIVE_INFINITY;

  it('is the rule over the filter, and changes less often than the most probable state', () => {
    const window = windowOf(series.length, never, emptyRows(3), rule);
    expect([...window.rows.regime]).toEqual([...decoded.regime]);
    expect(window.rows.probability).toEqual(all.rows.probability);
    const { changesPer1000Bars, plainChangesPer1000Bars } = decoded.report;
    expect(changesPer1000Bars).toBeLessThan(plainChangesPer1000Bars);
    expect(lengths.length).toBeGreaterThan(1);
  });

  it('goes on from stored rows as if it had never stopped, wherever they end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 860 }), fc.integer({ min: 0, max: 200 }), (bars, back) => {
        const first = windowOf(bars, never, emptyRows(3), rule);
        const from = series.time[Math.max(0, bars - back)]!;
        const next = windowOf(series.length, from, first.rows, rule);
        const skipped = all.rows.rows - next.rows.rows;
        expect([...next.rows.regime]).toEqual([...decoded.regime.subarray(skipped)]);
      }),
      { numRuns: 40 },
    );
  });

  it('never decides a stored row again', () => {
    const regime = all.rows.regime.map((state) => (state + 1) % 3);
    const window = windowOf(series.length, never, { ...all.rows, regime }, rule);
    expect(window.rows.regime).toEqual(regime);
    expect(window.computed.rows).toBe(0);
  });
});
