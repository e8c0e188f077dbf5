/** An answer of /api/series as the columns that the chart code reads, shared with the report's page. */
import type { DecodedLevel } from '../../../src/app/report/client/decode-columns.js';
import type { SeriesAnswer } from '../../../src/app/server/api-types.js';

/** State of a row without one, as everywhere in the chart code. */
export const NO_STATE = 255;

const PER_MILLE = 1000;

export function levelOfAnswer(answer: SeriesAnswer): DecodedLevel {
  const { rows, regime } = answer;
  const time = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    time[row] = (answer.time ? answer.time[row]! : answer.time_start! + row * answer.time_step!) / 1000;
  }
  const states = regime?.labels.length ?? 0;
  const state = new Float64Array(rows).fill(NO_STATE);
  const share = new Float64Array(rows);
  const probabilities = Array.from({ length: states }, () => new Float64Array(rows));
  if (regime) {
    for (let row = 0; row < rows; row += 1) {
      if (regime.state[row]! >= 0) state[row] = regime.state[row]!;
      share[row] = regime.share[row]! / PER_MILLE;
      for (let index = 0; index < states; index += 1) {
        probabilities[index]![row] = regime.probabilities[index]![row]! / PER_MILLE;
      }
    }
  }
  return {
    bucket: answer.bucket_ms,
    rows,
    time,
    open: Float64Array.from(answer.open),
    high: Float64Array.from(answer.high),
    low: Float64Array.from(answer.low),
    close: Float64Array.from(answer.close),
    state,
    share,
    probabilities,
  };
}
