/** How old the newest bar is against its timeframe: fresh, late or stale (regime spec §16.4). */
import { useEffect, useState } from 'react';
import { formatDuration } from '../../../src/app/report/number-format.js';
import { useZone } from '../shell/zone.js';
import { Badge } from './badge.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FRESH_AT_LEAST = 5 * MINUTE;
const MOST_GRACE = HOUR;
const LATE_BARS = 3;
const REDRAW_MS = 15_000;

export type Age = 'fresh' | 'late' | 'stale';

/** @param closed close of the newest bar, UTC ms */
export function ageOf(closed: number, barLength: number, now: number): Age {
  const age = now - closed;
  const grace = Math.min(MOST_GRACE, barLength / 12);
  if (age <= Math.max(FRESH_AT_LEAST, barLength + grace)) return 'fresh';
  return age <= LATE_BARS * barLength ? 'late' : 'stale';
}

const TONES = { fresh: 'ok', late: 'warn', stale: 'bad' } as const;

/** The time now, every quarter of a minute. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), REDRAW_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function DataAge({ closed, barLength }: { closed: number; barLength: number }) {
  const now = useNow();
  const zone = useZone();
  const age = ageOf(closed, barLength, now);
  const title = `Last bar closed ${zone.time(closed)}. Next due ${zone.time(closed + barLength)}.`;
  return (
    <Badge tone={TONES[age]} title={title}>
      {age} · {formatDuration(Math.max(0, now - closed))}
    </Badge>
  );
}
