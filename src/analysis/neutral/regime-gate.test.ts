import { describe, expect, it } from 'vitest';
import { viewPanel } from './alt-universe.js';
import { dayRange, panelOf, randomPanel, selectRows } from './asset-panel.fixture.js';
import { neutralFeatures } from './feature-table.js';
import { DEFAULT_NEUTRAL_REGIME, ENHANCED_WEIGHTS, type GateSettings } from './neutral-settings.js';
import { gated, uptrendShare } from './regime-gate.js';
import { REGIME_CODE } from './regime-state.js';

const { BALANCED, WEAK_RISK_ON_ALTS, WEAK_RISK_ON_MAJORS } = REGIME_CODE;
const options = {
  profile: 'corrected',
  majors: ['BTC', 'ETH'],
  excluded: new Set<string>(),
  lag: 1,
} as const;
const unsupervised = {
  ...DEFAULT_NEUTRAL_REGIME.unsupervised,
  features: ['alt_breadth', 'btc_dominance', 'momentum'],
  trainRows: 80,
  refitRows: 30,
  weights: ENHANCED_WEIGHTS,
};
const gateOf = (over: Partial<GateSettings>): GateSettings => ({ ...DEFAULT_NEUTRAL_REGIME.gate, ...over });

/** One alt that falls and then rises, one that rises and then falls, one that only falls. */
function turning(days: number) {
  return panelOf(['BTC', 'ETH', 'UP', 'DOWN', 'LOST'], dayRange(days), {
    close: (asset, t) => {
      const turn = Math.abs(t - 300);
      if (asset === 'UP') return 100 * Math.exp(0.01 * turn);
      if (asset === 'DOWN') return 100 * Math.exp(-0.01 * turn);
      return 100 * Math.exp(-0.005 * t);
    },
    volume: () => 1e7,
    marketCap: () => 1e9,
  });
}

describe('the share of coins in an uptrend', () => {
  it('counts judged coins only, and follows the turn of each', () => {
    const view = viewPanel(turning(700), options);
    const share = uptrendShare(view, view.alts);
    expect(share.subarray(0, 71).every(Number.isNaN)).toBe(true);
    expect(share[290]).toBeCloseTo(1 / 3, 12);
    expect(share[699]).toBeCloseTo(1 / 3, 12);
    const index = view.panel.assets.indexOf('UP');
    const [first, last] = [uptrendShare(view, [index])[290], uptrendShare(view, [index])[699]];
    expect([first, last]).toEqual([0, 1]);
    expect(uptrendShare(view, [-1]).every(Number.isNaN)).toBe(true);
  });

  it('says of a day what it said when that day was the last', () => {
    const panel = randomPanel(6, 400, 11);
    const whole = viewPanel(panel, options);
    const end = panel.days[320]!;
    const cut = viewPanel(
      selectRows(panel, (_, day) => day <= end),
      options,
    );
    const share = uptrendShare(cut, cut.alts);
    expect(share.some((value) => value > 0 && value < 1)).toBe(true);
    expect(uptrendShare(whole, whole.alts).slice(0, share.length)).toEqual(share);
  });
});

describe('a gate over regimes', () => {
  const panel = randomPanel(8, 260, 3);
  const view = viewPanel(panel, options);
  const features = neutralFeatures(view, 60);
  const all = new Uint8Array(features.day.length).fill(WEAK_RISK_ON_MAJORS);

  it('leaves regimes alone without a gate, and those that are not traded with one', () => {
    expect(gated(all, view, features, gateOf({}), unsupervised)).toBe(all);
    const alts = all.map(() => WEAK_RISK_ON_ALTS);
    const shut = gateOf({ kind: 'hmm', hmm: { leastProbability: 1 } });
    expect(gated(alts, view, features, shut, unsupervised)).toEqual(alts);
  });

  it('is closed before it knows anything, and opens on some days', () => {
    for (const kind of ['uptrend', 'hmm'] as const) {
      const closedFor = kind === 'uptrend' ? 71 : 80;
      const regime = gated(all, view, features, gateOf({ kind }), unsupervised);
      expect(regime.subarray(0, closedFor).every((code) => code === BALANCED)).toBe(true);
      expect(new Set(regime.subarray(closedFor))).toEqual(new Set([BALANCED, WEAK_RISK_ON_MAJORS]));
    }
  });

  it('opens less often the more it asks for', () => {
    const open = (leastProbability: number): number =>
      gated(all, view, features, gateOf({ kind: 'hmm', hmm: { leastProbability } }), unsupervised).filter(
        (code) => code === WEAK_RISK_ON_MAJORS,
      ).length;
    const counts = [0, 0.3, 0.6, 0.9].map(open);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    expect(counts[0]).toBeGreaterThan(counts[3]!);
  });
});

describe('dominance', () => {
  it('is the share of BTC without ETH, or of both with it', () => {
    const caps: Readonly<Record<string, number>> = { BTC: 6e9, ETH: 3e9, ADA: 1e9 };
    const panel = panelOf(Object.keys(caps), dayRange(5), {
      close: () => 10,
      marketCap: (asset, t) => (asset === 'ETH' && t === 2 ? undefined : caps[asset]),
    });
    const view = viewPanel(panel, options);
    const shares = (of: 'first_major' | 'majors') =>
      Array.from(neutralFeatures(view, 0, of).raw.btc_dominance);
    expect(shares('first_major')).toEqual([6 / 7, 6 / 7, 6 / 7, 6 / 7, 6 / 7]);
    expect(shares('majors')).toEqual([0.9, 0.9, Number.NaN, 0.9, 0.9]);
  });
});
