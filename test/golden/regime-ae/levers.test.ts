import { afterAll, describe, expect, it } from 'vitest';
import type { BucketContext } from '../../../src/analysis/drivers/bucket-multiplier.js';
import type { ChannelState } from '../../../src/analysis/drivers/channel-deltas.js';
import type { Driver, RegimeTimeframe } from '../../../src/analysis/drivers/driver.js';
import type { IntentMetrics } from '../../../src/analysis/drivers/intent.js';
import {
  computeLevers,
  type DriverRecords,
  type Levers,
  Posture,
} from '../../../src/analysis/drivers/posture.js';
import { type BucketOrdering, postureConfig } from '../../../src/analysis/drivers/posture-config.js';
import { Deviation } from '../golden-files.js';
import { caseGroups, milliseconds } from './regime-cases.js';

interface LeversInput {
  readonly now?: number;
  readonly token_bucket?: string | null;
  readonly position_bucket?: string | null;
  readonly exec_timeframe: string;
  readonly intent_delta_a?: number;
  readonly intent_delta_e?: number;
  readonly intent_metrics?: IntentMetrics | null;
  readonly bucket_context?: BucketContext | null;
  readonly bucket_config?: BucketOrdering | null;
  readonly drivers: Readonly<
    Record<string, Readonly<Record<string, Omit<ChannelState, 'ts'> & { readonly bar_ts?: number | null }>>>
  >;
}

function recordsOf({ drivers }: LeversInput): DriverRecords {
  const records: Partial<Record<Driver, Partial<Record<RegimeTimeframe, ChannelState>>>> = {};
  for (const [driver, timeframes] of Object.entries(drivers)) {
    const cells: Partial<Record<RegimeTimeframe, ChannelState>> = {};
    for (const [timeframe, { bar_ts, ...state }] of Object.entries(timeframes)) {
      cells[timeframe as RegimeTimeframe] = { ...state, ts: bar_ts == null ? null : milliseconds(bar_ts) };
    }
    records[driver as Driver] = cells;
  }
  return records;
}

/** Parity option of the files: buckets have a multiplier only where the case configures one. */
function leversOf(kind: string, input: LeversInput): Levers {
  const posture = new Posture(recordsOf(input), {
    config: postureConfig({ bucket_ordering: input.bucket_config ?? null }),
    bucketContext: input.bucket_context ?? null,
    ...(input.now === undefined ? {} : { asOf: milliseconds(input.now) }),
  });
  const executionTimeframe = input.exec_timeframe;
  if (kind === 'levers') {
    return computeLevers(posture, {
      bucket: input.position_bucket ?? null,
      executionTimeframe,
      intent: input.intent_metrics ?? null,
    });
  }
  return computeLevers(posture, {
    bucket: input.token_bucket ?? null,
    executionTimeframe,
    intentDelta: { a: input.intent_delta_a ?? 0, e: input.intent_delta_e ?? 0 },
  });
}

/** Our answer in the words of the golden files. */
function asDocument({ A_value, E_value, position_size_frac, diagnostics }: Levers): Record<string, unknown> {
  return {
    A: A_value,
    E: E_value,
    position_size_frac,
    a_regime: diagnostics.components.regime.a_regime,
    e_regime: diagnostics.components.regime.e_regime,
    intent_delta_a: diagnostics.dA,
    intent_delta_e: diagnostics.dE,
    bucket_multiplier: diagnostics.bucket.multiplier,
    bucket_rank: diagnostics.bucket.rank,
    bucket_driver: diagnostics.bucket_driver,
    regime_sum_delta_a: diagnostics.regime_delta_a,
    regime_sum_delta_e: diagnostics.regime_delta_e,
    coverage: diagnostics.coverage,
    channels_live: diagnostics.channels_live,
    channels: diagnostics.channels,
    contributions: diagnostics.channels.filter(({ status }) => status !== 'missing'),
  };
}

/** Everything that the golden document says must be in ours. */
function compare(where: string, mine: unknown, golden: unknown, deviation: Deviation): void {
  if (typeof golden === 'number') {
    deviation.compare(where, typeof mine === 'number' ? mine : Number.NaN, golden, 0, 1e-9);
  } else if (Array.isArray(golden)) {
    expect(mine, where).toHaveLength(golden.length);
    for (const [at, value] of golden.entries()) {
      compare(`${where} ${at}`, (mine as unknown[])[at], value, deviation);
    }
  } else if (golden !== null && typeof golden === 'object') {
    for (const [key, value] of Object.entries(golden)) {
      compare(`${where} ${key}`, (mine as Record<string, unknown>)[key], value, deviation);
    }
  } else expect(mine, where).toBe(golden);
}

const KINDS = new Set(['calculator', 'levers']);
const groups = caseGroups(({ kind }) => kind !== undefined && KINDS.has(kind));

describe.runIf(groups.length > 0)('golden A and E', () => {
  const summaries: string[] = [];
  afterAll(() => {
    console.info(summaries.join('\n'));
  });

  for (const { file, name, cases } of groups) {
    it(`${file}: ${name}, ${cases.length} cases`, () => {
      const deviation = new Deviation();
      for (const { id, note, input, expected } of cases) {
        const { contributions, ...golden } = expected as Record<string, unknown>;
        const mine = asDocument(leversOf(name, input as unknown as LeversInput));
        compare(`${id} (${note ?? ''})`, mine, golden, deviation);
        if (contributions !== undefined) compare(id, mine.contributions, contributions, deviation);
      }
      summaries.push(deviation.summary(`${file} ${name}`));
      expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
    });
  }
});
