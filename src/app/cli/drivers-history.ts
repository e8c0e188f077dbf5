/** `drivers history`: A and E of the past, recomputed from what was known then, into the lake. */
import { BUCKETS } from '../../analysis/drivers/driver.js';
import { EXECUTION_TIMEFRAMES } from '../../analysis/drivers/execution-weights.js';
import { SAMPLE_FOLDER } from '../../platform/package.js';
import { recomputeDriversHistory, storedTracks } from '../drivers-history/drivers-history.js';
import { HomeLake } from '../home-lake.js';
import { sampleTracks } from '../posture-study/study-drivers.js';
import type { CommandContext } from './command-context.js';
import { parseChoice } from './flags.js';
import { count, number, percent, renderTable, text } from './output.js';
import type { CommandResult } from './run-command.js';

export interface HistoryFlags {
  readonly bucket?: string;
  readonly tf?: string;
  readonly book: string;
  readonly sample?: boolean;
}

export async function runDriversHistory(
  context: CommandContext,
  flags: HistoryFlags,
): Promise<CommandResult> {
  const buckets = flags.bucket === undefined ? BUCKETS : [parseChoice(flags.bucket, 'bucket', BUCKETS)];
  const timeframes =
    flags.tf === undefined
      ? EXECUTION_TIMEFRAMES
      : [parseChoice(flags.tf, 'timeframe', EXECUTION_TIMEFRAMES)];
  const data = await HomeLake.open(context.home, context.config, context.clock);
  const progress = context.progress('A and E', 'series');
  try {
    const tracks = flags.sample
      ? await sampleTracks(SAMPLE_FOLDER)
      : await storedTracks(data.lake, flags.book);
    const rows = await recomputeDriversHistory(data.lake, tracks, {
      book: flags.book,
      buckets,
      timeframes,
      write: data.write,
      signal: context.signal,
      onProgress: (done, total, what) => progress.update(done, total, what),
    });
    context.keep('the series that were finished');
    const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
    return {
      data: {
        book_id: flags.book,
        series: rows.map(({ bucket, timeframe, rows: all, from, to, meanCoverage, written }) => ({
          bucket,
          timeframe,
          rows: all,
          first_ts: from,
          last_ts: to,
          mean_coverage: meanCoverage,
          written,
        })),
      },
      text: renderTable(
        [
          text('Bucket'),
          text('TF'),
          text('First'),
          text('Last'),
          number('Rows'),
          number('Coverage'),
          number('Written'),
        ],
        rows.map((row) => [
          row.bucket,
          row.timeframe,
          day(row.from),
          day(row.to),
          count(row.rows),
          percent(row.meanCoverage),
          count(row.written),
        ]),
        context.style,
      ),
    };
  } finally {
    progress.stop();
    await data.close();
  }
}
