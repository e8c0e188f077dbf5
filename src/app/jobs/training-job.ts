/** Training as a job. Idempotent: equal bars, options and version give the saved model instead of a second one. */
import { z } from 'zod';
import { parseInstrument } from '../../market/instrument.js';
import { TIMEFRAMES } from '../../market/timeframe.js';
import type { JobKind } from '../../platform/jobs/job.js';
import { statisticsJson } from '../regime/regime-answers.js';
import type { RegimeService, TrainRequest } from '../regime/regime-service.js';

export const TRAINING = 'training';

const input = z.strictObject({
  instrument_id: z.string(),
  timeframe: z.enum(TIMEFRAMES),
  from: z.number().nullable(),
  to: z.number().nullable(),
  // checked when the request came in; the schema of the options is that of the caller's boundary
  options: z.custom<TrainRequest['options']>((value) => typeof value === 'object' && value !== null),
});

export type TrainingInput = z.infer<typeof input>;

/** Trainings of one series wait for each other: the second would read the first one's model. */
export const trainingKey = ({ instrument, timeframe }: TrainRequest): string =>
  `${instrument.id} ${timeframe}`;

/** A request as JSON, to be stored with the job. */
export function trainingInput({ instrument, timeframe, from, to, options }: TrainRequest): TrainingInput {
  return { instrument_id: instrument.id, timeframe, from: from ?? null, to: to ?? null, options };
}

export function trainingJob(regimes: RegimeService): JobKind<TrainingInput> {
  return {
    name: TRAINING,
    input,
    lane: 'cpu',
    timeoutMs: 12 * 3_600_000,
    async run({ instrument_id, timeframe, from, to, options }, { signal }) {
      const { regime, reused } = await regimes.train(
        {
          instrument: parseInstrument(instrument_id),
          timeframe,
          from: from ?? undefined,
          to: to ?? undefined,
          options,
        },
        signal,
      );
      return {
        status: 'success',
        model_id: regime.stored.id,
        reused,
        stats: statisticsJson(regime.record),
        diagnostics: regime.record.diagnostics,
      };
    },
  };
}
