/** Every call that the dashboard makes, by name; paths and shapes are the API's own (/docs). */
import type {
  ChannelOverride,
  CoverageAnswer,
  DataJobAnswer,
  DatasetsAnswer,
  DeletedAnswer,
  DriversAnswer,
  DriversHealthAnswer,
  GapsAnswer,
  HealthAnswer,
  InstrumentsAnswer,
  JobAccepted,
  JobAnswer,
  ModelDetail,
  ModelList,
  MonitorCompareAnswer,
  MonitorDayAnswer,
  MonitorRunAnswer,
  MonitorRunsAnswer,
  MonitorSeriesAnswer,
  PostureAnswer,
  PostureHistory,
  PostureWhatIf,
  RegimesAnswer,
  RunAnswer,
  RunsAnswer,
  SeriesAnswer,
  StatusAnswer,
  StreamsAnswer,
  UptrendExplainAnswer,
  UptrendLevelsAnswer,
  UptrendScanAnswer,
  UptrendSeriesAnswer,
  UptrendTimelineAnswer,
} from '../../../src/app/server/api-types.js';
import { shortName } from '../shell/instrument-name.js';
import { call, queryOf } from './request.js';

export const getStatus = (signal: AbortSignal) => call<StatusAnswer>('/api/status', { signal });
export const getHealth = (signal: AbortSignal) => call<HealthAnswer>('/api/health', { signal });
export async function getInstruments(signal: AbortSignal): Promise<InstrumentsAnswer> {
  const instruments = await call<InstrumentsAnswer>('/api/instruments', { signal });
  return instruments.map((each) => ({ ...each, display: shortName(each.display) }));
}
export const getStreams = (signal: AbortSignal) => call<StreamsAnswer>('/api/streams', { signal });
export const getDatasets = (signal: AbortSignal) => call<DatasetsAnswer>('/api/datasets', { signal });
export const getCoverage = (signal: AbortSignal) => call<CoverageAnswer>('/api/data-coverage', { signal });

export interface SeriesRequest {
  readonly instrument: string;
  readonly timeframe: string;
  readonly modelId?: string | undefined;
  readonly kind?: 'filtered' | 'smoothed' | undefined;
  /** Half-open, UTC ms. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Rows at most. */
  readonly points: number;
}

export function getSeries(request: SeriesRequest, signal: AbortSignal): Promise<SeriesAnswer> {
  const { instrument, timeframe, modelId, kind, from, to, points } = request;
  const query = queryOf({ model_id: modelId, kind, from, to, points });
  return call<SeriesAnswer>(`/api/series/${encodeURIComponent(instrument)}/${timeframe}${query}`, { signal });
}

export function getGaps(instrument: string, timeframe: string, signal: AbortSignal): Promise<GapsAnswer> {
  return call<GapsAnswer>(`/api/data-coverage/${encodeURIComponent(instrument)}/${timeframe}`, { signal });
}

/** Newest first. */
export const getDataJobs = (signal: AbortSignal) =>
  call<readonly DataJobAnswer[]>('/api/data-jobs?limit=20', { signal });

export const startDataJob = (body: Readonly<Record<string, unknown>>) =>
  call<DataJobAnswer>('/api/data-jobs', { method: 'POST', body });

export const actOnDataJob = (id: string, action: 'validate' | 'resume' | 'cancel') =>
  call<{ readonly coverage?: { readonly rows: number; readonly missing: number } }>(
    `/api/data-jobs/${encodeURIComponent(id)}/actions`,
    { method: 'POST', body: { action } },
  );

export const dataJobFile = (id: string, format: 'csv' | 'parquet'): string =>
  `/api/data-jobs/${encodeURIComponent(id)}/file${queryOf({ format })}`;

export const getModels = (signal: AbortSignal) => call<ModelList>('/api/models', { signal });

export const getModel = (id: string, signal: AbortSignal) =>
  call<ModelDetail>(`/api/models/${encodeURIComponent(id)}`, { signal });

/** Newest rows before `to`, oldest first. */
export function getRegimes(
  modelId: string,
  limit: number,
  signal: AbortSignal,
  to?: number,
): Promise<RegimesAnswer> {
  const query = queryOf({ limit, to });
  return call<RegimesAnswer>(`/api/models/${encodeURIComponent(modelId)}/regimes${query}`, { signal });
}

export const deleteModel = (id: string) =>
  call<DeletedAnswer>(`/api/models/${encodeURIComponent(id)}`, { method: 'DELETE' });

export const startTraining = (body: Readonly<Record<string, unknown>>) =>
  call<JobAccepted>('/api/hmm/train', { method: 'POST', body: { ...body, async: true } });

export const getJob = (id: string, signal: AbortSignal) =>
  call<JobAnswer>(`/api/jobs/${encodeURIComponent(id)}`, { signal });

