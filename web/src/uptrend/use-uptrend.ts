/** What the uptrend page looks at, from its address, and what it asks for. */
import { useEffect, useMemo, useState } from 'react';
import { UPTREND_PROFILES, type UptrendProfile } from '../../../src/analysis/uptrend/profile.js';
import type {
  ModelList,
  UptrendExplainAnswer,
  UptrendLevelsAnswer,
  UptrendTimelineAnswer,
} from '../../../src/app/server/api-types.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../src/market/timeframe.js';
import { useAddress } from '../address/address.js';
import {
  getModels,
  getUptrendExplanation,
  getUptrendLevels,
  getUptrendTimeline,
  type UptrendSubject,
} from '../api/calls.js';
import { type Answer, useAnswer, useLast } from '../api/use-answer.js';
import type { TimeSpan } from '../chart/viewport.js';
import { parseAt } from '../lab/use-lab.js';
import type { SeriesChoice } from '../shell/series-choice.js';

export interface UptrendQuestion extends UptrendSubject {
  readonly profile: UptrendProfile;
  readonly barLength: number;
  readonly continuous: boolean;
  /** All bars there are, or those before the moment that is looked back from. */
  readonly data: TimeSpan;
  /** UTC ms of `?at=`, or null. */
  readonly at: number | null;
  readonly shows: {
    readonly emas: boolean;
    readonly levels: boolean;
    readonly signals: boolean;
    readonly log: boolean;
  };
  /** Model whose probabilities lie below; undefined for none. */
  readonly overlay: string | undefined;
}

export interface UptrendPage {
  readonly question: UptrendQuestion | undefined;
  /** Newest hidden Markov model of the series, which could be laid over. */
  readonly model: ModelList['models'][number] | undefined;
}

/** As records of either version name the Gaussian hidden Markov model. */
const HMM = new Set(['hmm', 'gaussian_hmm']);

export function profileOf(query: URLSearchParams): UptrendProfile {
  return UPTREND_PROFILES.find((each) => each === query.get('profile')) ?? 'standard';
}

export function useUptrend({ instrument, timeframe }: SeriesChoice): UptrendPage {
  const { query } = useAddress();
  const models = useAnswer('models', getModels);
  const span = instrument?.timeframes.find((each) => each.timeframe === timeframe);
  const at = parseAt(query.get('at'));
  const profile = profileOf(query);
  const id = instrument?.instrument_id;
  const model = models.data?.models.find(
    (each) => each.instrument_id === id && each.timeframe === timeframe && HMM.has(each.model),
  );
  const overlay = query.get('hmm') === '1' ? model?.id : undefined;
  const barLength = TIMEFRAME_MS[timeframe as Timeframe];
  const continuous = instrument?.kind === 'spot' || instrument?.kind === 'perp';
  const [emas, levels, signals] = ['emas', 'levels', 'signals'].map((name) => query.get(name) !== '0');
  const log = query.get('log') === '1';
  const from = span?.first_ts;
  const last = span?.last_ts;
  const question = useMemo<UptrendQuestion | undefined>(() => {
    if (id === undefined || from === undefined || last === undefined) return undefined;
    return {
      instrument: id,
      timeframe,
      profile,
      barLength,
      continuous,
      at,
      data: { from, to: Math.min(last + barLength, at ?? Number.POSITIVE_INFINITY) },
      shows: { emas: emas!, levels: levels!, signals: signals!, log },
      overlay,
    };
  }, [id, timeframe, profile, barLength, continuous, at, from, last, emas, levels, signals, log, overlay]);
  return { question, model };
}

/** A value once it has rested: a pointer passes many bars on its way to one. */
export function useRested<T>(value: T, ms: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}

const subjectKey = ({ instrument, timeframe, profile }: UptrendSubject): string =>
  `${instrument} ${timeframe} ${profile}`;

/** `data` is that of another bar while the asked one loads. */
export function useExplanation(question: UptrendQuestion, bar: number | null): Answer<UptrendExplainAnswer> {
  const { instrument, timeframe, profile } = question;
  const subject = { instrument, timeframe, profile };
  const at = bar ?? newestBar(question);
  const answer = useAnswer<UptrendExplainAnswer>(
    `uptrend explain ${subjectKey(subject)} ${at ?? question.data.to}`,
    (signal) => getUptrendExplanation(subject, at, signal),
  );
  const data = useLast(answer.data, subjectKey(subject));
  return { ...answer, data };
}

export function useLevels(question: UptrendQuestion, bar: number | null): Answer<UptrendLevelsAnswer> {
  const { instrument, timeframe, profile } = question;
  const subject = { instrument, timeframe, profile };
  const at = bar ?? newestBar(question);
  const answer = useAnswer<UptrendLevelsAnswer>(
    `uptrend levels ${subjectKey(subject)} ${at ?? question.data.to}`,
    (signal) => getUptrendLevels(subject, at, signal),
  );
  const data = useLast(answer.data, subjectKey(subject));
  return { ...answer, data };
}

/** Undefined asks for the newest; a page that looks back asks for the last bar that had closed. */
function newestBar({ at, barLength }: UptrendQuestion): number | undefined {
  return at === null ? undefined : at - barLength;
}

export function useTimeline(
  { instrument, profile }: Pick<UptrendSubject, 'instrument' | 'profile'>,
  timeframes: readonly string[],
  span: TimeSpan | null,
): Answer<UptrendTimelineAnswer> {
  const { from, to } = span ?? {};
  const subject = `${instrument} ${profile} ${timeframes.join()}`;
  const answer = useAnswer<UptrendTimelineAnswer>(
    timeframes.length === 0 ? null : `uptrend timeline ${subject} ${from ?? ''} ${to ?? ''}`,
    (signal) => getUptrendTimeline({ instrument, profile, timeframes, from, to }, signal),
  );
  const data = useLast(answer.data, subject);
  return { ...answer, data };
}
