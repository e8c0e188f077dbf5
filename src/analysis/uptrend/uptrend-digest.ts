/**
 * What a reader of a long series needs of its payloads, taken in bar by bar: the state of every bar, everything that
 * marks a bar, and rows for each level of detail of a chart. A mark remembers where it stood, so that a correction of
 * old bars goes back to it. Nine bytes a bar and 64 a row; shared memory, so that a worker can fill it.
 */
import type { UptrendPayload } from './payload.js';
import { type RowsMark, stateNumber, UptrendRows, type UptrendRowsData } from './uptrend-rows.js';

/** What can be marked on a bar. `s1_check`: within the halo of the 60-bar average while a slow average rises. */
export const UPTREND_MARKERS = [
  'buy_signal',
  'buy_flag',
  'first_dip_buy_flag',
  'trim_flag',
  'exit_position',
  'emergency_exit',
  'reclaimed_ema333',
  's1_check',
] as const;
type UptrendMarker = (typeof UPTREND_MARKERS)[number];

/** State of every bar that has one. */
interface TrackData {
  length: number;
  /** Open times, UTC ms, ascending. */
  readonly time: Float64Array;
  /** 0 to 4 for S0 to S4. */
  readonly state: Uint8Array;
}

interface MarkersData {
  length: number;
  /** Open of the bar, UTC ms, ascending. */
  readonly time: Float64Array;
  /** Position in UPTREND_MARKERS. */
  readonly kind: Uint8Array;
  readonly state: Uint8Array;
  /** Close of the bar. */
  readonly price: Float64Array;
  /** Strength with boost of a check or a buy, over-extension of a trim; NaN elsewhere. */
  readonly value: Float64Array;
}

/** What structured cloning carries. */
export interface DigestData {
  readonly track: TrackData;
  readonly markers: MarkersData;
  readonly levels: readonly UptrendRowsData[];
  readonly warmFrom: number;
  readonly isEmergency: boolean;
}

/** Where a digest stood after a bar: rows of each table. Good as long as no earlier mark was gone back to. */
export interface DigestMark {
  readonly bars: number;
  readonly markers: number;
  readonly levels: readonly RowsMark[];
  readonly warmFrom: number;
  readonly isEmergency: boolean;
}

export class UptrendDigest implements DigestData {
  track: TrackData;
  markers: MarkersData;
  levels: UptrendRows[];
  /** Open of the first bar whose averages do not owe much to the first bars, UTC ms; NaN before it. */
  warmFrom = Number.NaN;
  /** The last bar was below its 333-bar average in S3: only the first of such bars is marked. */
  isEmergency = false;

  /**
   * @param buckets lengths of the rows to make, ms; that of the bars makes every bar a row
   * @param barLength ms
   * @param bars how many are expected, with the time from the first to the last
   */
  constructor(buckets: readonly number[], barLength: number, bars: number, span: number) {
    this.track = newTrack(bars);
    this.markers = newMarkers(Math.ceil(bars / 16));
    this.levels = buckets.map(
      (bucket) => new UptrendRows(bucket, bucket === barLength, Math.min(bars, Math.ceil(span / bucket) + 2)),
    );
  }

  /** The same digest, in the same memory. */
  static of(data: DigestData): UptrendDigest {
    const digest = new UptrendDigest([], 0, 0, 0);
    digest.track = data.track;
    digest.markers = data.markers;
    digest.levels = data.levels.map((level) => UptrendRows.of(level));
    digest.warmFrom = data.warmFrom;
    digest.isEmergency = data.isEmergency;
    return digest;
  }

  /** A copy up to a mark with room for so many more bars. */
  static copy(data: DigestData, mark: DigestMark, more: number): UptrendDigest {
    const digest = new UptrendDigest([], 0, 0, 0);
    digest.track = copyTrack(data.track, mark.bars, mark.bars + more);
    digest.markers = copyMarkers(data.markers, mark.markers, mark.markers + Math.ceil(more / 16));
    digest.levels = data.levels.map((level, at) =>
      UptrendRows.copy(level, mark.levels[at]!, mark.levels[at]!.length + more),
    );
    digest.warmFrom = mark.warmFrom;
    digest.isEmergency = mark.isEmergency;
    return digest;
  }

