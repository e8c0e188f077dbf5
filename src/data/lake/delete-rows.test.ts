import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FixedClock } from '../../market/clock.js';
import { Lake } from './lake.js';

const HOUR = 3_600_000;
const START = Date.UTC(2025, 8, 1);

let root: string;
let lake: Lake;

beforeEach(async () => {
  root = join(mkdtempSync(join(tmpdir(), 'lake-')), 'lake');
  lake = await Lake.open(root, { clock: new FixedClock(START + 48 * HOUR) });
});

afterEach(async () => {
  await lake.close();
  rmSync(join(root, '..'), { recursive: true, force: true });
});

async function store(model: string, hours: readonly number[]): Promise<void> {
  const writer = await lake.writer();
  await writer.append(
    'regime_probabilities',
    hours.map((hour) => ({
      instrument_id: 'binance:spot:BTCUSDT',
      timeframe: '1h',
      ts: START + hour * HOUR,
      model_id: model,
      kind: 'filtered',
      regime: 1,
      probabilities: [0.25, 0.75],
      available_at: START + (hour + 1) * HOUR,
    })),
    { source: 'model' },
  );
}

async function stored(): Promise<unknown> {
  const { rows } = await lake.sql(
    'select model_id, count(*)::double as n from regime_probabilities group by 1 order by 1',
  );
  return rows;
}

const FILTER = { venue: 'binance', timeframe: '1h' };

it('takes the rows of one model out and leaves the others', async () => {
  await store('a', [0, 1, 2]);
  await store('b', [0, 1]);
  await store('a', [800]); // another month
  expect(await (await lake.writer()).deleteRows('regime_probabilities', FILTER, "model_id = 'a'")).toBe(4);
  expect(await stored()).toEqual([['b', 2]]);
  await store('a', [0]);
  expect(await stored()).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
});

it('keeps them out after the next merge and for another process', async () => {
  await store('a', [0, 1, 2]);
  await store('b', [0, 1]);
  await (await lake.writer()).deleteRows('regime_probabilities', FILTER, "model_id = 'b'");
  await lake.compact();
  const other = await Lake.open(root, { clock: new FixedClock(START + 72 * HOUR) });
  const { rows } = await other.sql('select distinct model_id from regime_probabilities');
  await other.close();
  expect(rows).toEqual([['a']]);
});

it('touches nothing when no row fits', async () => {
  await store('a', [0]);
  const before = await lake.activeFiles('regime_probabilities');
  expect(await (await lake.writer()).deleteRows('regime_probabilities', FILTER, "model_id = 'x'")).toBe(0);
  expect(await lake.activeFiles('regime_probabilities')).toEqual(before);
});

it('loses nothing that is appended meanwhile', async () => {
  await store('a', [0, 1, 2]);
  const writer = await lake.writer();
  const deleting = writer.deleteRows('regime_probabilities', FILTER, "model_id = 'a' AND ts > 0");
  await Promise.all([deleting, store('b', [0]), store('b', [1]), store('b', [2]), lake.compact()]);
  expect(await stored()).toEqual([['b', 3]]);
});
