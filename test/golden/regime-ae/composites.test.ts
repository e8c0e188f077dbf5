import { afterAll, describe, expect, it } from 'vitest';
import { bucketMembers } from '../../../src/analysis/drivers/bucket-members.js';
import { type ComponentBars, composeIndex } from '../../../src/analysis/drivers/chained-index.js';
import { dominanceMinutes, dominanceOf, samplesToMinutes } from '../../../src/analysis/drivers/dominance.js';
import type { RegimeTimeframe } from '../../../src/analysis/drivers/driver.js';
import { bucketOf } from '../../../src/analysis/drivers/market-cap-labels.js';
import { pointsToMinutes } from '../../../src/analysis/drivers/price-points.js';
import { averageBar, composeAverage } from '../../../src/analysis/drivers/raw-average.js';
import { rollUpRegimeBars } from '../../../src/analysis/drivers/regime-roll-up.js';
import type { BarColumns } from '../../../src/market/series.js';
import { barClose, type Timeframe } from '../../../src/market/timeframe.js';
import { tradesToMinutes } from '../../../src/market/trade-bars.js';
import { Deviation } from '../golden-files.js';
import { caseGroups, milliseconds } from './regime-cases.js';

interface GoldenBar {
  readonly ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume?: number | null;
  readonly coverage_pct?: number;
}

const column = (
  bars: readonly GoldenBar[],
  of: (bar: GoldenBar) => number | null | undefined,
): Float64Array => Float64Array.from(bars, (bar) => of(bar) ?? Number.NaN);

function columnsOf(bars: readonly GoldenBar[]): BarColumns {
  return {
    time: column(bars, ({ ts }) => milliseconds(ts)),
    open: column(bars, ({ open }) => open),
    high: column(bars, ({ high }) => high),
    low: column(bars, ({ low }) => low),
    close: column(bars, ({ close }) => close),
    volume: column(bars, ({ volume }) => volume),
  };
}

function componentsOf(bars: Readonly<Record<string, readonly GoldenBar[]>>): ComponentBars {
  return Object.fromEntries(Object.entries(bars).map(([name, own]) => [name, columnsOf(own)]));
}

type Document = Readonly<Record<string, unknown>>;

/** Rows of columns as golden bars, with more fields per row. */
function documents(bars: BarColumns, more: (row: number) => Document): Document[] {
  return Array.from(bars.time, (ts, row) => ({
    ts: ts / 1000,
    open: bars.open[row]!,
    high: bars.high[row]!,
    low: bars.low[row]!,
    close: bars.close[row]!,
    volume: bars.volume[row]!,
    ...more(row),
  }));
}

interface ComponentsInput {
  readonly timeframe: RegimeTimeframe;
  readonly min_components: number;
  readonly prev_index_close?: number | null;
  readonly components: Readonly<Record<string, readonly GoldenBar[]>>;
}

interface RollUpInput {
  readonly timeframe?: Timeframe;
  readonly partial_threshold: number;
  readonly bars: readonly GoldenBar[];
}

function rolledDocuments(from: Timeframe, to: Timeframe, input: RollUpInput): Document[] {
  const source = columnsOf(input.bars);
  const isRolled = input.bars.some(({ coverage_pct }) => coverage_pct !== undefined);
  const rolled = rollUpRegimeBars(source, {
    from,
    to,
    horizon: Number.POSITIVE_INFINITY,
    threshold: input.partial_threshold,
    ...(isRolled ? { coveragePct: column(input.bars, ({ coverage_pct }) => coverage_pct) } : {}),
  });
  return documents(rolled.bars, (row) => ({
    partial: rolled.partial[row] === 1,
    coverage_pct: rolled.coveragePct[row],
    bars_used: rolled.barsUsed[row],
    expected_bars: rolled.expectedBars,
  }));
}

interface SamplesInput {
  readonly samples: readonly { readonly ts: number; readonly value: number | null }[];
}

const samplesOf = ({ samples }: SamplesInput) =>
  samples.map(({ ts, value }) => ({ ts: milliseconds(ts), value }));

