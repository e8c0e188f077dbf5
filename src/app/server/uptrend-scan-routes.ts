/** /api/uptrend/scan: the newest bar of every stored series of a timeframe. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { displaySymbol, parseInstrument } from '../../market/instrument.js';
import { barClose, divides, parseTimeframe, type Timeframe } from '../../market/timeframe.js';
import type { Services } from '../services.js';
import { type ScanRow, scanRow, skippedRow, sortScan } from '../uptrend/scan-rows.js';
import { failures } from './answer-schemas.js';
import { asItIs } from './as-it-is.js';
import { freshnessOf } from './freshness.js';
import type { StoredBars } from './stored-bars.js';
import type { ScannedHead, UptrendHeads } from './uptrend-heads.js';
import { uptrendScanAnswer, uptrendScanQuery } from './uptrend-schemas.js';

export function uptrendScanRoutes(
  server: FastifyInstance,
  { loaded, clock }: Services,
  bars: StoredBars,
  heads: UptrendHeads,
): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();

  /** Instruments with bars at a timeframe, stored or made of finer ones. */
  async function universe(timeframe: Timeframe): Promise<string[]> {
    const stored = await bars.status();
    const fits = stored.filter((each) => divides(each.timeframe as Timeframe, timeframe));
    return [...new Set(fits.map(({ subject }) => subject))].sort();
  }

  routes.get(
    '/api/uptrend/scan',
    {
      schema: {
        summary: 'State, flags and scores of every stored instrument at its newest closed bar',
        description:
          'The first scan of a timeframe walks every series in a worker; later ones take in new bars only.',
        tags: ['uptrend'],
        querystring: uptrendScanQuery,
        response: { 200: uptrendScanAnswer, ...failures },
      },
      serializerCompiler: asItIs,
    },
    async ({ query }) => {
      const { profile, state, sort, limit } = query;
      const timeframe = parseTimeframe(query.timeframe ?? loaded.config.hmm.timeframe);
      const found = await heads.scan(await universe(timeframe), timeframe, profile);
      const now = clock.now();
      const rows = new Map(found.map((head) => [head.instrument, rowOf(head)]));
      const lastBars = new Map(
        found.flatMap((head) => ('lastBar' in head ? [[head.instrument, head.lastBar] as const] : [])),
      );
      const counts: Record<string, number> = {};
      for (const row of rows.values()) {
        const name = row.state ?? 'skipped';
        counts[name] = (counts[name] ?? 0) + 1;
      }
      const shown = sortScan(
        [...rows.values()].filter((row) => state === undefined || state.includes(row.state ?? '')),
        sort,
      );
      const newest = Math.max(...lastBars.values());
      const as_of = Number.isFinite(newest) ? barClose(newest, timeframe) : null;
      return {
        timeframe,
        profile,
        instruments: found.length,
        counts,
        rows: shown.slice(0, limit).map((row) => {
          const lastBar = lastBars.get(row.instrument_id) ?? Number.NaN;
          return {
            ...row,
            display: displaySymbol(parseInstrument(row.instrument_id)),
            stale: !Number.isNaN(lastBar) && freshnessOf(row.instrument_id, timeframe, lastBar, now).stale,
          };
        }),
        as_of,
        age_ms: as_of === null ? null : now - as_of,
      };
    },
  );
}

function rowOf(head: ScannedHead): ScanRow {
  return 'skipped' in head
    ? skippedRow(head.instrument, head.skipped)
    : scanRow(head.instrument, head.payload, head.since, head.barsInState);
}
