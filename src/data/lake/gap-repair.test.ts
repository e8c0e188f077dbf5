import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TidewatchError } from '../../errors.js';
import { FixedClock } from '../../market/clock.js';
import { type TimeSpan, withoutSpans } from './confirmed-gaps.js';
import { type GapRepairer, type RepairedSeries, repairGaps } from './gap-repair.js';
import { coverageOf } from './gaps.js';
import { Lake } from './lake.js';
import type { LakeWriter } from './lake-writer.js';

const BTC = 'binance:spot:BTCUSDT';
const ETH = 'kraken:spot:ETHUSD';
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const START = Date.UTC(2025, 8, 1);

let folder: string;
let clock: FixedClock;
let lake: Lake;
let writer: LakeWriter;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gap-repair-'));
  clock = new FixedClock(START + 30 * DAY);
  lake = await Lake.open(join(folder, 'lake'), { clock });
  writer = await lake.writer();
});
afterEach(async () => {
  await lake.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What the venue would answer for minutes `from`..`to` without those left out. */
function bars(minutes: readonly number[]) {
  const close = Float64Array.from(minutes, (minute) => 100 + minute / 10);
  const ts = Float64Array.from(minutes, (minute) => START + minute * MINUTE);
  return {
    length: minutes.length,
    columns: { ts, open: close, high: close, low: close, close, volume: close },
  };
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

async function store(instrument: string, minutes: readonly number[]): Promise<void> {
  const { length, columns } = bars(minutes);
  const named = {
    ...columns,
    instrument_id: minutes.map(() => instrument),
    timeframe: minutes.map(() => '1m'),
  };
  await writer.append('bars', { length, columns: named }, { source: 'ws' });
}

/** A venue that holds these minutes, and a list of what it was asked. */
function venue(holds: readonly number[]): { repairer: GapRepairer; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async *repairer(instrument, _timeframe, spans) {
      for (const span of spans) {
        const [from, to] = [span.from, span.to].map((time) => (time - START) / MINUTE);
        asked.push(`${instrument} ${from}-${to}`);
        // a page reaches beyond the hole
        yield { span, bars: bars(holds.filter((minute) => minute >= from! - 3 && minute < to! + 3)) };
      }
    },
  };
}

function run(repairer: GapRepairer, shortest?: number): Promise<readonly RepairedSeries[]> {
  return repairGaps(lake, {
    repairer,
    write: (work) => work(writer),
    ...(shortest === undefined ? {} : { shortest }),
  });
}

describe('repairGaps', () => {
  it('fills what the venue holds and remembers what it does not', async () => {
    await store(BTC, [...range(0, 20), ...range(40, 60), ...range(80, 90)]);
    const { repairer, asked } = venue([...range(0, 30), ...range(35, 90)]);
    expect(await run(repairer)).toEqual([
      {
        instrument: BTC,
        timeframe: '1m',
        reason: undefined,
        gaps: [
          {
            from: START + 20 * MINUTE,
            to: START + 40 * MINUTE,
            missing: 20,
            filled: 15,
            confirmedEmpty: 5,
            stillOpen: 0,
          },
          {
            from: START + 60 * MINUTE,
            to: START + 80 * MINUTE,
            missing: 20,
            filled: 20,
            confirmedEmpty: 0,
            stillOpen: 0,
          },
        ],
      },
    ]);
    expect(asked).toEqual([`${BTC} 20-40`, `${BTC} 60-80`]);
    const [covered] = await coverageOf(lake, { shortest: 1 });
    expect(covered).toMatchObject({ rows: 85, missing: 5, confirmed: 5 });
    expect(covered!.gaps).toEqual([
      { from: START + 30 * MINUTE, to: START + 35 * MINUTE, missing: 5, confirmed: 5 },
    ]);
    // settled: nobody asks again, by whatever threshold
    expect(await run(repairer, 1)).toMatchObject([
      { gaps: [{ missing: 5, filled: 0, confirmedEmpty: 5, stillOpen: 0 }] },
    ]);
    expect(asked).toHaveLength(2);
  });

  it('asks again for a hole that was confirmed within a day of its end', async () => {
    await store(BTC, [...range(0, 20), ...range(40, 60)]);
    clock.advance(-29 * DAY);
    const { repairer, asked } = venue(range(0, 25));
    await run(repairer);
    expect(asked).toEqual([`${BTC} 20-40`]);
    clock.advance(2 * DAY);
    expect(await run(repairer)).toMatchObject([{ gaps: [{ missing: 15, confirmedEmpty: 15 }] }]);
    expect(asked).toEqual([`${BTC} 20-40`, `${BTC} 25-40`]);
    await run(repairer);
    expect(asked).toHaveLength(2);
  });

  it('keeps what came before a failure, says why the rest is open, and goes on with other series', async () => {
    await store(BTC, [...range(0, 10), ...range(30, 40), ...range(60, 70)]);
    await store(ETH, [...range(0, 10), ...range(30, 40)]);
    const { repairer } = venue(range(0, 70));
    const failing: GapRepairer = async function* (instrument, timeframe, spans) {
      if (instrument === ETH) yield* repairer(instrument, timeframe, spans);
      else {
        yield* repairer(instrument, timeframe, spans.slice(0, 1));
        throw new TidewatchError('rate_limited', 'the venue asks for a pause');
      }
    };
    const [btc, eth] = await run(failing);
    expect(btc).toMatchObject({
      reason: { code: 'rate_limited', message: 'the venue asks for a pause' },
      gaps: [
        { filled: 20, stillOpen: 0 },
        { filled: 0, stillOpen: 20 },
      ],
    });
    expect(eth).toMatchObject({ reason: undefined, gaps: [{ filled: 20 }] });
    expect(await run(repairer)).toMatchObject([{ instrument: BTC, gaps: [{ missing: 20, filled: 20 }] }]);
    expect(await run(repairer)).toEqual([]);
  });

  it('leaves a span without an answer open', async () => {
    await store(BTC, [...range(0, 10), ...range(30, 40)]);
    const silent: GapRepairer = async function* () {};
    expect(await run(silent)).toMatchObject([{ reason: { code: 'no_data' }, gaps: [{ stillOpen: 20 }] }]);
  });

  it('stores nothing of an answer with an impossible bar', async () => {
    await store(BTC, [...range(0, 10), ...range(30, 40)]);
    const wrong: GapRepairer = async function* (_instrument, _timeframe, spans) {
      const answer = bars(range(10, 30));
      answer.columns.high[3] = -1;
      yield { span: spans[0]!, bars: answer };
    };
    const [series] = await run(wrong);
    expect(series).toMatchObject({ reason: { code: 'non_positive_price' }, gaps: [{ stillOpen: 20 }] });
    expect(await coverageOf(lake)).toMatchObject([{ rows: 20, missing: 20, confirmed: 0 }]);
  });
});

describe('withoutSpans', () => {
  it('leaves exactly the moments that no span takes', () => {
    const spans = fc
      .uniqueArray(fc.nat(40), { maxLength: 12 })
      .map((edges) => edges.sort((a, b) => a - b))
      .map((edges) => {
        const found: TimeSpan[] = [];
        for (let at = 0; at + 1 < edges.length; at += 2) found.push({ from: edges[at]!, to: edges[at + 1]! });
        return found;
      });
    fc.assert(
      fc.property(spans, fc.nat(40), fc.nat(40), (taken, a, b) => {
        const whole = { from: Math.min(a, b), to: Math.max(a, b) };
        const inside = (time: number, list: readonly TimeSpan[]): boolean =>
          list.some(({ from, to }) => from <= time && time < to);
        const left = withoutSpans(whole, taken);
        for (let time = 0; time <= 41; time += 1) {
          expect(inside(time, left)).toBe(inside(time, [whole]) && !inside(time, taken));
        }
      }),
    );
  });
});
