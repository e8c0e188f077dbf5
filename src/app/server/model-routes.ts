/** /api/models: every saved model, whatever its family. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { TidewatchError } from '../../errors.js';
import { forecastJson, historyJson, labelsJson, modelJson, rowJson } from '../regime/regime-answers.js';
import type { TrainedRegime } from '../regime/trained-regime.js';
import type { Services } from '../services.js';
import {
  failures,
  forecastAnswer,
  modelDetail,
  modelList,
  regimesAnswer,
  scorecardAnswer,
} from './answer-schemas.js';
import { asItIs } from './as-it-is.js';
import { deleteModelRoute } from './delete-model-route.js';
import { forecastQuery, modelParameters, modelRegimesQuery, windowOf } from './request-schemas.js';

export function modelRoutes(server: FastifyInstance, services: Services): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  const { regimes, models, runs } = services;

  routes.get(
    '/api/models',
    {
      schema: {
        summary: 'Saved models, newest first; those that cannot be read are named',
        tags: ['models'],
        response: { 200: modelList, ...failures },
      },
    },
    async () => {
      const { models: readable, unreadable } = models.list();
      const opened = readable.map(({ id }) => attempt(id, () => summaryOf(regimes.open({ modelId: id }))));
      return {
        models: opened.flatMap((each) => ('summary' in each ? [each.summary] : [])),
        unreadable: [
          ...unreadable.map(({ id, error }) => ({ id, code: error.code as string })),
          ...opened.flatMap((each) => ('code' in each ? [{ id: each.id, code: each.code }] : [])),
        ],
      };
    },
  );

  routes.get(
    '/api/models/:id',
    {
      schema: {
        summary: 'One model: configuration, statistics per state, transition matrix, diagnostics',
        tags: ['models'],
        params: modelParameters,
        response: { 200: modelDetail, ...failures },
      },
    },
    async (request) => {
      const regime = regimes.open({ modelId: request.params.id });
      const { record } = regime;
      const params = record.params as { transition_matrix?: number[][] };
      return {
        ...summaryOf(regime),
        config: record.config,
        stats: record.stats,
        transition_matrix: params.transition_matrix ?? null,
        stationary: record.diagnostics.stationary ?? null,
        diagnostics: record.diagnostics,
      };
    },
  );

  deleteModelRoute(server, services, '/api/models/:id', {
    summary: 'Delete a model and its stored regimes',
    tags: ['models'],
  });

  routes.get(
    '/api/models/:id/regimes',
    {
      schema: {
        summary: 'Regime per bar, oldest first; filtered unless kind says otherwise',
        tags: ['models'],
        params: modelParameters,
        querystring: modelRegimesQuery,
        response: { 200: regimesAnswer, ...failures },
      },
      serializerCompiler: asItIs,
    },
    async (request) => {
      const { limit, kind, from, to } = request.query;
      const history = await regimes.history({
        modelId: request.params.id,
        ...windowOf({ start_date: from, end_date: to }, ['from', 'to']),
        limit,
        kind,
        persist: false,
      });
      return historyJson(history);
    },
  );

  routes.get(
    '/api/models/:id/forecast',
    {
      schema: {
        summary: 'Probabilities of the states after so many more bars',
        tags: ['models'],
        params: modelParameters,
        querystring: forecastQuery,
        response: { 200: forecastAnswer, ...failures },
      },
    },
    async (request) => {
      const history = await regimes.history({
        modelId: request.params.id,
        kind: 'filtered',
        limit: 1,
        persist: false,
      });
      if (history.rows.rows === 0) {
        throw new TidewatchError('no_data', `there is no bar with a regime of ${request.params.id}`);
      }
      const row = rowJson(history, history.rows.rows - 1);
      return {
        model_id: request.params.id,
        timestamp: row.timestamp,
        available_at: row.available_at,
        labels: labelsJson(history.regime.record.labels),
        probs: [...row.probs],
        forecast: forecastJson(history.regime, row.probs, request.query.bars),
      };
    },
  );

  routes.get(
    '/api/models/:id/scorecard',
    {
      schema: {
        summary: 'What the training says of itself, and the walk-forward studies of the same series',
        tags: ['models'],
        params: modelParameters,
        response: { 200: scorecardAnswer, ...failures },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { record, stored } = regimes.open({ modelId: id });
      const studies = runs
        .list()
        .filter(
          ({ kind, data }) =>
            kind !== 'regime' &&
            data.instrument_id === stored.instrumentId &&
            data.timeframe === stored.timeframe,
        );
      return {
        model_id: id,
        in_sample: record.diagnostics,
        walk_forward: studies.map((manifest) => ({
          manifest,
          result: `/api/runs/${manifest.run_id}/tables/result.json`,
        })),
      };
    },
  );
}

function summaryOf({ stored, record }: TrainedRegime) {
  return {
    ...modelJson(stored),
    model: record.params.kind as string,
    profile: record.config.profile as string,
    n_states: record.labels.length,
    labels: record.labels,
    train_start: record.train_start,
    train_end: record.train_end,
    rows: record.rows,
  };
}

/** A record that is no model any more is named in the list and spoils nothing. */
function attempt<T>(id: string, open: () => T): { summary: T } | { id: string; code: string } {
  try {
    return { summary: open() };
  } catch (error) {
    if (error instanceof TidewatchError) return { id, code: error.code };
    throw error;
  }
}
