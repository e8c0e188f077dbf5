import { describe, expect, it } from 'vitest';
import type { StreamsAnswer } from '../../../src/app/server/api-types.js';
import { datasetRows } from './dataset-rows.js';
import { connectionLight, streamsLight, troubles } from './live-words.js';

type Connection = StreamsAnswer['connections'][number];
type Followed = StreamsAnswer['series'][number];

const connection = (more: Partial<Connection> = {}): Connection => ({
  venue: 'okx',
  connection: 0,
  state: 'open',
  connected: true,
  topics: 3,
  last_data_ts: 1,
  data_age_ms: 400,
  reconnects: 0,
  frames: 9,
  bad_frames: 0,
  last_error: null,
  ...more,
});
const followed = (more: Partial<Followed> = {}): Followed => ({
  instrument_id: 'binance:spot:BTCUSDT',
  state: 'live',
  price: 1,
  last_bar_ts: 0,
  age_ms: 1,
  last_update_ts: 1,
  settled_to: 0,
  gaps_filled: 0,
  corrections: 0,
  refusal: null,
  ...more,
});
const streams = (more: Partial<StreamsAnswer> = {}): StreamsAnswer => ({
  running: true,
  since: 0,
  as_of: 1,
  connections: [connection()],
  clocks: [],
  series: [followed()],
  left_out: [],
  waiting_rows: 0,
  waiting_ms: 0,
  write_error: null,
  dropped: 0,
  rolled_up_at: null,
  ...more,
});

describe('words of live streams', () => {
  it('go by the age of the data, not by the socket', () => {
    expect(connectionLight(connection()).words).toBe('live');
    expect(connectionLight(connection({ data_age_ms: 60_000 })).tone).toBe('warn');
    expect(connectionLight(connection({ data_age_ms: 130_000 }))).toEqual({ tone: 'bad', words: 'silent' });
    expect(connectionLight(connection({ state: 'waiting', data_age_ms: 400 })).tone).toBe('bad');
    expect(connectionLight(connection({ data_age_ms: null })).tone).toBe('warn');
  });

  it('put the worst first, and say nothing when all is well', () => {
    expect(streamsLight(streams())).toEqual({ tone: 'ok', words: 'live' });
    expect(troubles(streams())).toEqual([]);
    const bad = streams({
      write_error: 'no space left',
      waiting_rows: 7,
      series: [followed({ state: 'down' }), followed({ state: 'gap' })],
      clocks: [{ venue: 'okx', skew_ms: -2_400, measured_at: 1 }],
      left_out: [{ instrument_id: 'file:equity:SPY', reason: 'no stream of file can be read' }],
    });
    expect(streamsLight(bad)).toEqual({ tone: 'bad', words: 'not stored' });
    const words = troubles(bad);
    expect(words).toHaveLength(5);
    expect(words[0]).toMatch(/^7 bars cannot be written: no space left/);
    expect(words[3]).toMatch(/ahead of that of okx/);
    expect(streamsLight(streams({ series: [followed({ state: 'filling' })] })).words).toBe('1 market behind');
    const refused = followed({ instrument_id: 'okx:-:XBTUSDT', state: 'down', refusal: 'no such market' });
    expect(troubles(streams({ series: [refused] }))).toEqual([
      'okx does not serve okx:-:XBTUSDT: no such market. Its markets are listed by tidewatch fetch universe --venue okx.',
    ]);
  });
});

describe('rows of datasets', () => {
  it('gather the series of one source', () => {
    const row = {
      dataset: 'funding',
      subject: 'a',
      venue: 'okx',
      timeframe: null,
      rows: 2,
      first_ts: 5,
      last_ts: 9,
      files: 1,
      bytes: 10,
      last_ingested_at: 9,
      age_ms: 1,
    };
    const rows = datasetRows([row, { ...row, subject: 'b', first_ts: 3 }, { ...row, venue: 'bybit' }]);
    expect(rows.map(({ venue, subjects }) => [venue, subjects])).toEqual([
      ['bybit', 1],
      ['okx', 2],
    ]);
    expect(rows[1]).toMatchObject({ rows: 4, firstTs: 3, lastTs: 9, bytes: 20 });
  });
});
