/** What live streams mean for who reads the data: one word for all, a sentence for each trouble. */
import { formatCount, formatDuration } from '../../../src/app/report/number-format.js';
import type { StreamsAnswer } from '../../../src/app/server/api-types.js';
import type { BadgeTone } from '../ui/badge.js';
import { seriesName } from './series-name.js';

type Connection = StreamsAnswer['connections'][number];

/** As the health of the server counts: data older than this are late, then stale. */
const LATE_MS = 30_000;
const STALE_MS = 120_000;
/** A clock further off is worth a word. */
const SKEWED_MS = 1_000;

export interface Light {
  readonly tone: BadgeTone;
  readonly words: string;
}

/** Data age decides, not whether the socket is open: a venue may be connected and silent. */
export function connectionLight({ state, data_age_ms }: Connection): Light {
  if (state === 'waiting') return { tone: 'bad', words: 'cut, trying again' };
  if (data_age_ms === null) return { tone: 'warn', words: 'no data yet' };
  if (data_age_ms > STALE_MS) return { tone: 'bad', words: 'silent' };
  if (state === 'connecting') return { tone: 'warn', words: 'connecting' };
  return data_age_ms > LATE_MS ? { tone: 'warn', words: 'late' } : { tone: 'ok', words: 'live' };
}

export function streamsLight({ connections, series, write_error }: StreamsAnswer): Light {
  const lights = connections.map(connectionLight);
  if (write_error !== null) return { tone: 'bad', words: 'not stored' };
  if (lights.some(({ tone }) => tone === 'bad')) return { tone: 'bad', words: 'interrupted' };
  const behind = series.filter(({ state }) => state !== 'live').length;
  if (behind > 0) return { tone: 'warn', words: `${formatCount(behind, 'market')} behind` };
  if (lights.some(({ tone }) => tone === 'warn')) return { tone: 'warn', words: 'late' };
  return { tone: 'ok', words: 'live' };
}

const MOST_NAMED = 3;

/** `BTC/USDT perp of okx, ETH/USDT perp of okx and 7 more` */
function namesOf(ids: readonly string[]): string {
  const names = ids
    .slice(0, MOST_NAMED)
    .map((id) => `${seriesName(id)} of ${id.split(':', 1)[0]}`)
    .join(', ');
  return ids.length > MOST_NAMED ? `${names} and ${ids.length - MOST_NAMED} more` : names;
}

/** One sentence per trouble, worst first; none when all is well. */
export function troubles(streams: StreamsAnswer): readonly string[] {
  const { series, left_out, clocks, write_error, waiting_rows } = streams;
  const found: string[] = [];
  if (write_error !== null) {
    found.push(
      `${formatCount(waiting_rows, 'bar')} cannot be written: ${write_error}. They are served from memory and written as soon as the disk takes them.`,
    );
  }
  const inState = (wanted: string): string[] =>
    series
      .filter(({ state, refusal }) => state === wanted && refusal === null)
      .map(({ instrument_id }) => instrument_id);
  const [down, gap, filling] = [inState('down'), inState('gap'), inState('filling')];
  const named = (ids: readonly string[]): string =>
    ids.length > 1 && ids.length === series.length ? `All ${ids.length} markets` : namesOf(ids);
  for (const { instrument_id, refusal } of series) {
    if (refusal === null) continue;
    const venue = instrument_id.split(':', 1)[0]!;
    found.push(
      `${venue} does not serve ${instrument_id}: ${refusal}. Its markets are listed by tidewatch fetch universe --venue ${venue}.`,
    );
  }
  if (down.length > 0) found.push(`${named(down)}: no stream. What is missed is fetched when it is back.`);
  if (gap.length > 0)
    found.push(
      `${named(gap)}: live, but what was missed before cannot be fetched yet; it is asked for again.`,
    );
  if (filling.length > 0) found.push(`${named(filling)}: what was missed is being fetched.`);
  for (const { venue, skew_ms } of clocks) {
    if (skew_ms === null || Math.abs(skew_ms) < SKEWED_MS) continue;
    const side = skew_ms > 0 ? 'behind' : 'ahead of';
    found.push(`The clock of this machine is ${formatDuration(Math.abs(skew_ms))} ${side} that of ${venue}.`);
  }
  for (const { instrument_id, reason } of left_out)
    found.push(`${seriesName(instrument_id)} is not followed: ${reason}.`);
  return found;
}