export const cancelJob = (id: string) =>
  call<unknown>(`/api/jobs/${encodeURIComponent(id)}/actions`, {
    method: 'POST',
    body: { action: 'cancel' },
  });

export const getRuns = (signal: AbortSignal) => call<RunsAnswer>('/api/runs', { signal });

export const getRun = (id: string, signal: AbortSignal) =>
  call<RunAnswer>(`/api/runs/${encodeURIComponent(id)}`, { signal });

export interface UptrendSubject {
  readonly instrument: string;
  readonly timeframe: string;
  readonly profile: string;
}

const subjectQuery = ({ instrument, timeframe, profile }: UptrendSubject) => ({
  symbol: instrument,
  timeframe,
  profile,
});

export interface UptrendSeriesRequest extends UptrendSubject {
  readonly from: number;
  readonly to: number;
  readonly points: number;
  /** A model's id. */
  readonly overlay?: string | undefined;
}

export function getUptrendSeries(
  { from, to, points, overlay, ...subject }: UptrendSeriesRequest,
  signal: AbortSignal,
): Promise<UptrendSeriesAnswer> {
  const query = queryOf({ ...subjectQuery(subject), from, to, max_points: points, overlay });
  return call<UptrendSeriesAnswer>(`/api/uptrend/series${query}`, { signal });
}

/** @param at the bar that holds this time; the newest when left out */
export const getUptrendExplanation = (subject: UptrendSubject, at: number | undefined, signal: AbortSignal) =>
  call<UptrendExplainAnswer>(`/api/uptrend/explain${queryOf({ ...subjectQuery(subject), at })}`, { signal });

export const getUptrendLevels = (subject: UptrendSubject, at: number | undefined, signal: AbortSignal) =>
  call<UptrendLevelsAnswer>(`/api/uptrend/levels${queryOf({ ...subjectQuery(subject), at })}`, { signal });

export interface UptrendTimelineRequest {
  readonly instrument: string;
  readonly profile: string;
  readonly timeframes: readonly string[];
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export function getUptrendTimeline(
  { instrument, profile, timeframes, from, to }: UptrendTimelineRequest,
  signal: AbortSignal,
): Promise<UptrendTimelineAnswer> {
  const query = queryOf({ symbol: instrument, profile, timeframes: timeframes.join(','), from, to });
  return call<UptrendTimelineAnswer>(`/api/uptrend/timeline${query}`, { signal });
}

export const getUptrendScan = (timeframe: string, profile: string, signal: AbortSignal) =>
  call<UptrendScanAnswer>(`/api/uptrend/scan${queryOf({ timeframe, profile, limit: 2000 })}`, { signal });

export const getDrivers = (timeframe: string, signal: AbortSignal) =>
  call<DriversAnswer>(`/api/drivers${queryOf({ timeframe })}`, { signal });

export const getDriversHealth = (signal: AbortSignal) =>
  call<DriversHealthAnswer>('/api/drivers/health', { signal });

export const getPosture = (bucket: string, timeframe: string, signal: AbortSignal) =>
  call<PostureAnswer>(`/api/drivers/ae${queryOf({ bucket, timeframe })}`, { signal });

interface WhatIf {
  readonly bucket: string;
  readonly timeframe: string;
  readonly overrides: readonly ChannelOverride[];
}

/** Changes nothing: how A and E would read if channels said something else. */
export const tryPosture = (body: WhatIf, signal: AbortSignal) =>
  call<PostureWhatIf>('/api/drivers/ae', {
    method: 'POST',
    body,
    signal,
  });

interface PostureHistoryRequest {
  readonly bucket: string;
  readonly timeframe: string;
  readonly step: string;
  readonly limit: number;
}

export const getPostureHistory = (
  { bucket, timeframe, step, limit }: PostureHistoryRequest,
  signal: AbortSignal,
) => call<PostureHistory>(`/api/drivers/history${queryOf({ bucket, timeframe, step, limit })}`, { signal });

/** Newest first. */
export const getMonitorRuns = (signal: AbortSignal) =>
  call<MonitorRunsAnswer>('/api/monitor/runs', { signal });

const monitorPath = (id: string, part = ''): string => `/api/monitor/runs/${encodeURIComponent(id)}${part}`;

export const getMonitorRun = (id: string, signal: AbortSignal) =>
  call<MonitorRunAnswer>(monitorPath(id), { signal });

export const getMonitorSeries = (id: string, signal: AbortSignal) =>
  call<MonitorSeriesAnswer>(monitorPath(id, '/series'), { signal });

export const getMonitorCompare = (ids: readonly string[], signal: AbortSignal) =>
  call<MonitorCompareAnswer>(`/api/monitor/compare${queryOf({ runs: ids.join(',') })}`, { signal });

/** @param at a time of the day, UTC ms */
export const getMonitorDay = (id: string, at: number, signal: AbortSignal) =>
  call<MonitorDayAnswer>(`${monitorPath(id, '/day')}${queryOf({ at })}`, { signal });
