/** /api/hmm: train, regimes, models, price (HMM spec §9). */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { servedRule } from '../../analysis/models/decoding.js';
import { TidewatchError } from '../../errors.js';
import { parseTimeframe, type Timeframe } from '../../market/timeframe.js';
import { TRAINING, trainingInput, trainingKey } from '../jobs/training-job.js';
import { historyJson, modelJson } from '../regime/regime-answers.js';
import type { TrainRequest } from '../regime/regime-service.js';
import type { TrainingOptions } from '../regime/trained-regime.js';
import { resolveExchangeSymbol } from '../resolve-symbol.js';
import type { Services } from '../services.js';
import {
  failures,
  hmmModel,
  jobAccepted,
  latestAnswer,
  priceAnswer,
  regimesAnswer,
  trainAnswer,
} from './answer-schemas.js';
import { asItIs } from './as-it-is.js';
import { deleteModelRoute } from './delete-model-route.js';
import type { LatestAnswers } from './latest-answers.js';
import { nearEnd } from './near-end.js';
import { latestQuery, regimeQuery, seriesQuery, trainBody, windowOf } from './request-schemas.js';

export function regimeRoutes(server: FastifyInstance, services: Services, latest: LatestAnswers): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  const { regimes, models, data, features, jobs, loaded } = services;
  const { config } = loaded;

  const instrumentOf = (exchange: string | undefined, symbol: string | undefined) =>
    resolveExchangeSymbol(exchange, symbol, config.lake.watched, data.lake);
  const timeframeOf = (text: string | undefined): Timeframe => parseTimeframe(text ?? config.hmm.timeframe);
  const choiceOf = async (query: z.infer<typeof latestQuery>) =>
    query.model_id === undefined
      ? {
          instrument: await instrumentOf(query.exchange, query.symbol),
          timeframe: timeframeOf(query.timeframe),
        }
      : { modelId: query.model_id };

  routes.post(
    '/api/hmm/train',
    {
      schema: {
        summary: 'Train a regime model',
        tags: ['regime'],
        body: trainBody,
        response: { 200: trainAnswer, 202: jobAccepted, ...failures },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const training = await trainRequest(body);
      const job = await jobs.start(TRAINING, trainingKey(training), trainingInput(training));
      if (body.async) return reply.status(202).send({ job_id: job.id });
      const { error, result } = await jobs.finished(job.id);
      if (error === null) return result as z.infer<typeof trainAnswer>;
      const { code, message, hint } = error;
      throw new TidewatchError(code as TidewatchError['code'], message, hint === null ? {} : { hint });
    },
  );

  async function trainRequest(body: z.infer<typeof trainBody>): Promise<TrainRequest> {
    if (body.k_min > body.k_max) {
      throw new TidewatchError('bad_parameter', `k_min ${body.k_min} is above k_max ${body.k_max}`, {
        hint: 'give k_min at most k_max',
      });
    }
    const auto = body.auto_k && !body.strict_k;
    const asked = body.profile ?? (body.legacy ? 'legacy' : auto ? 'scaled_autok' : config.hmm.profile);
    const profile = body.strict_k && asked === 'scaled_autok' ? 'scaled' : asked;
    const settings =
      body.sticky === undefined ? body.settings : { ...body.settings, target_duration: body.sticky };
    const decode = servedRule(body.decode);
    return {
      instrument: await instrumentOf(body.exchange, body.symbol),
      timeframe: timeframeOf(body.timeframe),
      ...windowOf(body),
      options: {
        ...(body.model === 'hmm' ? {} : { model: body.model }),
        profile,
        states: body.n_states,
        seed: body.seed ?? config.hmm.seed,
        ...(profile === 'scaled_autok' || (auto && profile === 'scaled')
          ? { autoStates: { min: body.k_min, max: body.k_max } }
          : {}),
        ...(body.covariance === undefined ? {} : { covarianceType: body.covariance }),
        flavour: body.ta_flavour ?? 'wilder',
        ...(body.restarts === undefined ? {} : { restarts: body.restarts }),
        ...(settings === undefined ? {} : { settings }),
        ...(decode === undefined ? {} : { decode }),
        ...(body.features === undefined ? {} : featuresOf(body.features)),
      },
    };
  }

  /** Names of sets, the five unless one is named; every other name is a column to learn from. */
  function featuresOf(typed: string | readonly string[]): Pick<TrainingOptions, 'featureSet' | 'features'> {
    const asked = (typeof typed === 'string' ? typed.split(',') : typed).map((each) => each.trim());
    const isSet = (each: string): boolean => features.names.includes(each.split(/[:@]/)[0]!);
    const [sets, columns] = [asked.filter(isSet), asked.filter((each) => !isSet(each))];
    return {
      ...(sets.length === 0 ? {} : { featureSet: sets.join(',') }),
      ...(columns.length === 0 ? {} : { features: columns }),
    };
  }

  routes.get(
    '/api/hmm/regime',
    {
      schema: {
        summary: 'Regime per bar, oldest first; filtered unless kind says otherwise',
        tags: ['regime'],
        querystring: regimeQuery,
        response: { 200: regimesAnswer, ...failures },
      },
      serializerCompiler: asItIs,
    },
    async (request) => {
      const { query } = request;
      const history = await regimes.history({
        ...(await choiceOf(query)),
        ...windowOf(query),
        limit: query.limit,
        kind: query.kind,
        persist: query.persist,
        useStored: query.use_persisted,
      });
      return historyJson(history);
    },
  );

  routes.get(
    '/api/hmm/latest',
    {
      schema: {
        summary: 'Newest regime with forecast',
        tags: ['regime'],
        querystring: latestQuery,
        response: { 200: latestAnswer, ...failures },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const text = await latest.answer(JSON.stringify(query), async () =>
        regimes.latest({ ...(await choiceOf(query)), useStored: query.use_persisted }),
      );
      // a string of JSON is sent as it is
      return reply.type('application/json; charset=utf-8').send(text as never);
    },
  );

  routes.get(
    '/api/hmm/models',
    {
      schema: {
        summary: 'Saved models, newest first',
        tags: ['regime'],
        response: { 200: z.array(hmmModel), ...failures },
      },
    },
    async () => models.list().models.map(modelJson),
  );

  deleteModelRoute(server, services, '/api/hmm/models/:id', {
    summary: 'Delete a model and its results',
    tags: ['regime'],
  });

  routes.get(
    '/api/hmm/price/latest',
    {
      schema: {
        summary: 'Newest stored bar',
        tags: ['data'],
        querystring: seriesQuery,
        response: { 200: priceAnswer, ...failures },
      },
    },
    async (request) => {
      const { query } = request;
      const instrument = await instrumentOf(query.exchange, query.symbol);
      const timeframe = parseTimeframe(query.timeframe ?? '1m');
      const from = await nearEnd(data.lake, instrument.id, timeframe);
      const { series } = await data.lake.series(instrument.id, timeframe, { from });
      const last = series.length - 1;
      return {
        timestamp: series.time[last]!,
        open: series.open[last]!,
        high: series.high[last]!,
        low: series.low[last]!,
        close: series.close[last]!,
      };
    },
  );
}
