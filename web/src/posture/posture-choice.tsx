/** Which token is meant: its bucket and the timeframe of its orders; stands in the top bar in place of the series. */
import { changeAddress, useAddress } from '../address/address.js';
import { Segments } from '../ui/segments.js';
import { BUCKETS, ORDER_TIMEFRAMES, postureQuestion } from './posture-question.js';

export function PostureChoice() {
  const { bucket, timeframe } = postureQuestion(useAddress().query);
  return (
    <>
      <Segments
        label="Bucket of the token"
        choices={BUCKETS.map((value) => ({ value, words: value }))}
        value={bucket}
        choose={(value) => changeAddress({ bucket: value })}
      />
      <Segments
        label="Timeframe of its orders"
        choices={ORDER_TIMEFRAMES.map((value) => ({ value, words: value }))}
        value={timeframe}
        choose={(value) => changeAddress({ order: value })}
      />
    </>
  );
}
