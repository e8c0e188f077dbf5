/** Failures that data providers tell in their own bodies. */
import { z } from 'zod';
import { looseJson } from './binance.js';
import { VenueError } from './venue-error.js';
import type { VenueAnswer } from './venue-http.js';

const status = z.object({ status: z.object({ error_code: z.number() }) });
const coingeckoBody = z.union([status, z.object({ error: status }).transform(({ error }) => error)]);
const coinglassBody = z.object({
  code: z.union([z.string(), z.number()]).transform(String),
  msg: z.string(),
});

/** 10006: the credits of the month are gone; 10005, 10012: the plan does not include it. Repeating is useless. */
export function coingeckoFailure(answer: VenueAnswer): VenueError | undefined {
  if (answer.status === 200) return undefined;
  const parsed = coingeckoBody.safeParse(looseJson(answer));
  if (!parsed.success) return undefined;
  const venueCode = parsed.data.status.error_code;
  if (venueCode === 10006) {
    return new VenueError('blocked', 'coingecko', 'the credits of this month are used up (10006)', {
      venueCode,
    });
  }
  if ([10002, 10005, 10010, 10011, 10012].includes(venueCode)) {
    return new VenueError('blocked', 'coingecko', `the plan or key does not include this (${venueCode})`, {
      venueCode,
    });
  }
  return undefined;
}

/** CoinGlass sends most failures with status 200. */
export function coinglassFailure(answer: VenueAnswer): VenueError | undefined {
  if (answer.body.length > 4_096) return undefined;
  const parsed = coinglassBody.safeParse(looseJson(answer));
  if (!parsed.success || parsed.data.code === '0') return undefined;
  const { code: venueCode, msg } = parsed.data;
  if (venueCode === '429' || /rate limit|too many/i.test(msg)) {
    return new VenueError('rate_limited', 'coinglass', `asked too often (${venueCode})`, { venueCode });
  }
  if (/does not exist|not found|supported exchange/i.test(msg)) {
    return new VenueError('unknown_symbol', 'coinglass', 'no such symbol', { venueCode });
  }
  if (['401', '403'].includes(venueCode)) {
    return new VenueError('blocked', 'coinglass', `the plan or key does not include this (${venueCode})`, {
      venueCode,
    });
  }
  const failure = venueCode.startsWith('5') ? 'unavailable' : 'refused';
  return new VenueError(failure, 'coinglass', `the request is refused (${venueCode})`, { venueCode });
}
