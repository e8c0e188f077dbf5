/** Everything the lab asks for: which series, which model, its details, its newest rows. */
import { useMemo } from 'react';
import type { ModelDetail, ModelList, RegimesAnswer } from '../../../src/app/server/api-types.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../src/market/timeframe.js';
import { useAddress } from '../address/address.js';
import { getModel, getModels, getRegimes } from '../api/calls.js';
import { type Answer, useAnswer } from '../api/use-answer.js';
import type { SeriesChoice } from '../shell/series-choice.js';
import { chosenModel, type ModelSummary, type Present, presentOf } from './lab-model.js';
import type { ChartQuestion } from './regime-source.js';

/** Newest rows asked for: enough for the present run and the last changes. */
const NEWEST_ROWS = 500;
const REFRESH_MS = 15_000;

export interface Lab {
  readonly models: Answer<ModelList>;
  /** Models of this series. */
  readonly own: readonly ModelSummary[];
  readonly model: ModelSummary | undefined;
  readonly detail: Answer<ModelDetail>;
  readonly newest: Answer<RegimesAnswer>;
  readonly present: Present | undefined;
  readonly question: ChartQuestion | undefined;
  /** Close of the newest bar that is looked at, UTC ms. */
  readonly closed: number | undefined;
  /** UTC ms of `?at=`, or null. */
  readonly at: number | null;
}

/** ISO-8601 or epoch ms; null when it is neither. */
export function parseAt(text: string | null): number | null {
  if (!text) return null;
  const time = /^\d{10,}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(time) ? time : null;
}

export function useLab({ instrument, timeframe }: SeriesChoice): Lab {
  const { query } = useAddress();
  const models = useAnswer('models', getModels);
  const span = instrument?.timeframes.find((each) => each.timeframe === timeframe);
  const asked = query.get('model');
  const at = parseAt(query.get('at'));
  const list = models.data?.models ?? [];
  const own = list.filter(
    (model) => model.instrument_id === instrument?.instrument_id && model.timeframe === timeframe,
  );
  const model = instrument && chosenModel(list, instrument.instrument_id, timeframe, asked);
  const id = model?.id;
  const detail = useAnswer<ModelDetail>(id ? `model ${id}` : null, (signal) => getModel(id!, signal));
  const newest = useAnswer<RegimesAnswer>(
    id ? `newest ${id} ${at ?? ''}` : null,
    (signal) => getRegimes(id!, NEWEST_ROWS, signal, at ?? undefined),
    at === null ? REFRESH_MS : undefined,
  );
  const barLength = TIMEFRAME_MS[timeframe as Timeframe];
  const kind = query.get('view') === 'smoothed' && id ? ('smoothed' as const) : ('filtered' as const);
  const marks = query.get('marks') === '1';
  const instrumentId = instrument?.instrument_id;
  const continuous = instrument?.kind === 'spot' || instrument?.kind === 'perp';
  const from = span?.first_ts;
  const last = span?.last_ts;
  const question = useMemo<ChartQuestion | undefined>(() => {
    if (instrumentId === undefined || from === undefined || last === undefined) return undefined;
    return {
      instrument: instrumentId,
      timeframe,
      barLength,
      continuous,
      modelId: id,
      kind,
      marks,
      data: { from, to: Math.min(last + barLength, at ?? Number.POSITIVE_INFINITY) },
    };
  }, [instrumentId, timeframe, barLength, continuous, id, kind, marks, from, last, at]);
  const present = newest.data && presentOf(newest.data.data);
  const closed =
    present?.row.available_at ?? (span && Math.min(last! + barLength, at ?? Number.POSITIVE_INFINITY));
  return { models, own, model, detail, newest, present, question, closed, at };
}
