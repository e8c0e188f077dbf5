import { describe, expect, it } from 'vitest';
import { resample } from '../../market/resample.js';
import { makeSeries, type Series } from '../../market/series.js';
import { trialMarket } from '../causality/trial-market.fixture.js';
import { breadthChannel } from './breadth.js';
import { featureDefinitionsSchema } from './column-definition.js';
import { featureSetOf } from './feature-set.js';
import { FeatureRegistry, featureSet } from './feature-sets.js';

const HOUR = 3_600_000;
const market = trialMarket(3, 400);

describe('names', () => {
  it('join and stack sets, columns in the order of the name', () => {
    expect(featureSet('hmm@1h+4h').columns.slice(4, 7)).toEqual(['rsi', 'log_ret@4h', 'volatility@4h']);
    expect(featureSet('funding, hmm').columns.slice(0, 3)).toEqual([
      'funding_rate',
      'funding_rate_change',
      'log_ret',
    ]);
    expect(featureSet('hmm,funding,breadth').needs).toEqual(['funding_rate', 'breadth']);
    expect(featureSet('hmm', { flavour: 'ewm_adjusted' }).name).toBe('hmm:ewm_adjusted');
  });

  it.each([
    ['nope', /no feature set nope/],
    ['hmm:slow', /no feature set/],
    ['ta:wilder', /no feature set/],
    ['hmm@1h@4h', /no feature set/],
    ['hmm@1h+7h', /unknown timeframe/],
    ['hmm@4h+1h', /no higher timeframe/],
    ['hmm@1h+13m', /no higher timeframe/],
    ['hmm,hmm', /two columns log_ret/],
    ['funding@1h+4h', /have no timeframe/],
  ])('refuse %s', (name, message) => {
    expect(() => featureSet(name)).toThrow(message);
  });

  it('hold a stack to the timeframe it begins with', () => {
    const quarter = makeSeries('binance:spot:BTCUSDT', '15m', { ...market.bars });
    expect(() => featureSet('hmm@1h+4h').build(quarter)).toThrow(/for 1h bars, these are 15m/);
    expect(() => featureSet('hmm@1h+4h', { timeframe: '15m' })).toThrow(/begins with 1h/);
  });
});

describe('a higher timeframe', () => {
  it('shows at every bar the newest higher bar that has closed, and declares so', () => {
    const set = featureSet('hmm@1h+4h');
    const [rsi] = set.compute(market).slice(9);
    const higher = resample(market.bars, '4h').series;
    const alone = featureSet('hmm').compute({ bars: higher })[4]!;
    for (let bar = 0; bar < market.bars.length; bar++) {
      const close = market.bars.time[bar]! + HOUR;
      const row = higher.time.findLastIndex((open) => open + 4 * HOUR <= close);
      expect(rsi![bar]).toBe(row < 0 ? Number.NaN : alone[row]!);
    }
    expect(set.features[9]).toMatchObject({ name: 'rsi@4h', availability: 'higher_close', timeframe: '4h' });
    expect(set.warmUp).toBeGreaterThan(4 * featureSet('hmm').warmUp);
  });

  it('has no value while a whole higher bar is missing', () => {
    const keep = (_: number, bar: number): boolean => bar < 200 || bar >= 206;
    const { time, open, high, low, close, volume } = market.bars;
    const bars = makeSeries('binance:spot:BTCUSDT', '1h', {
      time: time.filter(keep),
      open: open.filter(keep),
      high: high.filter(keep),
      low: low.filter(keep),
      close: close.filter(keep),
      volume: volume.filter(keep),
    });
    const rsi = featureSet('hmm@1h+4h').compute({ bars })[9]!;
    // bars 200 to 205 are missing, and with them all of 200–203: the next value comes with the close of 204–207
    expect([...rsi.slice(199, 203)].map(Number.isFinite)).toEqual([true, false, true, true]);
  });
});

describe('channels', () => {
  it('are asked for by name when the inputs lack one', () => {
    expect(() => featureSet('funding').build(market.bars)).toThrow(
      /no funding_rate for binance:spot:BTCUSDT/,
    );
  });

  it('count the bars without a value instead of filling them', () => {
    const { funding_rate } = market.channels;
    const short = {
      ...funding_rate!,
      time: funding_rate!.time.slice(0, 10),
      value: funding_rate!.value.slice(0, 10),
    };
    const table = featureSet('funding').build(market.bars, {
      channels: { funding_rate: { ...short, availableAt: funding_rate!.availableAt.slice(0, 10) } },
    });
    expect(table.missing[0]).toBeGreaterThan(300);
    expect(table.dropped).toBe(table.missing[1]);
  });
});

describe('breadth', () => {
  const member = (first: number, closes: readonly number[]): Series => {
    const close = Float64Array.from(closes);
    const time = close.map((_, bar) => (first + bar) * HOUR);
    return makeSeries('binance:spot:XUSDT', '1h', {
      time,
      open: close,
      high: close,
      low: close,
      close,
      volume: close,
    });
  };

  it('counts the members of each bar, listed late or gone early alike', () => {
    const panel = [member(0, [1, 2, 3, 4]), member(0, [4, 3]), member(2, [1, 2, 1])];
    const { time, value, availableAt } = breadthChannel(panel, { length: 2, least: 1 });
    expect([...time]).toEqual([1, 2, 3, 4].map((hour) => hour * HOUR));
    expect([...availableAt]).toEqual([2, 3, 4, 5].map((hour) => hour * HOUR));
    expect([...value]).toEqual([0.5, 1, 1, 0]);
  });

  it('has no value with fewer members than asked', () => {
    expect(breadthChannel([member(0, [1, 2, 3])], { length: 2 }).time).toHaveLength(0);
  });
});

describe('the registry', () => {
  const definitions = featureDefinitionsSchema.parse({ mine: [{ name: 'r', indicator: 'return' }] });
  const written = featureSetOf({
    name: 'range',
    features: [{ name: 'range', warmUp: 1, availability: 'bar_close' }],
    needs: [],
    compute: ({ bars }) => [bars.high.map((high, bar) => high - bars.low[bar]!)],
  });

  it('mixes sets from the file and from code with those built in', () => {
    const registry = new FeatureRegistry(definitions).add(written);
    expect(registry.get('mine,range,hmm').columns.slice(0, 3)).toEqual(['r', 'range', 'log_ret']);
    expect(registry.definitionsIn('hmm,mine@1h+4h')).toEqual(definitions);
    expect(registry.withDefinitions({}).names).not.toContain('mine');
    expect([registry.isWritten('hmm,range'), registry.isWritten('mine')]).toEqual([true, false]);
  });

  it('refuses names that are taken, functions of the wrong shape, and streams of batch-only sets', () => {
    expect(() => new FeatureRegistry(featureDefinitionsSchema.parse({ ta: definitions.mine }))).toThrow(
      /already/,
    );
    expect(() => new FeatureRegistry().add(written).add(written)).toThrow(/already/);
    expect(() => written.stream(market.bars)).toThrow(/no streaming form/);
    const short = featureSetOf({ ...written, compute: () => [new Float64Array(1)] });
    expect(() => short.build(market.bars)).toThrow(/one value per bar/);
  });
});
