/**
 * Values that come beside the bars (funding, open interest, dominance, breadth), each with the time from which it was
 * known. A wrong stamp is a lookahead that no truncation can see, so every kind has its rule and `earliestAvailable`
 * states it (operational schema §4.4; HMM spec §3.8, §11.11):
 *
 * | kind          | `time`                  | known from                                    |
 * |---------------|-------------------------|-----------------------------------------------|
 * | funding       | settlement              | the settlement                                |
 * | open_interest | start of its period     | time + period                                 |
 * | dominance     | the provider's own time | the provider's time, or when it was fetched   |
 * | aggregate     | start of its period     | time + period (breadth: close of the bars)    |
 *
 * A value may be published again: rows with the same `time` and a later `availableAt` are revisions, and nothing may
 * use a revision before its day.
 */
import { TidewatchError } from '../../errors.js';

/** Decides from when a value was known; the rule of each is in the table above. */
export type ChannelKind = 'funding' | 'open_interest' | 'dominance' | 'aggregate';

/** Values beside the bars as columns of one length, in the unit of their source; rows by `availableAt`. */
export interface Channel {
  readonly name: string;
  readonly kind: ChannelKind;
  /** What the value speaks of, UTC ms; not decreasing where it was never revised. */
  readonly time: Float64Array;
  /** From when the value was known, UTC ms. */
  readonly availableAt: Float64Array;
  readonly value: Float64Array;
  /** Length of the period a value covers, ms. */
  readonly period: number;
  /** Age from which the newest value no longer speaks for the present, ms after `availableAt`. */
  readonly maxAge: number;
}

/** The first moment at which a value of this kind can have been known, UTC ms. */
export function earliestAvailable(kind: ChannelKind, time: number, period: number): number {
  return kind === 'open_interest' || kind === 'aggregate' ? time + period : time;
}

/**
 * A channel whose values were known as early as their kind allows.
 * @param publishedAt known only from here, UTC ms, where that is later (the provider's time, the moment of a fetch)
 * @throws TidewatchError `column_length_mismatch`
 */
export function makeChannel(channel: Omit<Channel, 'availableAt'>, publishedAt?: Float64Array): Channel {
  const { kind, time, value, period, name } = channel;
  if (time.length !== value.length || (publishedAt !== undefined && publishedAt.length !== time.length)) {
    throw new TidewatchError('column_length_mismatch', `the columns of ${name} differ in length`, {
      hint: 'give every value its time',
      details: { channel: name },
    });
  }
  const availableAt = time.map((at, row) => {
    const earliest = earliestAvailable(kind, at, period);
    const published = publishedAt?.[row];
    return published !== undefined && Number.isFinite(published) ? Math.max(earliest, published) : earliest;
  });
  return { ...channel, availableAt };
}

/** First row whose stamp is earlier than its kind allows; −1 when every stamp is possible. */
export function earlyStamp({ kind, time, availableAt, period }: Channel): number {
  return availableAt.findIndex((at, row) => !(at >= earliestAvailable(kind, time[row]!, period)));
}
