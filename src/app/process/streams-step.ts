/**
 * Whether the streams flow (operations spec §2, step 11): connected, a first message within 15 s, missed minutes filled.
 * Looked at when they have been started. Never fails: what is late is repaired by the feed itself, and told by
 * /api/streams and the lights of /api/health.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Services } from '../services.js';
import type { BootstrapStep, StepResult } from './bootstrap.js';
import type { Supervisor } from './supervisor.js';

const FIRST_MESSAGE_MS = 15_000;
const FILLED_MS = 28_000;
const LOOK_MS = 200;

type Parts = Pick<Services, 'streams'>;

/** @param supervisor of the streams; undefined where this process does not follow them */
export function streamsStep(
  services: Parts,
  supervisor: () => Pick<Supervisor, 'status'> | undefined,
): BootstrapStep {
  return {
    number: 11,
    name: 'streams',
    limitMs: 30_000,
    whenLate: 'warn',
    async run(signal) {
      const own = supervisor();
      if (own === undefined) return { status: 'skipped', message: 'no stream is followed by this process' };
      return waitForStreams(services, own, signal);
    },
  };
}

async function waitForStreams(
  { streams }: Parts,
  supervisor: Pick<Supervisor, 'status'>,
  signal: AbortSignal,
): Promise<StepResult> {
  const begun = performance.now();
  for (;;) {
    const { connections, series, left_out } = streams.status();
    const silent = connections.filter(({ last_data_ts }) => last_data_ts === null);
    const unfilled = series.filter(({ state }) => state !== 'live' && state !== 'gap');
    const details = {
      followed: series.length,
      left_out,
      silent: silent.map(({ venue, connection, last_error }) => ({ venue, connection, last_error })),
      unfilled: unfilled.map(({ instrument_id, state }) => ({ instrument_id, state })),
      gaps: series.filter(({ state }) => state === 'gap').map(({ instrument_id }) => instrument_id),
    };
    const waited = performance.now() - begun;
    const { facts, last_error: crash } = supervisor.status();
    if (facts.standby === true && crash === null) {
      return { status: 'ok', message: 'another process follows the streams', details };
    }
    if (series.length > 0 && silent.length + unfilled.length === 0) {
      const { gaps } = details;
      return gaps.length === 0
        ? { status: 'ok', message: `${series.length} series flow, missed minutes are filled`, details }
        : { status: 'warn', message: `${gaps.join(', ')} may lack minutes`, details };
    }
    if (series.length === 0) {
      const why = crash ?? left_out[0]?.reason ?? 'none is configured';
      return { status: 'warn', message: `nothing is followed · ${why}`, details };
    }
    const isOver = waited > FILLED_MS || (silent.length > 0 && waited > FIRST_MESSAGE_MS);
    if (isOver || signal.aborted) {
      const [first] = silent;
      const message =
        first === undefined
          ? `missed minutes of ${unfilled.map(({ instrument_id }) => instrument_id).join(', ')} are not filled yet`
          : `no message of ${first.venue} within 15 s${first.last_error ? ` · ${first.last_error}` : ''}`;
      return { status: 'warn', message, details };
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
