/**
 * The datasets of the lake: their columns, key and partitions, once. Row types and zod schemas (dataset-rows.ts), SQL
 * types and checks follow from here (operational schema §4.1–4.4). Partition columns (venue, timeframe) live in the
 * folder names, not in the files. Longer than most files: it is one table.
 */
import { TidewatchError } from '../../errors.js';
import type { Column, DatasetShape, RowCheck } from './dataset-shape.js';

const text = { type: 'text', nullable: false } as const;
const optionalText = { type: 'text', nullable: true } as const;
const double = { type: 'double', nullable: false } as const;
const optionalDouble = { type: 'double', nullable: true } as const;
const optionalInteger = { type: 'integer', nullable: true } as const;
/** 64-bit integers are times, epoch ms UTC, and nothing else. */
const bigint = { type: 'bigint', nullable: false } as const;
const optionalBigint = { type: 'bigint', nullable: true } as const;
const flag = { type: 'boolean', nullable: false, default: 'false' } as const;

/** Every row of every dataset carries where it came from and when it was written. */
const origin = { source: text, ingested_at: bigint } as const;

const PRICES = ['open', 'high', 'low', 'close'];
const barChecks: readonly RowCheck[] = [
  {
    code: 'non_finite_value',
    violation: [...PRICES, 'volume'].map((name) => `NOT isfinite(${name})`).join(' OR '),
  },
  { code: 'non_positive_price', violation: PRICES.map((name) => `${name} <= 0`).join(' OR ') },
  {
    code: 'inconsistent_bar',
    violation: 'high < greatest(open, close, low) OR low > least(open, close)',
  },
  { code: 'negative_volume', violation: 'volume < 0' },
];

// NaN is above every number to DuckDB, so a finite high bounds the other prices
const barSound = [
  {
    needs: PRICES,
    sql:
      'low > 0 AND low <= open AND low <= close AND open <= high AND close <= high ' +
      "AND high < 'Infinity'::DOUBLE",
  },
  { needs: ['volume'], sql: "(volume IS NULL OR (volume >= 0 AND volume < 'Infinity'::DOUBLE))" },
];

const finite = (...names: string[]): RowCheck => ({
  code: 'non_finite_value',
  violation: names.map((name) => `NOT isfinite(${name})`).join(' OR '),
});
const finiteSound = (...names: string[]) =>
  names.map((name) => ({ needs: [name], sql: `(${name} IS NULL OR isfinite(${name}))` }));

