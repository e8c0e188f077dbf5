/** /api/series and /api/instruments: what can be charted, and the chart's rows. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { displaySymbol, parseInstrument } from '../../market/instrument.js';
import { divides, parseTimeframe, TIMEFRAMES, type Timeframe } from '../../market/timeframe.js';
import type { Services } from '../services.js';
import { failures, instrumentsAnswer } from './answer-schemas.js';
import { asItIs } from './as-it-is.js';
import { seriesParameters, viewQuery, windowOf } from './request-schemas.js';
import { seriesAnswer } from './series-schemas.js';
import type { SeriesView } from './series-view.js';
import type { StoredBars } from './stored-bars.js';

export function seriesRoutes(
  server: FastifyInstance,
  services: Services,
  view: SeriesView,
  bars: StoredBars,
): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  const { loaded } = services;

  routes.get(
    '/api/series/:instrument/:timeframe',
    {
      schema: {
        summary: 'Bars of a viewport in at most `points` rows, with the regimes of a model',
        description:
          'Buckets keep the extremes: open first, high max, low min, close last, volume sum. Levels of ' +
          'detail are kept in memory. With `model_id` each row has the state of most of its bars, that ' +
          "state's share and the mean probabilities, and `runs` holds the exact stretches of one state.",
        tags: ['series'],
        params: seriesParameters,
        querystring: viewQuery,
        response: { 200: seriesAnswer, ...failures },
      },
      serializerCompiler: asItIs,
    },
    async (request) => {
      const { instrument, timeframe } = request.params;
      const { points, last, model_id, kind, from, to } = request.query;
      return view.view({
        instrument: parseInstrument(instrument).id,
        timeframe: parseTimeframe(timeframe),
        ...windowOf({ start_date: from, end_date: to }, ['from', 'to']),
        last,
        points,
        model: model_id === undefined ? undefined : { id: model_id, kind },
      });
    },
  );

  routes.get(
    '/api/instruments',
    {
      schema: {
        summary: 'Instruments with stored bars, and the timeframes that can be asked for',
        tags: ['series'],
        response: { 200: instrumentsAnswer, ...failures },
      },
    },
    async () => {
      const stored = await bars.status();
      const ids = [...new Set(stored.map(({ subject }) => subject))].sort();
      return ids.map((id) => {
        const instrument = parseInstrument(id);
        const own = stored.filter(({ subject }) => subject === id);
        const fine = (wanted: Timeframe) =>
          own.find(({ timeframe }) => timeframe === wanted) ??
          own.find(({ timeframe }) => timeframe === '1m') ??
          own.find(({ timeframe }) => divides(timeframe as Timeframe, wanted));
        return {
          instrument_id: id,
          exchange: instrument.venue,
          symbol: instrument.symbol,
          display: displaySymbol(instrument),
          kind: instrument.kind,
          watched: loaded.config.lake.watched.includes(id),
          timeframes: TIMEFRAMES.flatMap((timeframe) => {
            const base = fine(timeframe);
            if (base === undefined) return [];
            const isNative = base.timeframe === timeframe;
            return [
              {
                timeframe,
                source: isNative ? ('native' as const) : ('derived' as const),
                rows: isNative ? base.rows : null,
                first_ts: base.firstTs,
                last_ts: base.lastTs,
              },
            ];
          }),
        };
      });
    },
  );
}
