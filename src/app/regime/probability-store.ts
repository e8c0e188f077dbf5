/**
 * Filtered probabilities per bar in the lake dataset `regime_probabilities`: write-once per model, kind, instrument,
 * timeframe and bar. Smoothed values are never stored: they change with every new bar.
 */
import type { Lake } from '../../data/lake/lake.js';
import type { LakeWriter } from '../../data/lake/lake-writer.js';
import { barClose } from '../../market/timeframe.js';
import type { StoredModel } from './model-store.js';

/** Rows of one model, by time. */
export interface ProbabilityRows {
  readonly states: number;
  readonly rows: number;
  /** Bar open, UTC ms, increasing. */
  readonly time: Float64Array;
  /** rows × K row-major. */
  readonly probability: Float64Array;
  /** State of each row as it was decided. */
  readonly regime: Uint8Array;
}

const DATASET = 'regime_probabilities';
const KIND = 'filtered';

/** Stored rows with open time in [from, to), oldest first. */
export async function readProbabilities(
  lake: Lake,
  model: StoredModel,
  states: number,
  from: number,
  to: number,
): Promise<ProbabilityRows> {
  const range = [
    ...(Number.isFinite(from) ? [`ts >= ${from}`] : []),
    ...(Number.isFinite(to) ? [`ts < ${to}`] : []),
  ];
  // Model and instrument ids are checked patterns without quotes.
  const where = [
    `model_id = '${model.id}'`,
    `kind = '${KIND}'`,
    `instrument_id = '${model.instrumentId}'`,
    `len(probabilities) = ${states}`,
    ...range,
  ].join(' AND ');
  const columns = Array.from({ length: states }, (_, k) => `probabilities[${k + 1}] AS p${k}`).join(', ');
  const filter = {
    venue: model.instrumentId.split(':')[0]!,
    timeframe: model.timeframe,
    ...(Number.isFinite(from) ? { from } : {}),
    ...(Number.isFinite(to) ? { to } : {}),
  };
  const found = await lake.query(DATASET, filter, (relation, run) =>
    run(`SELECT ts::DOUBLE AS ts, regime, ${columns} FROM ${relation} WHERE ${where} ORDER BY ts`),
  );
  const time = new Float64Array(found.length);
  const probability = new Float64Array(found.length * states);
  const regime = new Uint8Array(found.length);
  found.forEach((row, index) => {
    time[index] = Number(row.ts);
    regime[index] = Number(row.regime);
    for (let k = 0; k < states; k += 1) probability[index * states + k] = Number(row[`p${k}`]);
  });
  return { states, rows: found.length, time, probability, regime };
}

/** Open time of the newest stored row, UTC ms; undefined when the model has none. */
export async function newestStored(lake: Lake, model: StoredModel): Promise<number | undefined> {
  const filter = { venue: model.instrumentId.split(':')[0]!, timeframe: model.timeframe };
  const where = `model_id = '${model.id}' AND kind = '${KIND}' AND instrument_id = '${model.instrumentId}'`;
  const [row] = await lake.query(DATASET, filter, (relation, run) =>
    run(`SELECT max(ts)::DOUBLE AS newest FROM ${relation} WHERE ${where}`),
  );
  return row?.newest === null || row?.newest === undefined ? undefined : Number(row.newest);
}

/** No rows of a model with that many states. */
export function emptyRows(states: number): ProbabilityRows {
  return {
    states,
    rows: 0,
    time: new Float64Array(0),
    probability: new Float64Array(0),
    regime: new Uint8Array(0),
  };
}

/** Publishes rows that are not stored yet. */
export async function appendProbabilities(
  writer: LakeWriter,
  model: StoredModel,
  rows: ProbabilityRows,
): Promise<void> {
  const { states, probability } = rows;
  await writer.append(
    DATASET,
    {
      length: rows.rows,
      columns: {
        instrument_id: new Array<string>(rows.rows).fill(model.instrumentId),
        timeframe: new Array<string>(rows.rows).fill(model.timeframe),
        ts: rows.time,
        model_id: new Array<string>(rows.rows).fill(model.id),
        kind: new Array<string>(rows.rows).fill(KIND),
        regime: rows.regime,
        probabilities: Array.from({ length: rows.rows }, (_, row) =>
          Array.from(probability.subarray(row * states, (row + 1) * states)),
        ),
        available_at: rows.time.map((open) => barClose(open, model.timeframe)),
      },
    },
    { source: 'model' },
  );
}

/** Takes everything that the model computed out of the lake; returns the number of rows. */
export function deleteProbabilities(writer: LakeWriter, model: StoredModel): Promise<number> {
  const filter = { venue: model.instrumentId.split(':')[0]!, timeframe: model.timeframe };
  return writer.deleteRows(DATASET, filter, `model_id = '${model.id}'`);
}