  get bytes(): number {
    const { track, markers, levels } = this;
    return levels.reduce((sum, level) => sum + level.bytes, 9 * track.time.length + 26 * markers.time.length);
  }

  push(payload: UptrendPayload): void {
    const state = stateNumber(payload.state);
    const changed = payload.prev_state !== '' && payload.prev_state !== payload.state;
    if (this.track.length === this.track.time.length) {
      this.track = copyTrack(this.track, this.track.length, roomFor(this.track.length));
    }
    const { track } = this;
    const bar = track.length++;
    track.time[bar] = payload.ts;
    track.state[bar] = state;
    if (payload.warm && Number.isNaN(this.warmFrom)) this.warmFrom = payload.ts;
    const check = payload.diagnostics?.buy_check ?? payload.diagnostics?.s2_retest_check;
    const strength = payload.scores?.ts ?? check?.ts_score ?? Number.NaN;
    for (const level of this.levels) level.push(payload, state, changed, strength);
    this.markBar(payload, state);
  }

  private markBar(payload: UptrendPayload, state: number): void {
    const { diagnostics, scores } = payload;
    const entry = diagnostics?.buy_check;
    if (entry?.entry_zone_ok && entry.slope_ok) this.put('s1_check', payload, state, entry.ts_with_boost);
    if (payload.buy_signal) this.put('buy_signal', payload, state, entry!.ts_with_boost);
    const buy = diagnostics?.s2_retest_check ?? diagnostics?.s3_buy_check;
    if (payload.buy_flag) this.put('buy_flag', payload, state, buy?.ts_with_boost ?? Number.NaN);
    if (payload.first_dip_buy_flag) this.put('first_dip_buy_flag', payload, state, Number.NaN);
    if (payload.trim_flag) this.put('trim_flag', payload, state, scores?.ox ?? Number.NaN);
    if (payload.exit_position) this.put('exit_position', payload, state, Number.NaN);
    const isEmergency = payload.emergency_exit === true;
    if (isEmergency && !this.isEmergency) this.put('emergency_exit', payload, state, Number.NaN);
    this.isEmergency = isEmergency;
    if (payload.reclaimed_ema333) this.put('reclaimed_ema333', payload, state, Number.NaN);
  }

  private put(kind: UptrendMarker, { ts, price }: UptrendPayload, state: number, value: number): void {
    if (this.markers.length === this.markers.time.length) {
      this.markers = copyMarkers(this.markers, this.markers.length, roomFor(this.markers.length));
    }
    const { markers } = this;
    const at = markers.length++;
    markers.time[at] = ts;
    markers.kind[at] = UPTREND_MARKERS.indexOf(kind);
    markers.state[at] = state;
    markers.price[at] = price;
    markers.value[at] = value;
  }

  mark(): DigestMark {
    const { track, markers, levels, warmFrom, isEmergency } = this;
    return {
      bars: track.length,
      markers: markers.length,
      levels: levels.map((level) => level.mark()),
      warmFrom,
      isEmergency,
    };
  }
}

function newTrack(capacity: number): TrackData {
  return {
    length: 0,
    time: new Float64Array(new SharedArrayBuffer(8 * capacity)),
    state: new Uint8Array(new SharedArrayBuffer(capacity)),
  };
}

function newMarkers(capacity: number): MarkersData {
  const numbers = (): Float64Array => new Float64Array(new SharedArrayBuffer(8 * capacity));
  const small = (): Uint8Array => new Uint8Array(new SharedArrayBuffer(capacity));
  return { length: 0, time: numbers(), kind: small(), state: small(), price: numbers(), value: numbers() };
}

function copyTrack(from: TrackData, length: number, capacity: number): TrackData {
  const track = newTrack(capacity);
  track.length = length;
  track.time.set(from.time.subarray(0, length));
  track.state.set(from.state.subarray(0, length));
  return track;
}

function copyMarkers(from: MarkersData, length: number, capacity: number): MarkersData {
  const markers = newMarkers(capacity);
  markers.length = length;
  for (const name of ['time', 'price', 'value'] as const) markers[name].set(from[name].subarray(0, length));
  for (const name of ['kind', 'state'] as const) markers[name].set(from[name].subarray(0, length));
  return markers;
}

const roomFor = (length: number): number => Math.ceil(1.25 * length) + 256;
