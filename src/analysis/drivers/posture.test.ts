import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChannelState } from './channel-deltas.js';
import {
  BUCKETS,
  DRIVERS,
  type Driver,
  driverBookOf,
  driverContract,
  driverInstrument,
  driversOf,
  REGIME_TIMEFRAMES,
  type RegimeTimeframe,
} from './driver.js';
import { EXECUTION_TIMEFRAMES } from './execution-weights.js';
import { computeLevers, type DriverRecords, type Levers, Posture } from './posture.js';
import { postureConfig } from './posture-config.js';
import { postureV2Flags } from './posture-v2.js';
import { regimeBundle, regimeSignature } from './regime-bundle.js';

const HOUR = 3_600_000;
const NOW = Date.UTC(2025, 5, 10, 12);

function cell(driver: Driver, timeframe: RegimeTimeframe, record: Partial<ChannelState>): DriverRecords {
  return { [driver]: { [timeframe]: { state: null, ts: null, ...record } } };
}

function merged(...records: readonly DriverRecords[]): DriverRecords {
  const all: Partial<Record<Driver, Partial<Record<RegimeTimeframe, ChannelState>>>> = {};
  for (const part of records) {
    for (const [driver, cells] of Object.entries(part)) {
      all[driver as Driver] = { ...all[driver as Driver], ...(cells as object) };
    }
  }
  return all;
}

const levers = (records: DriverRecords | null, bucket = 'nano', executionTimeframe = '1h'): Levers =>
  computeLevers(new Posture(records), { bucket, executionTimeframe });

const flag = fc.boolean();
const record = fc.record({
  state: fc.constantFrom('S0', 'S1', 'S2', 'S3', 'S4', 'S9', '', null),
  prev_state: fc.constantFrom('S0', 'S1', 'S2', 'S3', 'S4', '', null, 'S7'),
  buy_signal: flag,
  buy_flag: flag,
  trim_flag: flag,
  first_dip_buy_flag: flag,
  emergency_exit: flag,
  reclaimed_ema333: flag,
  rebuy_flag: flag,
  ts: fc.option(fc.integer({ min: NOW - 5 * 24 * HOUR, max: NOW })),
});
const records: fc.Arbitrary<DriverRecords> = fc
  .array(fc.option(record), { minLength: 24, maxLength: 24 })
  .map((cells) =>
    Object.fromEntries(
      DRIVERS.map((driver, d) => [
        driver,
        Object.fromEntries(REGIME_TIMEFRAMES.map((timeframe, t) => [timeframe, cells[3 * d + t]!])),
      ]),
    ),
  );
const intent = fc.option(
  fc.record(
    {
      hi_buy: fc.double(),
      med_buy: fc.double({ min: 0, max: 1 }),
      profit: fc.double({ min: 0, max: 1 }),
      sell: fc.double({ min: 0, max: 1 }),
      mock: fc.double({ min: 0, max: 1 }),
    },
    { requiredKeys: [] },
  ),
);

