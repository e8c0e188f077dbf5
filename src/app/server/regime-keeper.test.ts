import { afterAll, beforeAll, expect, it } from 'vitest';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { slice } from '../../market/series.js';
import { LakeRevision } from './lake-revision.js';
import { RegimeKeeper } from './regime-keeper.js';
import { appendBars, HOUR, type ServedHome, SYMBOL, serveHome, trainModel } from './served-home.fixture.js';

const HOURS = 900;
const EARLIER = 700;
const all = syntheticSeries(SYMBOL, '1h', HOURS, 3);

let home: ServedHome;
let model: string;

beforeAll(async () => {
  home = await serveHome(EARLIER);
  model = await trainModel(home.services);
});
afterAll(() => home.close());

const keeper = () => new RegimeKeeper(home.services, new LakeRevision(home.services.data));
const fail = (error: unknown): never => {
  throw error;
};

async function storedRows(): Promise<{ ts: number; probabilities: string; available_at: number }[]> {
  const { rows } = await home.services.data.lake.sql(
    `SELECT ts::DOUBLE, probabilities::VARCHAR, available_at::DOUBLE FROM regime_probabilities
     WHERE model_id = '${model}' ORDER BY ts`,
  );
  return (rows as [number, string, number][]).map(([ts, probabilities, available_at]) => {
    return { ts, probabilities, available_at };
  });
}

it('leaves a model alone that nobody asked for', async () => {
  expect(await keeper().extend(fail)).toEqual(new Map());
  expect(await storedRows()).toEqual([]);
});

it('stores each bar once as it arrives, and what it would have said of them all at once', async () => {
  await home.services.regimes.extend(model);
  const before = await storedRows();
  const one = keeper();
  expect(await one.extend(fail)).toEqual(new Map());
  for (let hour = EARLIER; hour < EARLIER + 5; hour += 1) {
    await appendBars(home.services, slice(all, hour, hour + 1));
    // the bar is there before it has closed: nothing is said of it yet
    expect(await one.extend(fail)).toEqual(new Map());
    home.clock.advance(HOUR);
    expect(await one.extend(fail)).toEqual(new Map([[model, 1]]));
    expect(await one.extend(fail)).toEqual(new Map());
  }
  const rows = await storedRows();
  expect(rows).toHaveLength(before.length + 5);
  expect(rows.slice(0, before.length)).toEqual(before);
  for (const { ts, available_at } of rows) expect(available_at - ts).toBe(HOUR);

  await appendBars(home.services, slice(all, EARLIER + 5));
  home.clock.advance((HOURS - EARLIER - 5) * HOUR);
  expect(await keeper().extend(fail)).toEqual(new Map([[model, HOURS - EARLIER - 5]]));
  const { rows: whole } = await home.services.regimes.history({
    modelId: model,
    kind: 'filtered',
    useStored: false,
    persist: false,
  });
  const stored = await storedRows();
  expect(stored.map(({ ts }) => ts)).toEqual(Array.from(whole.time));
  stored.forEach(({ probabilities }, row) => {
    const said = JSON.parse(probabilities) as number[];
    for (const [state, value] of said.entries()) {
      expect(value).toBeCloseTo(whole.probability[row * whole.states + state]!, 9);
    }
  });
});
