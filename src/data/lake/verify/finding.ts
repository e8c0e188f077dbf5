/**
 * What verification can find. An alarm is something that no honest market does; a notice is something that real data
 * do show (an exchange outage, a crash that opens far from the last close, a quiet market repeating itself) and that a
 * person should have seen once.
 */
import type { DatasetName } from '../datasets.js';

export const DEFECT_KINDS = {
  bad_checksum: 'the bytes do not match the checksum in the name',
  truncated_file: 'the file ends early',
  unreadable_file: 'the file cannot be read as Parquet, or lacks columns',
  foreign_file: 'the folder holds a Parquet file whose name the lake did not write',
  sequence_overlap: 'two files of a folder claim the same sequence numbers',
  wrong_partition: 'rows belong into another folder (month, venue or timeframe)',
  wrong_time_range: 'the times inside are not those in the name',
  duplicate_key: 'a file holds a key twice',
  out_of_order: 'rows of a file are not sorted',
  missing_value: 'a required value is missing or not a number',
  zero_price: 'a price is zero',
  negative_price: 'a price is below zero',
  high_below_low: 'high is below low',
  open_close_outside_range: 'open or close lies outside low to high',
  negative_volume: 'a volume is below zero',
  implausible_value: 'a value is outside what its unit can be',
  wrong_time_unit: 'a time was stored in another unit than milliseconds',
  future_time: 'a row is stamped after the present',
  misaligned_time: 'an open time lies off the grid of its timeframe',
  gap: 'bars are missing while the market was open',
  stale_repeat: 'one bar is repeated over and over',
  wrong_price_unit: 'prices jump by a power of ten',
  split_like_jump: 'prices jump by the ratio of a split',
  price_jump: 'a bar opens far from the close before it',
  instrument_swapped: 'two instruments trade places',
  time_zone_shift: 'bars run ahead of or behind their market by whole half-hours',
  off_session: 'a daily bar lies on a day without a session',
  funding_in_percent: 'funding rates look like percent, not fractions',
} as const;

export type DefectKind = keyof typeof DEFECT_KINDS;

/** One defect of one series or file; an alarm means wrong numbers, a notice something to know. */
export interface Finding {
  readonly kind: DefectKind;
  readonly severity: 'alarm' | 'notice';
  readonly dataset: DatasetName;
  /** Instrument or driver; undefined when a file as a whole is meant. */
  readonly subject?: string;
  readonly timeframe?: string;
  readonly file?: string;
  /** First and last ts concerned, UTC ms. */
  readonly from?: number;
  readonly to?: number;
  /** Rows concerned (bars missing, for a gap). */
  readonly count: number;
  readonly message: string;
}
