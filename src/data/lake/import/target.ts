/**
 * What each dataset accepts from a file: its columns, the names they go by in the field, and the rules that a value
 * must keep (operational schema §4). Everything else about importing is generic over this table.
 */
import { type ErrorCode, TidewatchError } from '../../../errors.js';

/** `price`: finite, above zero · `positive`: the same, no price · `amount`: finite, not negative · `number`: finite · `count`: whole, not negative. */
export type ColumnKind = 'price' | 'positive' | 'amount' | 'number' | 'count';

export interface TargetColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly required: boolean;
  /** Value where the file has no such column; absent: NULL. */
  readonly otherwise?: number;
  /** Header names that mean this column, simplified (lower case, letters and digits only). */
  readonly aliases: readonly string[];
}

export interface ImportTarget {
  readonly dataset: string;
  /** What a row belongs to: an instrument, or a regime driver. */
  readonly subject: 'instrument_id' | 'driver';
  readonly needsTimeframe: boolean;
  readonly columns: readonly TargetColumn[];
  /** Rules over several columns: SQL that is true when the row breaks it. */
  readonly rowRules: readonly {
    readonly code: ErrorCode;
    readonly column: string;
    readonly broken: string;
  }[];
  /** Order of the values in rows without names; undefined: names are needed. */
  readonly positional?: readonly string[];
}

const column = (
  name: string,
  kind: ColumnKind,
  required: boolean,
  aliases: readonly string[] = [],
  otherwise?: number,
): TargetColumn => ({
  name,
  kind,
  required,
  aliases: [name.replaceAll('_', ''), ...aliases],
  ...(otherwise === undefined ? {} : { otherwise }),
});

export const TIME_ALIASES = [
  'timestamp',
  'ts',
  'timestampms',
  'opentime',
  'time',
  'datetime',
  'date',
  'unix',
  'unixtime',
  'unixtimestamp',
  'starttime',
  'start',
  'calctime',
  'transacttime',
  'fundingtime',
  't',
] as const;

export const SUBJECT_ALIASES = {
  instrument_id: ['instrumentid', 'instrument', 'symbol', 'pair', 'market', 'ticker', 'tokenid'],
  driver: ['driver'],
} as const;

export const IMPORT_TARGETS: readonly ImportTarget[] = [
  {
    dataset: 'bars',
    subject: 'instrument_id',
    needsTimeframe: true,
    columns: [
      column('open', 'price', true, ['o', 'openprice']),
      column('high', 'price', true, ['h', 'highprice', 'max']),
      column('low', 'price', true, ['l', 'lowprice', 'min']),
      column('close', 'price', true, ['c', 'closeprice', 'last']),
      column('volume', 'amount', false, ['v', 'vol', 'volumebase', 'basevolume'], 0),
      column('quote_volume', 'amount', false, [
        'quoteassetvolume',
        'volumequote',
        'volumeusd',
        'candleusdvolume',
      ]),
      column('trades', 'count', false, ['count', 'numberoftrades', 'tradecount', 'candletradescount', 'n']),
      column('market_cap', 'amount', false, ['marketcapusd']),
    ],
    rowRules: [
      { code: 'inconsistent_bar', column: 'high', broken: 'high < greatest(open, close, low)' },
      { code: 'inconsistent_bar', column: 'low', broken: 'low > least(open, close)' },
    ],
    positional: ['ts', 'open', 'high', 'low', 'close', 'volume'],
  },
  {
    dataset: 'funding_rates',
    subject: 'instrument_id',
    needsTimeframe: false,
    columns: [
      column('funding_rate', 'number', true, ['rate', 'lastfundingrate']),
      // events have their own times; an interval that the file does not tell stays unknown
      column('interval_hours', 'positive', false, ['fundingintervalhours']),
    ],
    // A venue caps a print at a few percent: beyond 50 % the column is not a fraction.
    rowRules: [{ code: 'implausible_value', column: 'funding_rate', broken: 'abs(funding_rate) > 0.5' }],
  },
  {
    dataset: 'open_interest',
    subject: 'instrument_id',
    needsTimeframe: true,
    columns: [
      column('open_interest', 'amount', false, ['sumopeninterest', 'oi']),
      column('open_interest_value', 'amount', true, ['sumopeninterestvalue', 'oivalue', 'oiusd', 'oiclose']),
    ],
    rowRules: [],
  },
  {
    dataset: 'dominance_samples',
    subject: 'driver',
    needsTimeframe: false,
    columns: [column('value', 'number', true, ['dominance', 'dominancepct', 'percent'])],
    rowRules: [{ code: 'implausible_value', column: 'value', broken: 'value < 0 or value > 100' }],
  },
];

/** How people call datasets. */
const SHORT_NAMES: Readonly<Record<string, string>> = { dominance: 'dominance_samples' };

/** Rows that are trades, which become bars (trades-to-bars.ts). */
export const TRADES: ImportTarget = {
  dataset: 'trades',
  subject: 'instrument_id',
  needsTimeframe: false,
  columns: [
    column('price', 'price', true, ['p', 'tradeprice']),
    column('volume', 'amount', true, ['amount', 'qty', 'quantity', 'size', 'q', 'vol']),
  ],
  rowRules: [],
};

/** @throws TidewatchError `unknown_dataset` */
export function importTarget(dataset: string): ImportTarget {
  const name = SHORT_NAMES[dataset] ?? dataset;
  const target = IMPORT_TARGETS.find((candidate) => candidate.dataset === name);
  if (target) return target;
  const names = IMPORT_TARGETS.map((candidate) => candidate.dataset);
  throw new TidewatchError('unknown_dataset', `nothing can be imported into "${dataset}"`, {
    hint: `use one of ${names.join(', ')}`,
    details: { dataset, datasets: names },
  });
}
