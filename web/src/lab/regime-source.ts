/** The lab's chart: which rows it asks for, and what it makes of the answer. */
import { regimeColor } from '../../../src/app/report/regime-color.js';
import type { SeriesAnswer } from '../../../src/app/server/api-types.js';
import { getSeries } from '../api/calls.js';
import { levelOfAnswer } from '../chart/level-of-answer.js';
import type { ChartSource, Shown } from '../chart/price-chart.js';
import { type RegimeContent, RegimeLook } from '../chart/regime-look.js';
import type { TimeSpan } from '../chart/viewport.js';

export interface ChartQuestion {
  readonly instrument: string;
  readonly timeframe: string;
  readonly barLength: number;
  readonly continuous: boolean;
  readonly modelId: string | undefined;
  readonly kind: 'filtered' | 'smoothed';
  readonly marks: boolean;
  /** All bars there are, or those before the day that is looked back from. */
  readonly data: TimeSpan;
}

export type ShownRegimes = Shown<SeriesAnswer, RegimeContent>;

function contentOf(answer: SeriesAnswer, { continuous, marks }: ChartQuestion): RegimeContent {
  const { regime } = answer;
  const runs = regime?.runs;
  return {
    level: levelOfAnswer(answer),
    barLength: answer.timeframe_ms,
    continuous,
    reachesEnd: answer.to > answer.last_ts,
    labels: regime?.labels ?? [],
    names: (regime?.labels ?? []).map(regimeColor),
    // the answer names the last bar of training; the line stands after it
    trainEnd: regime ? regime.train_end + answer.timeframe_ms : null,
    switches: marks && runs ? { time: runs.from, state: runs.state } : null,
  };
}

export function regimeSource(question: ChartQuestion): ChartSource<SeriesAnswer, RegimeContent> {
  const { instrument, timeframe, modelId, kind, data } = question;
  return {
    key: JSON.stringify([instrument, timeframe, modelId, kind, data.to]),
    data,
    load: (window, signal) => getSeries({ instrument, timeframe, modelId, kind, ...window }, signal),
    content: (answer) => contentOf(answer, question),
    drawn: String(question.marks),
    look: () => new RegimeLook(),
  };
}
