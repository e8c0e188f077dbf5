/**
 * Bar by bar gives what the batch gives: a model trained on the first part of a series filters the rest as it arrives,
 * stops half-way, and goes on from a snapshot.
 */
import {
  applyRegimeModel,
  buildRegimeFeatures,
  openRegimeRecord,
  RegimeFeatureStream,
  type Series,
  trainRegimeModel,
} from 'tidewatch';

/** Largest difference between the online and the batch probabilities. */
export function onlineAgainstBatch(series: Series): number {
  const table = buildRegimeFeatures(series);
  const opened = openRegimeRecord(trainRegimeModel(table, { states: 2 }));
  const batch = applyRegimeModel(opened, table).probability;

  const features = new RegimeFeatureStream(series);
  let filter = opened.model.online();
  let row = 0;
  let largest = 0;
  for (let bar = 0; bar < series.length; bar += 1) {
    const next = features.next({
      time: series.time[bar]!,
      open: series.open[bar]!,
      high: series.high[bar]!,
      low: series.low[bar]!,
      close: series.close[bar]!,
      volume: series.volume[bar]!,
    });
    if (next === null) continue;
    // a restart in the middle changes nothing
    if (row === 500) filter = opened.model.online(JSON.parse(JSON.stringify(filter.snapshot())));
    const scaled = opened.scaleRow(next.values, features.names);
    const probability = filter.next(next.time, scaled, next.startsSegment);
    probability.forEach((value, state) => {
      largest = Math.max(largest, Math.abs(value - batch[row * opened.model.states + state]!));
    });
    row += 1;
  }
  return largest;
}
