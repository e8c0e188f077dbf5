import { describe, expect, it } from 'vitest';
import { type Topic, topic as topicSchema } from '../../../src/app/server/stream-messages.js';
import { belongs, type StreamMessage, topicKey } from './stream-topics.js';

const BTC = { instrument_id: 'binance:perp:BTC-USDT', timeframe: '1h' } as const;
const ETH = { ...BTC, instrument_id: 'binance:perp:ETH-USDT' };

const messages: readonly StreamMessage[] = [
  { type: 'bars', ...BTC, bars: [], reload: false },
  {
    type: 'uptrend_state_change',
    ...BTC,
    profile: 'standard',
    ts: 0,
    available_at: 3_600_000,
    from: 'S0',
    to: 'S1',
    payload: {} as never,
  },
  {
    type: 'regime',
    model_id: 'btc-1',
    timestamp: 0,
    available_at: 3_600_000,
    regime: 1,
    label: 'Bull',
    probs: [0.1, 0.9],
    price: 1,
    changed: true,
    previous: 0,
  },
  { type: 'job', job_id: 'j', kind: 'data', key: 'k', status: 'running', progress: 0.5, updated_at: 0 },
];

/** What is told of everything that the server may say. */
const told = (topic: Topic): string[] =>
  messages.filter((message) => belongs(message, topic)).map(({ type }) => type);

describe('messages of the stream', () => {
  it('go to who listens to their series, model or jobs', () => {
    expect(told({ topic: 'bars', ...BTC })).toEqual(['bars']);
    expect(told({ topic: 'uptrend', ...BTC, profile: 'standard' })).toEqual(['uptrend_state_change']);
    expect(told({ topic: 'regime', model_id: 'btc-1' })).toEqual(['regime']);
    expect(told({ topic: 'jobs' })).toEqual(['job']);
  });

  it('go to nobody who listens to another one', () => {
    for (const other of [ETH, { ...BTC, timeframe: '4h' } as const]) {
      expect(told({ topic: 'bars', ...other })).toEqual([]);
      expect(told({ topic: 'uptrend', ...other, profile: 'standard' })).toEqual([]);
    }
    expect(told({ topic: 'uptrend', ...BTC, profile: 'v6' })).toEqual([]);
    expect(told({ topic: 'regime', model_id: 'btc-2' })).toEqual([]);
  });

  it('reach a listener of every topic there is', () => {
    const topics: Record<Topic['topic'], Topic> = {
      bars: { topic: 'bars', ...BTC },
      regime: { topic: 'regime', model_id: 'btc-1' },
      uptrend: { topic: 'uptrend', ...BTC, profile: 'standard' },
      jobs: { topic: 'jobs' },
    };
    const known = topicSchema.options.map((option) => option.shape.topic.value);
    expect(known.map((name) => told(topics[name]).length)).toEqual(known.map(() => 1));
  });

  it('leave what is about the connection to the connection', () => {
    const topic: Topic = { topic: 'jobs' };
    expect(belongs({ type: 'heartbeat', now: 0 }, topic)).toBe(false);
    expect(belongs({ type: 'authorized' }, topic)).toBe(false);
  });
});

describe('topics', () => {
  it('are told apart by what they name, not by the order of its writing', () => {
    const turned = Object.fromEntries(Object.entries({ topic: 'bars', ...BTC }).reverse()) as Topic;
    expect(topicKey(turned)).toBe(topicKey({ topic: 'bars', ...BTC }));
    expect(topicKey({ topic: 'bars', ...ETH })).not.toBe(topicKey({ topic: 'bars', ...BTC }));
  });
});
