/**
 * Scheduled jobs that keep growing what venues do not keep: open interest (most keep thirty days) and funding of the
 * watched perpetuals, from the last stored value on; and coarse bars from minutes, where no feed of this process does it.
 */
import { fetchFunding } from '../../data/ingest/funding.js';
import { fetchOpenInterest } from '../../data/ingest/open-interest.js';
import { ROLL_UP_TIMEFRAMES, type RollUpTimeframe, rollUpLake } from '../../data/lake/roll-up.js';
import { EXCHANGES, type Venues } from '../../data/venues/open-venues.js';
import type { Capabilities } from '../../data/venues/venue.js';
import type { Clock } from '../../market/clock.js';
import { type Instrument, parseInstrument } from '../../market/instrument.js';
import { bucketOpen } from '../../market/timeframe.js';
import type { Config } from '../../platform/config-schema.js';
import {
  eachItem,
  type ScheduledContext,
  type ScheduledJob,
  scheduled,
} from '../../platform/jobs/schedule.js';
import { withSeries } from '../fetch/series-lock.js';
import type { HomeLake } from '../home-lake.js';
import type { LiveStreams } from '../live/live-streams.js';

interface MarketDataParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly data: HomeLake;
  readonly venues: Venues;
  readonly streams: LiveStreams;
}

const HOUR = 3_600_000;
/** Open interest younger than this before the newest stored value is asked for again: a run may have been cut off. */
const OVERLAP_MS = 2 * HOUR;
const LOOK_BACK_MS = 2 * 24 * HOUR;

/** Which coarse bars each job makes. */
const ROLLED: Readonly<Record<string, readonly RollUpTimeframe[]>> = {
  'bars.5m': ['5m'],
  'bars.15m': ['15m'],
  'bars.1h': ['1h'],
  'bars.4h': ['4h', '1d'],
};

export function marketDataJobs(parts: MarketDataParts): readonly ScheduledJob[] {
  const { config, clock, data, venues } = parts;
  const watched = config.lake.watched.map((id) => parseInstrument(id));

  /** Watched instruments whose venue has something, one after another. */
  async function each(
    has: (offer: Capabilities) => boolean,
    what: string,
    { signal }: ScheduledContext,
    fetchOne: (instrument: Instrument) => Promise<number>,
  ) {
    const offered = watched.filter(
      (instrument) =>
        (EXCHANGES as readonly string[]).includes(instrument.venue) &&
        has(venues.of(instrument.venue).capabilitiesOf(instrument)),
    );
    let rows = 0;
    const report = await eachItem(
      offered,
      ({ id }) => id,
      async (instrument) => {
        rows += await withSeries(data.home, `${instrument.id} ${what}`, () => fetchOne(instrument));
      },
      signal,
    );
    return { rows, ...report };
  }

  /**
   * Of venues that keep no history, what is open now: a row of the five minutes that run, known at their end. It cannot
   * be had later, so the history begins with the first run.
   */
  async function samplePresent({ signal }: ScheduledContext) {
    const present = watched.filter(
      (instrument) =>
        (EXCHANGES as readonly string[]).includes(instrument.venue) &&
        venues.of(instrument.venue).capabilitiesOf(instrument).presentOpenInterest === true,
    );
    let rows = 0;
    const report = await eachItem(
      [...new Set(present.map(({ venue }) => venue))],
      (venue) => `${venue} open interest`,
      async (venue) => {
        const asked = present.filter((instrument) => instrument.venue === venue);
        const told = [...(await venues.of(venue).presentOpenInterest(asked, signal))];
        const ts = bucketOpen(clock.now(), '5m');
        await data.write((writer) =>
          writer.append(
            'open_interest',
            told.map(([instrument_id, { base, usd }]) => ({
              instrument_id,
              timeframe: '5m',
              ts,
              open_interest: base,
              open_interest_value: usd,
            })),
            { source: 'rest' },
          ),
        );
        rows += told.length;
      },
      signal,
    );
    return { rows, ...report };
  }

  return [
    scheduled('oi.sample', async (_window, context) => {
      const sampled = await samplePresent(context);
      const fetched = await each(
        ({ openInterest }) => openInterest !== null,
        'open interest',
        context,
        async (instrument) => {
          const newest = await newestOpenInterest(data, instrument.id, clock.now());
          const { rows } = await fetchOpenInterest(data, {
            venue: venues.of(instrument.venue),
            instrument,
            timeframe: '5m',
            from: newest === undefined ? undefined : newest - OVERLAP_MS,
            clock,
            signal: context.signal,
          });
          return rows;
        },
      );
      return {
        rows: fetched.rows + sampled.rows,
        items: fetched.items + sampled.items,
        failed: [...fetched.failed, ...sampled.failed],
      };
    }),

    scheduled('funding.sample', (_window, context) =>
      each(
        ({ funding }) => funding !== null,
        'funding',
        context,
        async (instrument) => {
          const venue = venues.of(instrument.venue);
          const { rows } = await fetchFunding(data, { venue, instrument, clock, signal: context.signal });
          return rows;
        },
      ),
    ),

    ...Object.entries(ROLLED).map(([id, timeframes]) =>
      scheduled(id, async (_window, { since, signal }) => {
        if (parts.streams.rollsUp) return { rows: 0, by: 'streams' };
        const report = await rollUpLake(data.lake, {
          write: data.write,
          now: clock.now(),
          instruments: config.lake.watched,
          timeframes,
          // minutes of the day may have been corrected since
          from: bucketOpen(since, '1d'),
          signal,
        });
        return { rows: ROLL_UP_TIMEFRAMES.reduce((sum, name) => sum + report[name].written, 0) };
      }),
    ),
  ];
}

/** Undefined where nothing was stored in the last days: then everything that the venue keeps is asked for. */
async function newestOpenInterest(
  { lake }: HomeLake,
  subject: string,
  now: number,
): Promise<number | undefined> {
  const from = now - LOOK_BACK_MS;
  const { ts } = await lake.columns('open_interest', { subject, timeframe: '5m', from, columns: [] });
  return ts.at(-1);
}
