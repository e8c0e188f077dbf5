import { describe, expect, it } from 'vitest';
import type { LiveStreams } from '../live/live-streams.js';
import type { StreamsJson } from '../live/streams-schema.js';
import { streamsStep } from './streams-step.js';
import type { SupervisedStatus } from './supervisor.js';

const never = new AbortController().signal;
type Series = StreamsJson['series'][number];
type Connection = StreamsJson['connections'][number];

const series = (state: Series['state']): Series => ({
  instrument_id: 'binance:spot:BTCUSDT',
  state,
  price: null,
  last_bar_ts: null,
  age_ms: null,
  last_update_ts: null,
  settled_to: null,
  gaps_filled: 0,
  corrections: 0,
  refusal: null,
});
const connection = (last_data_ts: number | null): Connection => ({
  venue: 'binance',
  connection: 0,
  state: 'connecting',
  connected: false,
  topics: 1,
  last_data_ts,
  data_age_ms: null,
  reconnects: 0,
  frames: 0,
  bad_frames: 0,
  last_error: 'refused',
});

/** The step over what the streams say, look by look. */
function check(looks: Partial<StreamsJson>[], supervised: Partial<SupervisedStatus> = {}, signal = never) {
  const usual = { connections: [], series: [], left_out: [] };
  const told = [...looks];
  const status = () =>
    ({ ...usual, ...(told.length > 1 ? told.shift() : told[0]) }) as unknown as StreamsJson;
  const supervisor = {
    status: (): SupervisedStatus => ({
      name: 'streams',
      state: 'running',
      since: 0,
      crashes: 0,
      last_error: null,
      facts: {},
      ...supervised,
    }),
  };
  return streamsStep({ streams: { status } as LiveStreams }, () => supervisor).run(signal);
}

describe('the check of the streams', () => {
  it('passes when every connection has spoken and missed minutes are filled', async () => {
    const result = await check([
      { connections: [connection(null)], series: [series('filling')] },
      { connections: [connection(5)], series: [series('live')] },
    ]);
    expect(result).toMatchObject({ status: 'ok', details: { followed: 1, silent: [] } });
  });

  it('warns of minutes that no page gives', async () => {
    const result = await check([{ connections: [connection(5)], series: [series('gap')] }]);
    expect(result).toMatchObject({ status: 'warn', details: { gaps: ['binance:spot:BTCUSDT'] } });
  });

  it('names the venue that is silent and why, and waits no longer than the process lives', async () => {
    const result = await check(
      [{ connections: [connection(null)], series: [series('down')] }],
      {},
      AbortSignal.abort(),
    );
    expect(result.status).toBe('warn');
    expect(result.message).toContain('binance');
    expect(result.message).toContain('refused');
  });

  it('leaves them to the process that has the lease, and tells a crash', async () => {
    expect(await check([{}], { facts: { standby: true } })).toMatchObject({ status: 'ok' });
    const crashed = await check([{}], { facts: { standby: true }, last_error: 'no socket' });
    expect(crashed).toMatchObject({ status: 'warn', message: 'nothing is followed · no socket' });
  });

  it('is skipped where no stream is followed', async () => {
    const step = streamsStep({ streams: {} as LiveStreams }, () => undefined);
    expect(await step.run(never)).toMatchObject({ status: 'skipped' });
  });
});
