import { afterEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { UptrendEngine } from '../../analysis/uptrend/engine.js';
import { explainUptrend } from '../../analysis/uptrend/explain.js';
import type { Level } from '../../analysis/uptrend/levels.js';
import type { UptrendPayload } from '../../analysis/uptrend/payload.js';
import { uptrendConfig } from '../../analysis/uptrend/profile.js';
import { stateNumber } from '../../analysis/uptrend/uptrend-rows.js';
import { type Series, slice } from '../../market/series.js';
import type { Timeframe } from '../../market/timeframe.js';
import {
  appendBars,
  HOST,
  HOUR,
  type ServedHome,
  START,
  SYMBOL,
  serveHome,
  trainModel,
} from './served-home.fixture.js';
import { buildServer } from './server.js';
import {
  uptrendExplainAnswer,
  uptrendLevelsAnswer,
  uptrendScanAnswer,
  uptrendSeriesAnswer,
  uptrendTimelineAnswer,
} from './uptrend-schemas.js';

let home: ServedHome;
afterEach(() => home.close());

const DAY = 24 * HOUR;

async function ask<Schema extends z.ZodType>(
  schema: Schema,
  call: string,
  query: Readonly<Record<string, string | number>> = {},
): Promise<z.infer<Schema>> {
  const text = new URLSearchParams({ symbol: SYMBOL, ...query } as Record<string, string>);
  const answer = await home.get(`/api/uptrend/${call}?${text}`);
  expect([answer.statusCode, answer.body.slice(0, 200)]).toEqual([200, answer.body.slice(0, 200)]);
  return schema.parse(answer.json());
}

interface Walked {
  readonly payloads: readonly UptrendPayload[];
  readonly levels: readonly (readonly Level[])[];
}

/** What the engine itself says. */
function walk(series: Series): Walked {
  const { instrument, timeframe } = series;
  const engine = new UptrendEngine({ instrument, timeframe });
  const payloads: UptrendPayload[] = [];
  const levels: (readonly Level[])[] = [];
  engine.run(series, (payload) => {
    payloads.push(payload);
    levels.push(engine.levels.levels);
  });
  return { payloads, levels };
}

async function store(series: Series): Promise<void> {
  await appendBars(home.services, series);
  const { time, length } = series;
  const close = time[length - 1]! + HOUR;
  if (close > home.clock.now()) home.clock.advance(close - home.clock.now());
}

const bars = (length: number, seed = 3, timeframe: Timeframe = '1h'): Series =>
  syntheticSeries(SYMBOL, timeframe, length, seed);

describe('/api/uptrend/series', () => {
  it('says bar by bar what the engine says', async () => {
    home = await serveHome(400);
    const answer = await ask(uptrendSeriesAnswer, 'series');
    const { payloads } = walk(bars(400));
    const silent = 400 - payloads.length;
    const { uptrend } = answer;
    expect([answer.rows, answer.bucket_ms, silent]).toEqual([400, HOUR, 71]);
    expect(uptrend.state).toEqual([
      ...new Array(silent).fill(-1),
      ...payloads.map(({ state }) => stateNumber(state)),
    ]);
    const close = (known: (number | null)[], expected: (number | undefined)[]): void =>
      known.forEach((value, row) => {
        const should = row < silent ? undefined : expected[row - silent];
        if (should === undefined) expect(value).toBeNull();
        else expect(Math.abs(value! - should)).toBeLessThan(2e-6 * Math.max(1, should));
      });
    close(
      uptrend.ema333,
      payloads.map(({ ema }) => ema.ema333),
    );
    close(
      uptrend.ox,
      payloads.map(({ scores }) => scores?.ox),
    );
    close(
      uptrend.edx,
      payloads.map(({ scores }) => scores?.edx),
    );
    close(
      uptrend.atr,
      payloads.map(({ atr }) => atr),
    );
    expect(uptrend.warm_from).toBe(payloads.find(({ warm }) => warm)!.ts);
    expect([answer.as_of, answer.age_ms, answer.stale]).toEqual([START + 400 * HOUR, 0, false]);
  });

  it('tells every change of state and every mark, in any number of rows', async () => {
    home = await serveHome(1500);
    const { payloads } = walk(bars(1500));
    const changes = payloads.filter(({ prev_state, state }) => prev_state !== '' && prev_state !== state);
    const marked = payloads.filter(({ buy_signal, buy_flag, trim_flag, exit_position }) =>
      [buy_signal, buy_flag, trim_flag, exit_position].includes(true),
    );
    expect(changes.length).toBeGreaterThan(10);
    for (const max_points of [2000, 400, 40, 10]) {
      const { rows, uptrend, close } = await ask(uptrendSeriesAnswer, 'series', { max_points });
      expect(rows).toBeLessThanOrEqual(max_points);
      expect([close.length, uptrend.state.length, uptrend.edx.length]).toEqual([rows, rows, rows]);
      expect(uptrend.runs.exact).toBe(true);
      expect(uptrend.runs.from.slice(1)).toEqual(changes.map(({ ts }) => ts));
      expect(uptrend.changes.reduce((sum, count) => sum + count)).toBe(changes.length);
      const { ts, kind, kinds } = uptrend.markers;
      const shown = ts.filter((_, at) =>
        ['buy_signal', 'buy_flag', 'trim_flag', 'exit_position'].includes(kinds[kind[at]!]!),
      );
      expect(new Set(shown)).toEqual(new Set(marked.map((payload) => payload.ts)));
      expect(Math.max(...uptrend.edx.map((value) => value ?? 0))).toBeCloseTo(
        Math.max(...payloads.map(({ scores }) => scores?.edx ?? 0)),
        5,
      );
    }
  });

  it('shows a window, and gives a bar that is still open no state', async () => {
    home = await serveHome(500);
    const all = bars(501);
    await appendBars(home.services, slice(all, 500, 501));
    const answer = await ask(uptrendSeriesAnswer, 'series', { last: 20 });
    expect(answer.rows).toBe(20);
    expect(answer.uptrend.state.at(-1)).toBe(-1);
    expect(answer.uptrend.ema20.at(-1)).toBeNull();
    expect(answer.as_of).toBe(START + 500 * HOUR);
    home.clock.advance(HOUR);
    const later = await ask(uptrendSeriesAnswer, 'series', { last: 20 });
    expect(later.uptrend.state.at(-1)).toBe(stateNumber(walk(all).payloads.at(-1)!.state));
    expect(later.as_of).toBe(START + 501 * HOUR);
    home.clock.advance(3 * HOUR);
    expect((await ask(uptrendSeriesAnswer, 'series', { last: 20 })).stale).toBe(true);
  });

  it('follows new bars, late bars and corrections as if it were made anew', async () => {
    home = await serveHome(700);
    const questions = ['series?max_points=5000', 'series?max_points=50', 'levels?', 'explain?'].flatMap(
      (call) => [`${call}&symbol=${SYMBOL}`, `${call}&symbol=${SYMBOL}&timeframe=4h`],
    );
    const agrees = async (): Promise<void> => {
      const options = { host: '127.0.0.1', token: null, log: home.server.log as never };
      const fresh = await buildServer(home.services, options);
      for (const question of questions) {
        const url = `/api/uptrend/${question}`;
        const kept = (await home.get(url)).json();
        expect(kept).toEqual((await fresh.inject({ url, headers: { host: HOST } })).json());
      }
      await fresh.close();
    };
    await agrees();
    const all = bars(1200);
    for (const [from, to] of [
      [700, 701],
      [701, 720],
      [1000, 1200],
      [720, 1000],
    ]) {
      await store(slice(all, from!, to!));
      await agrees();
    }
    await store(slice(bars(1200, 4), 300, 310));
    await agrees();
  });

  it('walks a long series in a worker and goes on from there', async () => {
    home = await serveHome(0);
    const all = bars(9000);
    await store(slice(all, 0, 8000));
    await ask(uptrendSeriesAnswer, 'series', { last: 10 });
    await store(slice(all, 8000, 9000));
    const { payloads } = walk(all);
    const { uptrend } = await ask(uptrendSeriesAnswer, 'series', { last: 3000, max_points: 5000 });
    expect(uptrend.state).toEqual(payloads.slice(-3000).map(({ state }) => stateNumber(state)));
    const at = payloads[4321]!;
    const { payload } = await ask(uptrendExplainAnswer, 'explain', { at: at.ts });
    expect(payload).toEqual(JSON.parse(JSON.stringify(at)));
  });

  it('lays the filtered probabilities of a model over it, and refuses a model of another series', async () => {
    home = await serveHome(600);
    const id = await trainModel(home.services);
    const { regime } = await ask(uptrendSeriesAnswer, 'series', { overlay: 'hmm' });
    expect([regime?.model_id, regime?.kind, regime?.lookahead]).toEqual([id, 'filtered', false]);
    const [first, second] = regime!.probabilities;
    expect(first![0]).toBeNull();
    expect(first!.at(-1)! + second!.at(-1)!).toBeGreaterThanOrEqual(999);
    const other = await home.get(`/api/uptrend/series?symbol=${SYMBOL}&timeframe=4h&overlay=${id}`);
    expect([other.statusCode, other.json().code]).toEqual([400, 'bad_parameter']);
    const none = await home.get(`/api/uptrend/series?symbol=${SYMBOL}&timeframe=4h&overlay=hmm`);
    expect([none.statusCode, none.json().code]).toEqual([404, 'unknown_model']);
  });
});

describe('/api/uptrend/explain and /levels', () => {
  it('say at any bar what the engine said there, and why', async () => {
    home = await serveHome(800);
    const { payloads, levels } = walk(bars(800));
    for (const [at, expected] of [
      [undefined, payloads.length - 1],
      [payloads[40]!.ts, 40],
      [payloads[41]!.ts + HOUR / 2, 41],
      [payloads[500]!.ts, 500],
    ] as const) {
      const query = at === undefined ? {} : { at };
      const { payload, explanation, since, bars_in_state } = await ask(
        uptrendExplainAnswer,
        'explain',
        query,
      );
      const should = payloads[expected]!;
      expect(payload).toEqual(JSON.parse(JSON.stringify(should)));
      expect(explanation).toEqual(explainUptrend(should, uptrendConfig()));
      const start = payloads.slice(0, expected + 1).findLastIndex(({ ts }, i, all) => {
        return ts <= should.ts && all[i - 1]?.state !== should.state && all[i]!.state === should.state;
      });
      expect([since, bars_in_state]).toEqual([payloads[start]!.ts, expected - start + 1]);
      const found = await ask(uptrendLevelsAnswer, 'levels', query);
      expect([found.ts, found.levels]).toEqual([should.ts, levels[expected]]);
    }
    const early = await home.get(`/api/uptrend/explain?symbol=${SYMBOL}&at=${START + HOUR}`);
    expect([early.statusCode, early.json().code]).toEqual([422, 'too_few_rows']);
  });
});

describe('/api/uptrend/timeline', () => {
  it('tells the states of several timeframes, and which has no bars', async () => {
    home = await serveHome(0);
    await store(bars(2 * 24 * 60, 5, '1m'));
    const from = START + DAY;
    const query = { timeframes: '1m,15m,1h,1d', from };
    const { timelines } = await ask(uptrendTimelineAnswer, 'timeline', query);
    expect(timelines.map(({ timeframe, now }) => [timeframe, now !== null])).toEqual([
      ['1m', true],
      ['15m', false],
      ['1h', false],
      ['1d', false],
    ]);
    const [minutes] = timelines;
    const { payloads } = walk(bars(2 * 24 * 60, 5, '1m'));
    expect(minutes!.now!.state).toBe(payloads.at(-1)!.state);
    expect(minutes!.runs.to.at(-1)).toBe(minutes!.as_of);
    expect(minutes!.runs.to.every((end) => end > from)).toBe(true);
    const none = await home.get('/api/uptrend/timeline?symbol=file:spot:NONE');
    expect([none.statusCode, none.json().code]).toEqual([404, 'no_data']);
  });
});

describe('/api/uptrend/scan', () => {
  const named = (name: string, series: Series): Series => ({ ...series, instrument: `file:spot:${name}` });
  const scan = async (query = '') =>
    uptrendScanAnswer.parse((await home.get(`/api/uptrend/scan?timeframe=1h${query}`)).json());

  it('says of every stored series what the engine says at its newest closed bar', async () => {
    home = await serveHome(0);
    const lake = [
      named('AAAUSDT', bars(900, 1)),
      named('BBBUSDT', bars(400, 2)),
      named('CCCUSDT', bars(40, 3)),
      named('DDDUSDT', bars(900, 4)),
    ];
    for (const series of lake) await store(series);
    const agrees = async (stored: readonly Series[]): Promise<void> => {
      const { rows, counts, instruments } = await scan('&sort=symbol');
      expect(instruments).toBe(4);
      expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(4);
      expect(rows.map(({ instrument_id, state, ts, price }) => [instrument_id, state, ts, price])).toEqual(
        stored.map((series) => {
          const last = walk(series).payloads.at(-1);
          return [series.instrument, last?.state ?? null, last?.ts ?? null, last?.price ?? null];
        }),
      );
      expect(rows.map(({ skipped }) => skipped)).toEqual([null, null, 'too few bars', null]);
    };
    await agrees(lake);
    const longer = named('BBBUSDT', bars(950, 2));
    await store(slice(longer, 400));
    await agrees([lake[0]!, longer, lake[2]!, lake[3]!]);
    expect((await scan('&sort=symbol')).rows.map(({ stale }) => stale)).toEqual([true, false, true, true]);
  });

  it('filters by state, sorts and counts before both', async () => {
    home = await serveHome(0);
    for (let seed = 1; seed <= 6; seed += 1) await store(named(`S${seed}USDT`, bars(400, seed)));
    const all = await scan('&sort=state');
    const states = all.rows.map(({ state }) => state!);
    expect(states).toEqual(
      [...states].sort((a, b) => 'S3 S2 S1 S4 S0'.indexOf(a) - 'S3 S2 S1 S4 S0'.indexOf(b)),
    );
    const some = await scan(`&state=${states[0]},${states.at(-1)}`);
    expect(some.rows).toEqual(all.rows.filter(({ state }) => [states[0], states.at(-1)].includes(state!)));
    expect(some.counts).toEqual(all.counts);
    expect((await scan('&limit=2')).rows).toEqual(all.rows.slice(0, 2));
  });
});