/** What we make of the input of each type, in the words of the files. */
const ANSWERS: Readonly<Record<string, (input: never) => unknown>> = {
  alt_raw_average: ({ components, min_components }: ComponentsInput) => {
    const bars = composeAverage(componentsOf(components), min_components);
    return documents(bars, (row) => ({ source: 'composite', component_count: bars.componentCount[row] }));
  },
  bucket_raw_average: ({
    ts,
    tokens,
  }: {
    readonly ts: number;
    readonly tokens: readonly {
      readonly token: string;
      readonly market_cap_usd: number;
      readonly bar: GoldenBar | null;
    }[];
  }) => {
    const caps = tokens.map(({ token, market_cap_usd }) => ({
      instrument_id: token,
      token_contract: token,
      bucket: bucketOf(market_cap_usd),
      market_cap_usd,
      updated_at: milliseconds(ts),
    }));
    const members = Object.values(bucketMembers(caps, milliseconds(ts))).flat();
    const bars = members.flatMap((id) => {
      const bar = tokens.find(({ token }) => token === id)!.bar;
      return bar === null ? [] : [{ ...bar, volume: bar.volume ?? Number.NaN }];
    });
    const bar = averageBar(ts, bars, 1);
    if (bar === null) return null;
    const { componentCount, ...prices } = bar;
    return { ...prices, component_count: componentCount };
  },
  chained_index: ({ timeframe, min_components, prev_index_close, components }: ComponentsInput) => {
    const before = { last_ts: null, last_close: prev_index_close ?? null, components: {} };
    const { bars, dropped } = composeIndex(
      componentsOf(components),
      { timeframe, minComponents: min_components },
      before,
    );
    return documents(bars, (row) => {
      const out = dropped.filter(({ ts }) => ts === bars.time[row]);
      return {
        source: 'composite',
        component_count: bars.componentCount[row],
        ...(out.length === 0 ? {} : { dropped: out.map(({ component, reason }) => ({ component, reason })) }),
      };
    });
  },
  rollup_1m: (input: RollUpInput) => rolledDocuments('1m', input.timeframe!, input),
  rollup_1h_to_1d: (input: RollUpInput) => rolledDocuments('1h', '1d', input),
  dominance_rollup: (
    input: SamplesInput & { readonly timeframe: Timeframe; readonly bucket_open: number },
  ) => {
    const from = milliseconds(input.bucket_open);
    const to = barClose(from, input.timeframe);
    const inside = samplesOf(input).filter(({ ts }) => ts >= from && ts < to);
    const minutes = samplesToMinutes(inside).map((bar) => ({ ...bar, ts: bar.ts / 1000 }));
    const rolled = rolledDocuments('1m', input.timeframe, { partial_threshold: 0.5, bars: minutes });
    return rolled[0] ?? null;
  },
  dominance_samples_to_1m: (input: SamplesInput) =>
    samplesToMinutes(samplesOf(input)).map((bar) => ({ ...bar, ts: bar.ts / 1000 })),
  dominance_parse: ({
    global,
    tether_market_cap,
  }: {
    readonly global: Parameters<typeof dominanceOf>[0];
    readonly tether_market_cap?: number;
  }) => {
    const shares = dominanceOf(global, tether_market_cap);
    return { btc_d: shares['BTC.d'], usdt_d: shares['USDT.d'] };
  },
  points_to_1m: ({
    points,
  }: {
    readonly points: readonly { readonly ts: number; readonly price: number }[];
  }) =>
    pointsToMinutes(points.map((point) => ({ ...point, ts: milliseconds(point.ts) }))).map((bar) => ({
      ...bar,
      ts: bar.ts / 1000,
    })),
  ticks_to_1m: ({
    trades,
  }: {
    readonly trades: readonly { readonly ts: string; readonly price: number; readonly size: number }[];
  }) => {
    const bars = tradesToMinutes(trades.map((trade) => ({ ...trade, ts: Date.parse(trade.ts) })));
    expect(bars).toHaveLength(1);
    const { quoteVolume, ...bar } = bars[0]!;
    return { ...bar, ts: bar.ts / 1000, volume: quoteVolume };
  },
  bucket_of_mcap: ({ market_cap_usd }: { readonly market_cap_usd: number }) => ({
    bucket: bucketOf(market_cap_usd),
  }),
};

/** Everything that the golden document says must be in ours, and lists must be as long. */
function compare(where: string, mine: unknown, golden: unknown, deviation: Deviation): void {
  if (typeof golden === 'number') {
    deviation.compare(where, typeof mine === 'number' ? mine : Number.NaN, golden, 1e-9, 1e-300);
  } else if (Array.isArray(golden)) {
    expect(mine, where).toHaveLength(golden.length);
    for (const [at, value] of golden.entries()) {
      compare(`${where} ${at}`, (mine as unknown[])[at], value, deviation);
    }
  } else if (golden !== null && typeof golden === 'object') {
    expect(mine, where).toBeTypeOf('object');
    for (const [key, value] of Object.entries(golden)) {
      compare(`${where} ${key}`, (mine as Document)[key], value, deviation);
    }
  } else expect(mine, where).toBe(golden);
}

const groups = caseGroups(({ type }) => type !== undefined);

describe.runIf(groups.length > 0)('golden regime bars', () => {
  const summaries: string[] = [];
  afterAll(() => {
    console.info(summaries.join('\n'));
  });

  for (const { file, name, cases } of groups) {
    it(`${file}: ${name}, ${cases.length} cases`, () => {
      const answer = ANSWERS[name] as ((input: unknown) => unknown) | undefined;
      expect(answer, `nothing answers cases of type ${name}`).toBeDefined();
      const deviation = new Deviation();
      for (const { id, note, input, expected } of cases) {
        compare(`${id} (${note ?? ''})`, answer!(input), expected, deviation);
      }
      summaries.push(deviation.summary(`${file} ${name}`));
      expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
    });
  }
});

it('a carried dominance minute never appears among sampled ones', () => {
  const samples = [{ ts: 0, value: 57, provider_updated_at: 0 }];
  expect(samplesToMinutes(samples)).toHaveLength(1);
  expect(dominanceMinutes(samples, 0, 180_000).map((bar) => bar.samples)).toEqual([1, 0, 0]);
});