/** Column order is the order in the files. */
export const DATASETS = {
  bars: {
    columns: {
      instrument_id: text,
      ts: bigint,
      open: double,
      high: double,
      low: double,
      close: double,
      open_native: optionalDouble,
      high_native: optionalDouble,
      low_native: optionalDouble,
      close_native: optionalDouble,
      volume: { type: 'double', nullable: false, default: '0' },
      quote_volume: optionalDouble,
      trades: optionalInteger,
      liquidity_usd: optionalDouble,
      market_cap: optionalDouble,
      fdv: optionalDouble,
      price_change_24h: optionalDouble,
      dex_id: optionalText,
      pair_address: optionalText,
      partial: flag,
      coverage_pct: optionalDouble,
      bars_used: optionalInteger,
      expected_bars: optionalInteger,
      volume_estimated: flag,
      ...origin,
    },
    subject: 'instrument_id',
    extraKey: [],
    hasTimeframe: true,
    checks: barChecks,
    sound: barSound,
  },
  funding_rates: {
    columns: {
      instrument_id: text,
      ts: bigint,
      /** Fraction per interval. */
      funding_rate: double,
      /** Of which the rate is the payment; absent: unknown, which is never taken for eight. */
      interval_hours: optionalDouble,
      ...origin,
    },
    subject: 'instrument_id',
    extraKey: [],
    hasTimeframe: false,
    checks: [finite('funding_rate')],
    sound: finiteSound('funding_rate'),
  },
  open_interest: {
    columns: {
      instrument_id: text,
      ts: bigint,
      /** Base units. */
      open_interest: optionalDouble,
      /** USD. */
      open_interest_value: optionalDouble,
      ...origin,
    },
    subject: 'instrument_id',
    extraKey: [],
    hasTimeframe: true,
    checks: [finite('open_interest', 'open_interest_value')],
    sound: finiteSound('open_interest', 'open_interest_value'),
  },
  liquidations: {
    columns: {
      instrument_id: text,
      ts: bigint,
      /** The side that was closed. */
      side: text,
      price: double,
      quantity: double,
      notional: optionalDouble,
      event_id: text,
      ...origin,
    },
    subject: 'instrument_id',
    extraKey: ['event_id'],
    hasTimeframe: false,
    checks: [finite('price', 'quantity')],
    sound: finiteSound('price', 'quantity'),
  },
  confirmed_gaps: {
    columns: {
      instrument_id: text,
      /** Open time of the first missing bar. */
      ts: bigint,
      /** End of the span without bars, not included; ingested_at is when the venue said so. */
      until: bigint,
      ...origin,
    },
    subject: 'instrument_id',
    extraKey: [],
    hasTimeframe: true,
    checks: [{ code: 'implausible_value', violation: 'until <= ts' }],
    sound: [{ needs: ['until'], sql: 'until > ts' }],
  },
  price_points: {
    columns: {
      instrument_id: text,
      ts: bigint,
      price_usd: double,
      price_native: optionalDouble,
      /** USD over the time before ts, as the provider estimates it. */
      volume_1m: optionalDouble,
      volume_5m: optionalDouble,
      volume_1h: optionalDouble,
      volume_6h: optionalDouble,
      volume_24h: optionalDouble,
      quote_token: optionalText,
      liquidity_usd: optionalDouble,
      price_change_24h: optionalDouble,
      market_cap: optionalDouble,
      fdv: optionalDouble,
      dex_id: optionalText,
      pair_address: optionalText,
      ...origin,
    },
    subject: 'instrument_id',
    extraKey: [],
    hasTimeframe: false,
    checks: [finite('price_usd'), { code: 'non_positive_price', violation: 'price_usd <= 0' }],
    sound: [{ needs: ['price_usd'], sql: "price_usd > 0 AND price_usd < 'Infinity'::DOUBLE" }],
  },
  dominance_samples: {
    columns: {
      driver: text,
      ts: bigint,
      /** Percent. */
      value: double,
      provider_updated_at: optionalBigint,
      repeat: flag,
      ...origin,
    },
    subject: 'driver',
    extraKey: [],
    hasTimeframe: false,
    checks: [finite('value')],
    sound: finiteSound('value'),
  },
  regime_bars: {
    columns: {
      driver: text,
      book_id: { type: 'text', nullable: false, default: "'onchain_crypto'" },
      ts: bigint,
      open: double,
      high: double,
      low: double,
      close: double,
      /** Quote volume, USD. */
      volume: { type: 'double', nullable: false, default: '0' },
      component_count: optionalInteger,
      partial: flag,
      coverage_pct: optionalDouble,
      bars_used: optionalInteger,
      expected_bars: optionalInteger,
      ...origin,
    },
    subject: 'driver',
    extraKey: ['book_id'],
    hasTimeframe: true,
    checks: barChecks,
    sound: barSound,
  },
  drivers_ae: {
    columns: {
      /** nano, small, mid or big. */
      bucket: text,
      book_id: { type: 'text', nullable: false, default: "'onchain_crypto'" },
      /** Open of the execution bar; `timeframe` is the execution timeframe. */
      ts: bigint,
      /** 0..1, without intent and without the multiplier of the bucket. */
      a: double,
      e: double,
      coverage: double,
      channels_live: { type: 'integer', nullable: false },
      /** Close of the bar: from then on the row was known. */
      available_at: bigint,
      ...origin,
    },
    subject: 'bucket',
    extraKey: ['book_id'],
    hasTimeframe: true,
    checks: [
      finite('a', 'e', 'coverage'),
      {
        code: 'implausible_value',
        violation: 'a < 0 OR a > 1 OR e < 0 OR e > 1 OR available_at <= ts',
      },
    ],
    sound: [
      ...finiteSound('coverage'),
      { needs: ['a'], sql: '(a >= 0 AND a <= 1)' },
      { needs: ['e'], sql: '(e >= 0 AND e <= 1)' },
      { needs: ['available_at'], sql: 'available_at > ts' },
    ],
  },
  regime_probabilities: {
    columns: {
      instrument_id: text,
      ts: bigint,
      model_id: text,
      /** filtered or smoothed. */
      kind: text,
      regime: { type: 'integer', nullable: false },
      probabilities: { type: 'doubles', nullable: false },
      available_at: bigint,
      ...origin,
    },
    subject: 'instrument_id',
    extraKey: ['model_id', 'kind'],
    hasTimeframe: true,
    checks: [],
    sound: [],
  },
} as const satisfies Record<string, DatasetShape>;

export type DatasetName = keyof typeof DATASETS;
export const DATASET_NAMES = Object.keys(DATASETS) as readonly DatasetName[];

/** @throws TidewatchError `unknown_dataset` */
export function parseDataset(name: string): DatasetName {
  if (Object.hasOwn(DATASETS, name)) return name as DatasetName;
  throw new TidewatchError('unknown_dataset', `the lake has no dataset "${name}"`, {
    hint: `use one of ${DATASET_NAMES.join(', ')}`,
    details: { dataset: name },
  });
}

/** The shape of a dataset without its literal types. */
export function shapeOf(dataset: DatasetName): DatasetShape {
  return DATASETS[dataset];
}

/**
 * The column of that name; `timeframe` too, which lies in the folder name.
 * @throws TidewatchError `bad_parameter`
 */
export function columnOf(dataset: DatasetName, name: string): Column {
  const shape = shapeOf(dataset);
  if (name === 'timeframe' && shape.hasTimeframe) return { type: 'text', nullable: false };
  const column = shape.columns[name];
  if (!column) {
    throw new TidewatchError('bad_parameter', `${dataset} has no column "${name}"`, {
      hint: `its columns are ${Object.keys(shape.columns).join(', ')}`,
      details: { dataset, column: name },
    });
  }
  return column;
}

/** Names of the columns that hold a time, of every dataset. */
export function timeColumns(): Set<string> {
  const shapes = DATASET_NAMES.map((name) => Object.entries(shapeOf(name).columns));
  return new Set(shapes.flat().flatMap(([name, { type }]) => (type === 'bigint' ? [name] : [])));
}

/** Columns that name one row within a folder (venue and timeframe are fixed there). */
export function keyOf(dataset: DatasetName): readonly string[] {
  const { subject, extraKey } = shapeOf(dataset);
  return [subject, 'ts', ...extraKey];
}
