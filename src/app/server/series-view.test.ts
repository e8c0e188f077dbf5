import { afterEach, describe, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { slice } from '../../market/series.js';
import type { SeriesAnswer } from './api-types.js';
import { seriesAnswer } from './series-schemas.js';
import {
  appendBars,
  HOUR,
  type ServedHome,
  START,
  SYMBOL,
  serveHome,
  trainModel,
} from './served-home.fixture.js';
import { buildServer } from './server.js';

let home: ServedHome;
afterEach(() => home.close());

const url = (query: string, timeframe = '1h'): string => `/api/series/${SYMBOL}/${timeframe}?${query}`;
const view = async (query: string, timeframe?: string): Promise<SeriesAnswer> =>
  seriesAnswer.parse((await home.get(url(query, timeframe))).json());

/** The same questions to a server that has kept nothing. */
async function fresh(queries: readonly string[]): Promise<unknown[]> {
  const options = { host: '127.0.0.1', token: null, log: home.server.log as never };
  const server = await buildServer(home.services, options);
  const answers: unknown[] = [];
  for (const query of queries) {
    answers.push((await server.inject({ url: url(query), headers: { host: '127.0.0.1' } })).json());
  }
  await server.close();
  return answers;
}

describe('what is kept of a series', () => {
  it('follows new bars, late bars and corrections as if it were made anew', async () => {
    home = await serveHome(700);
    const model_id = await trainModel(home.services);
    const questions = ['points=5000', 'points=50', `points=5000&model_id=${model_id}`].concat(
      `points=60&model_id=${model_id}`,
    );
    const agrees = async (): Promise<void> => {
      const kept: unknown[] = [];
      for (const query of questions) kept.push((await home.get(url(query))).json());
      expect(kept).toEqual(await fresh(questions));
    };
    await agrees();
    const all = syntheticSeries(SYMBOL, '1h', 1200, 3);
    home.clock.advance(500 * HOUR);
    // the next bars, then a hole, then what was in the hole, then other prices for bars in the middle
    await appendBars(home.services, slice(all, 700, 720));
    await agrees();
    await appendBars(home.services, slice(all, 1000, 1200));
    await agrees();
    await appendBars(home.services, slice(all, 720, 1000));
    await agrees();
    await appendBars(home.services, slice(syntheticSeries(SYMBOL, '1h', 1200, 4), 300, 310));
    await agrees();
  });

  it('is not disturbed by other series of the venue', async () => {
    home = await serveHome(300);
    const before = await view('points=50');
    await appendBars(home.services, syntheticSeries('file:spot:OTHER', '1h', 900, 5));
    expect(await view('points=50')).toEqual(before);
  });
});

describe('a viewport', () => {
  it('takes the finest level that fits, and says what a row is', async () => {
    home = await serveHome(900);
    const day = 24 * HOUR;
    const cases: [string, number, number][] = [
      ['points=5000', HOUR, 900],
      ['points=900', HOUR, 900],
      ['points=899', 4 * HOUR, 225],
      ['points=100', day, 38],
      ['points=10', 7 * day, 6],
      ['last=100&points=100', HOUR, 100],
      [`from=${START + 10 * HOUR}&to=${START + 20 * HOUR}`, HOUR, 10],
      [`from=${START + 100 * day}&to=${START + 200 * day}`, HOUR, 0],
    ];
    for (const [query, bucket, rows] of cases) {
      const answer = await view(query);
      expect([query, answer.bucket_ms, answer.rows]).toEqual([query, bucket, rows]);
      expect(answer.close).toHaveLength(rows);
    }
  });

  it('derives a longer timeframe, and shows holes by their times', async () => {
    home = await serveHome(0);
    const all = syntheticSeries(SYMBOL, '1h', 100, 3);
    await appendBars(home.services, slice(all, 0, 40));
    await appendBars(home.services, slice(all, 60, 100));
    home.clock.advance(200 * HOUR);
    const bars = await view('points=5000');
    expect([bars.time_start, bars.time?.length]).toEqual([null, 80]);
    const days = await view('points=10');
    expect(days.bars?.reduce((sum, count) => sum + count, 0)).toBe(80);
    const derived = await view('points=100', '4h');
    expect([derived.source, derived.rows]).toEqual(['derived', 20]);
  });

  it('says of the newest bar whether it can still change', async () => {
    home = await serveHome(100);
    expect((await view('last=10')).last_final).toBe(true);
    home.clock.advance(-1);
    expect((await view('last=10')).last_final).toBe(false);
  });
});
