/**
 * A viewport of a series: columns, at most `points` rows. A row is one bar while they fit, else one bucket of the
 * ladder (open first, high max, low min, close last, volume sum), and `bucket_ms` says which. Pure zod.
 */
import { z } from 'zod';

/** Rows of one answer at most: a chart's update is linear in the bars that it holds. */
export const MOST_POINTS = 5000;

const epochMs = z.number().describe('UTC epoch milliseconds');
const column = z.array(z.number());

export const regimeColumns = z.object({
  model_id: z.string(),
  kind: z.enum(['filtered', 'smoothed']),
  lookahead: z.boolean(),
  labels: z.array(z.string()),
  train_end: epochMs.describe('Open time of the last bar of training'),
  state: z.array(z.int()).describe('State of most bars of the row; -1 where none has one'),
  share: z.array(z.int()).describe('Per mille of the bars of the row that are in `state`'),
  probabilities: z.array(z.array(z.int())).describe('One column per state: mean probability, per mille'),
  runs: z.object({
    exact: z.boolean().describe('False: too many for one answer, made of the rows instead of the bars'),
    state: z.array(z.int()),
    from: z.array(epochMs).describe('Open time of the first bar'),
    to: z.array(epochMs).describe('Close time of the last bar'),
    bars: z.array(z.int()),
  }),
});

export const seriesAnswer = z.object({
  instrument_id: z.string(),
  timeframe: z.string(),
  timeframe_ms: z.int(),
  source: z.enum(['native', 'derived']),
  bucket_ms: z.int().describe('Length of one row'),
  levels: z.array(z.int()).describe('Lengths that rows of this series can have, finest first'),
  first_ts: epochMs.describe('Open time of the first stored bar'),
  last_ts: epochMs.describe('Open time of the last stored bar'),
  from: epochMs.describe('Start of the viewport'),
  to: epochMs.describe('End of the viewport, exclusive'),
  rows: z.int(),
  time_start: epochMs.nullable().describe('Open time of row 0 when the rows are evenly spaced'),
  time_step: z.number().nullable(),
  time: column.nullable().describe('Open times when they are not evenly spaced'),
  open: column,
  high: column,
  low: column,
  close: column,
  volume: column,
  bars: z.array(z.int()).nullable().describe('Bars inside each row; null when every row is one bar'),
  last_final: z.boolean().describe('The newest row has closed and will not change'),
  regime: regimeColumns.nullable(),
});