describe('A and E of a token', () => {
  it('are 0.533 and 0.6425 in the worked example of the specification', () => {
    const { A_value, E_value } = levers(
      merged(
        cell('BTC', '1d', { state: 'S3' }),
        cell('ALT', '1h', { state: 'S1', buy_signal: true }),
        cell('nano', '1h', { state: 'S3', trim_flag: true }),
        cell('USDT.d', '1d', { state: 'S1' }),
      ),
    );
    expect(A_value).toBeCloseTo(0.533, 12);
    expect(E_value).toBeCloseTo(0.6425, 12);
  });

  it('are neutral without records, and when they could not be read', () => {
    for (const none of [null, {}]) {
      const { A_value, E_value, diagnostics } = levers(none);
      expect([A_value, E_value, diagnostics.coverage, diagnostics.channels_live]).toEqual([0.5, 0.5, 0, 0]);
      expect(diagnostics.degraded).toBe(true);
      expect(diagnostics.channels.map(({ status }) => status)).toEqual(Array(15).fill('missing'));
    }
  });

  it('keep what people say when the market says nothing', () => {
    const { A_value, E_value } = computeLevers(new Posture(null), {
      bucket: 'mid',
      executionTimeframe: '1h',
      intent: { mock: 1 },
    });
    expect([A_value, E_value]).toEqual([0.2, 0.9]);
  });

  it('stay within 0 and 1, whatever is recorded and said', () => {
    fc.assert(
      fc.property(
        records,
        intent,
        fc.constantFrom(...BUCKETS, 'micro', 'xl', null, 'no such'),
        fc.constantFrom(...EXECUTION_TIMEFRAMES, '3d'),
        fc.dictionary(fc.constantFrom(...BUCKETS), fc.double(), { maxKeys: 4 }),
        (cells, said, bucket, executionTimeframe, scores) => {
          const phases = Object.fromEntries(
            Object.entries(scores).map(([name, score]) => [name, { score, slope: score, confidence: 1 }]),
          );
          const posture = new Posture(cells, {
            asOf: NOW,
            bucketContext: { bucket_phases: phases, bucket_rank: Object.keys(phases) },
          });
          const { A_value, E_value, position_size_frac, diagnostics } = computeLevers(posture, {
            bucket,
            executionTimeframe,
            intent: said,
          });
          for (const value of [A_value, E_value, diagnostics.coverage]) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1 + 1e-12);
          }
          expect(position_size_frac).toBeCloseTo(0.1 + 0.5 * A_value, 12);
          expect(diagnostics.channels).toHaveLength(15);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('depend on the own bucket only', () => {
    fc.assert(
      fc.property(records, records, fc.constantFrom(...BUCKETS), (mine, other, bucket) => {
        const swapped = { ...mine };
        for (const foreign of BUCKETS) {
          if (foreign !== bucket) Object.assign(swapped, { [foreign]: other[foreign] });
        }
        const token = { bucket, executionTimeframe: '4h' };
        expect(computeLevers(new Posture(swapped, { asOf: NOW }), token)).toEqual(
          computeLevers(new Posture(mine, { asOf: NOW }), token),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('are what the channels add up to', () => {
    fc.assert(
      fc.property(records, fc.constantFrom(...BUCKETS), (cells, bucket) => {
        const { diagnostics } = computeLevers(new Posture(cells, { asOf: NOW }), {
          bucket,
          executionTimeframe: '1d',
        });
        const sum = diagnostics.channels.reduce((total, channel) => total + channel.delta_a, 0);
        expect(sum).toBeCloseTo(diagnostics.regime_delta_a, 12);
        for (const { status, delta_a, delta_e, raw_delta_a } of diagnostics.channels) {
          if (status !== 'live') expect([delta_a, delta_e, raw_delta_a]).toEqual([0, 0, 0]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('turn with the sign of the driver: dominance falling is good news', () => {
    for (const [driver, sign] of [
      ['BTC', 1],
      ['ALT', 1],
      ['nano', 1],
      ['BTC.d', -1],
      ['USDT.d', -1],
    ] as const) {
      const ended = levers(cell(driver, '1d', { state: 'S0', prev_state: 'S3' }));
      expect(Math.sign(ended.A_value - 0.5)).toBe(-sign);
      expect(Math.sign(ended.E_value - 0.5)).toBe(sign);
    }
  });

  it('take the row of 1h for an execution timeframe that has none', () => {
    const cells = cell('ALT', '1m', { state: 'S3' });
    expect(levers(cells, 'nano', '30m')).toEqual(levers(cells, 'nano', '1h'));
    expect(levers(cells, 'nano', 'constructor')).toEqual(levers(cells, 'nano', '1h'));
  });
});

describe('a channel', () => {
  const statusOf = (state: Partial<ChannelState>, config = postureConfig()) =>
    new Posture(cell('BTC', '1h', state), { asOf: NOW, config }).channels('nano', '1h')[1]!.status;

  it('is stale one millisecond after the limit and never when its time is unknown', () => {
    expect(statusOf({ state: 'S1', ts: NOW - 4 * HOUR })).toBe('live');
    expect(statusOf({ state: 'S1', ts: NOW - 4 * HOUR - 1 })).toBe('stale');
    expect(statusOf({ state: 'S1', ts: null })).toBe('live');
  });

  it('is invalid before it is stale', () => {
    expect(statusOf({ state: 'S9', ts: 0 })).toBe('invalid');
    expect(statusOf({ state: null, ts: 0 })).toBe('invalid');
  });

  it('counts immature states unless the configuration wants mature ones', () => {
    const young = { state: 'S3', warm: false };
    expect(statusOf(young)).toBe('live');
    expect(statusOf(young, postureConfig({ require_mature: true }))).toBe('immature');
  });

  it('pulses for one bar, or for as many as configured with the state before the entry', () => {
    const aOf = (state: Partial<ChannelState>, pulse_bars = 1): number =>
      new Posture(cell('BTC', '1d', state), { config: postureConfig({ pulse_bars }) }).channels(
        'nano',
        '1h',
      )[0]!.raw_delta_a;
    const entered = { state: 'S0', prev_state: 'S3', entered_from: 'S3', bars_in_state: 0 };
    const later = { ...entered, prev_state: 'S0', bars_in_state: 1 };
    expect([aOf(entered), aOf(later)]).toEqual([-0.8, -0.3]);
    expect([aOf(entered, 2), aOf(later, 2), aOf({ ...later, bars_in_state: 2 }, 2)]).toEqual([
      -0.8, -0.8, -0.3,
    ]);
    expect(aOf({ state: 'S0', prev_state: 'S3' }, 3)).toBe(-0.8);
  });

  it('has no rebuy of its own when that is off', () => {
    const rebought = cell('ALT', '1h', { state: 'S3', buy_flag: true, rebuy_flag: true });
    const rawOf = (rebuy: boolean): number =>
      new Posture(rebought, { config: postureConfig({ rebuy }) }).channels('mid', '1h')[4]!.raw_delta_a;
    expect(rawOf(true)).toBeCloseTo(0.4, 12);
    expect(rawOf(false)).toBeCloseTo(0.25, 12);
  });
});

describe('the configuration', () => {
  const aligned = merged(
    ...REGIME_TIMEFRAMES.flatMap((timeframe) => [
      cell('BTC', timeframe, { state: 'S3' }),
      cell('ALT', timeframe, { state: 'S3' }),
      cell('nano', timeframe, { state: 'S3' }),
      cell('BTC.d', timeframe, { state: 'S0' }),
      cell('USDT.d', timeframe, { state: 'S0' }),
    ]),
  );
  const withConfig = (changes: Parameters<typeof postureConfig>[0]): Levers =>
    computeLevers(new Posture(aligned, { config: postureConfig(changes) }), {
      bucket: 'nano',
      executionTimeframe: '1h',
    });

  it('saturates fully aligned markets, and not at half strength', () => {
    const full = withConfig({});
    expect([full.A_value, full.E_value]).toEqual([1, 0]);
    expect(full.diagnostics.regime_delta_a).toBeCloseTo(0.8855, 10);
    const half = withConfig({ regime_strength: 0.5 });
    expect(half.A_value).toBeCloseTo(0.94275, 10);
    expect(half.diagnostics.coverage).toBe(1);
  });

  it('may weigh a timeframe by the execution multiplier alone', () => {
    const channel = withConfig({ tf_weighting: 'exec_only' }).diagnostics.channels[0]!;
    expect(channel.weight).toBeCloseTo(0.3, 12);
  });

  it('replaces the weight of single channels, in the coverage too', () => {
    const { channels, coverage } = withConfig({
      channel_weights: { 'USDT.d': { '1m': 0 } },
    }).diagnostics;
    expect(channels[14]!.delta_a).toBe(0);
    expect(coverage).toBe(1);
    const silent = Object.fromEntries(
      DRIVERS.map((driver) => [driver, { '1d': 0, '1h': 0, '1m': 0 }]),
    ) as Record<Driver, Record<RegimeTimeframe, number>>;
    expect(withConfig({ channel_weights: silent }).diagnostics.coverage).toBe(0);
  });
});

describe('names', () => {
  it('of records are those of the store', () => {
    expect(driverInstrument('USDT.d')).toBe('regime:onchain_crypto:usdt_d');
    expect(driverContract('BTC.d')).toBe('regime_btc_d');
    expect(['perps', 'perp_crypto', 'spot_crypto', 'stock_perps'].map(driverBookOf)).toEqual([
      'onchain_crypto',
      'onchain_crypto',
      'onchain_crypto',
      'stock_perps',
    ]);
  });

  it('of regimes make one signature', () => {
    const bundle = regimeBundle(cell('nano', '1h', { state: 'S2' }), 'nano');
    expect(Object.keys(bundle)).toHaveLength(15);
    expect(bundle).toMatchObject({ bucket_meso: 'S2', btc_macro: 'S4' });
    const signature = regimeSignature(bundle, 2);
    expect(signature).toMatch(/^btc_macro=S4\|btc_meso=S4\|.*\|usdtd_micro=S4\|bucket_rank=2$/);
    expect(regimeSignature(bundle)).not.toContain('bucket_rank');
    expect(driversOf('big')).toEqual(['BTC', 'ALT', 'big', 'BTC.d', 'USDT.d']);
  });

  it('of flags are those of the 1h records', () => {
    const cells = merged(
      cell('big', '1h', { state: 'S3', trim_flag: true }),
      cell('BTC', '1d', { state: 'S3', trim_flag: true }),
    );
    expect(postureV2Flags(cells, 'big')).toMatchObject({
      bucket: { buy: false, trim: true, emergency: false },
      btc: { buy: false, trim: false, emergency: false },
    });
  });
});
