/** Every call of /api/drivers on one server: a home without data, what-ifs that need none, questions that are refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  driversAnswer,
  driversHealthAnswer,
  historyAnswer,
  postureAnswer,
  whatIfAnswer,
} from '../drivers/driver-answers.js';
import { type ServedHome, serveHome } from './served-home.fixture.js';

let home: ServedHome;
beforeAll(async () => {
  home = await serveHome(0);
});
afterAll(() => home.close());

const json = async (url: string) => {
  const answer = await home.get(url);
  expect([url, answer.statusCode]).toEqual([url, 200]);
  return answer.json() as unknown;
};
const tried = async (body: object) => {
  const answer = await home.post('/api/drivers/ae', body);
  expect(answer.statusCode).toBe(200);
  return whatIfAnswer.parse(answer.json());
};

describe('a home without a bar', () => {
  it('has 24 cells that say why they are empty, and a neutral posture', async () => {
    const answer = driversAnswer.parse(await json('/api/drivers?timeframe=4h'));
    expect(answer.cells).toHaveLength(24);
    for (const cell of answer.cells) {
      expect(cell).toMatchObject({ status: 'missing', state: null, counts: false, source: null, flags: [] });
      expect(cell.reason).toContain(`no ${cell.timeframe} bar`);
    }
    const nano = answer.cells.find(({ driver, timeframe }) => driver === 'nano' && timeframe === '1m');
    expect(nano?.reason).toBe('no 1m bar: drivers.tokens names no token');
    expect(answer).toMatchObject({ evaluated_cells: 0, live_cells: 0, timeframe: '4h' });
    expect(answer.posture.map(({ bucket, a, e, coverage }) => [bucket, a, e, coverage])).toEqual(
      ['nano', 'small', 'mid', 'big'].map((bucket) => [bucket, 0.5, 0.5, 0]),
    );
  });

  it('has 15 channels that are missing and weigh nothing', async () => {
    const answer = postureAnswer.parse(await json('/api/drivers/ae?bucket=mid&timeframe=15m'));
    expect(answer).toMatchObject({ a: 0.5, e: 0.5, coverage: 0, channels_live: 0, degraded: true });
    expect(answer.channels.map(({ driver, timeframe }) => `${driver} ${timeframe}`)).toEqual(
      ['BTC', 'ALT', 'mid', 'BTC.d', 'USDT.d'].flatMap((driver) =>
        ['1d', '1h', '1m'].map((timeframe) => `${driver} ${timeframe}`),
      ),
    );
    expect(new Set(answer.channels.map(({ status }) => status))).toEqual(new Set(['missing']));
  });

  it('has no past, and health that names what a required driver lacks', async () => {
    const past = historyAnswer.parse(await json('/api/drivers/history?bucket=nano&step=1d&limit=5'));
    expect([past.ts, past.a, past.e, past.price]).toEqual([[], [], [], []]);
    const health = driversHealthAnswer.parse(await json('/api/drivers/health'));
    expect(health.status).toBe('critical');
    const critical = health.alerts.filter(({ level }) => level === 'critical').map(({ name }) => name);
    expect(critical).toEqual(
      expect.arrayContaining(['driver.BTC.1d', 'driver.BTC.1h', 'driver.BTC.1m', 'driver.ALT.1d']),
    );
    // an empty bucket is nothing to be alarmed about
    expect(health.alerts.find(({ name }) => name === 'driver.nano.1h')?.level).toBe('info');
  });
});

describe('what if', () => {
  it('gives the worked example of the specification, and changes nothing', async () => {
    const { before, after } = await tried({
      bucket: 'nano',
      timeframe: '1h',
      overrides: [
        { driver: 'BTC', timeframe: '1d', state: 'S3' },
        { driver: 'ALT', timeframe: '1h', state: 'S1', buy: true },
        { driver: 'nano', timeframe: '1h', state: 'S3', trim: true },
        { driver: 'USDT.d', timeframe: '1d', state: 'S1' },
      ],
    });
    expect([before.a, before.e]).toEqual([0.5, 0.5]);
    expect(after.a).toBeCloseTo(0.533, 9);
    expect(after.e).toBeCloseTo(0.6425, 9);
    const live = after.channels.filter(({ status }) => status === 'live');
    expect(live).toHaveLength(4);
    expect(0.5 + live.reduce((sum, { delta_a }) => sum + delta_a, 0)).toBeCloseTo(after.a, 12);
    expect(0.5 + live.reduce((sum, { delta_e }) => sum + delta_e, 0)).toBeCloseTo(after.e, 12);
    expect(postureAnswer.parse(await json('/api/drivers/ae?bucket=nano')).a).toBe(0.5);
  });

  it('takes in a fall into S0 once, another bucket not at all, and intent up to 0.4', async () => {
    const fall = { driver: 'BTC', timeframe: '1h', state: 'S0', prev_state: 'S3' };
    const { after } = await tried({ bucket: 'big', overrides: [fall] });
    expect(after.channels.find(({ status }) => status === 'live')).toMatchObject({
      raw_delta_a: -0.8,
      raw_delta_e: 0.8,
    });
    const other = await tried({
      bucket: 'big',
      overrides: [{ driver: 'nano', timeframe: '1h', state: 'S3' }],
    });
    expect([other.after.a, other.after.channels_live]).toEqual([0.5, 0]);
    const eager = await tried({ bucket: 'big', intent_delta_a: 1, intent_delta_e: -1 });
    expect([eager.after.a, eager.after.e]).toEqual([0.9, expect.closeTo(0.1, 12)]);
  });
});

it('takes the small drivers where no bucket is told, and says so', async () => {
  expect(postureAnswer.parse(await json('/api/drivers/ae'))).toMatchObject({
    bucket: null,
    bucket_driver: 'small',
    bucket_defaulted: true,
    timeframe: '1h',
  });
});

it('answers a book that nobody keeps with empty cells', async () => {
  const answer = driversAnswer.parse(await json('/api/drivers?book=stock_perps'));
  expect([answer.book, answer.cells.length, answer.evaluated_cells]).toEqual(['stock_perps', 24, 0]);
});

describe('what cannot be answered', () => {
  it.each([
    ['/api/drivers?timeframe=7m', 'timeframe'],
    ['/api/drivers?book=', 'book'],
    ['/api/drivers?color=red', 'color'],
    ['/api/drivers/ae?bucket=huge', 'nano, small, mid or big'],
    ['/api/drivers/ae?timeframe=2h', 'timeframe'],
    ['/api/drivers/ae?symbol=dex:solana:Nobody', 'caps.tag'],
    ['/api/drivers/history?bucket=huge', 'bucket'],
    ['/api/drivers/history?step=4h', 'step'],
    ['/api/drivers/history?from=yesterday', 'from'],
    ['/api/drivers/history?limit=0', 'limit'],
  ])('%s: 400 that names %s and what to do', async (url, named) => {
    const answer = await home.get(url);
    const { detail, code } = answer.json() as { detail: string; code: string };
    expect([answer.statusCode, code]).toEqual([
      400,
      expect.stringMatching(/^(bad_parameter|invalid_instrument)$/),
    ]);
    expect(detail).toContain(named);
    expect(detail.split(' · ').length).toBeGreaterThanOrEqual(2);
    expect(detail).toMatch(/ · (use|see|name) [^·]+$/);
  });

  it.each([
    ['an unknown driver', { overrides: [{ driver: 'DOGE', timeframe: '1h', state: 'S1' }] }],
    ['an unknown state', { overrides: [{ driver: 'BTC', timeframe: '1h', state: 'S9' }] }],
    ['a timeframe of no driver', { overrides: [{ driver: 'BTC', timeframe: '4h', state: 'S1' }] }],
    [
      'more than 24 overrides',
      { overrides: Array(25).fill({ driver: 'BTC', timeframe: '1h', state: 'S1' }) },
    ],
    ['intent beyond one', { intent_delta_a: 2 }],
    ['a field that is not there', { overrides: [], bukcet: 'big' }],
  ])('what if with %s: 400', async (_what, body) => {
    const answer = await home.post('/api/drivers/ae', body);
    expect([answer.statusCode, (answer.json() as { code: string }).code]).toEqual([400, 'bad_parameter']);
  });

  it('a driver is no address: 404', async () => {
    const answer = await home.get('/api/drivers/DOGE');
    expect([answer.statusCode, (answer.json() as { code: string }).code]).toEqual([404, 'unknown_route']);
  });
});
