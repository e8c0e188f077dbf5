/** Times are stored and exported in UTC; they are shown in UTC or, when asked, in the browser's zone, always named. */
import { formatDate, formatTime, formatTimeOfYear } from '../../../src/app/report/number-format.js';
import { useAddress } from '../address/address.js';

export interface Zone {
  readonly local: boolean;
  /** `UTC`, `GMT+2` */
  readonly name: string;
  /** ms to add to a UTC time. */
  shift(time: number): number;
  /** `16 Oct 2025 12:00 UTC` */
  time(time: number | null | undefined): string;
  /** `16 Oct 12:00 UTC` */
  timeOfYear(time: number | null | undefined): string;
  /** `16 Oct 2025` */
  date(time: number | null | undefined): string;
}

/** A bar of the year is named by its day, shorter ones by day and time. */
export function barName(zone: Zone, time: number, barLength: number): string {
  return barLength >= DAY ? zone.date(time) : zone.timeOfYear(time);
}

const MINUTE = 60_000;
const DAY = 86_400_000;

function localName(): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts();
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'local';
}

function zone(local: boolean): Zone {
  const name = local ? localName() : 'UTC';
  const shift = (time: number): number => (local ? time - new Date(time).getTimezoneOffset() * MINUTE : time);
  const moved = (write: (time: number | null | undefined) => string) => (time: number | null | undefined) =>
    write(time == null ? time : shift(time)).replace(/UTC$/, name);
  return {
    local,
    name,
    shift,
    time: moved(formatTime),
    timeOfYear: moved(formatTimeOfYear),
    date: moved(formatDate),
  };
}

const UTC = zone(false);
let localZone: Zone | undefined;

export function zoneOf(local: boolean): Zone {
  if (!local) return UTC;
  localZone ??= zone(true);
  return localZone;
}

export function useZone(): Zone {
  return zoneOf(useAddress().query.get('zone') === 'local');
}
