/** What a download has done, how fast, and when it will be done, from its job. Pure. */
import { formatCount, formatDuration, formatNumber } from '../../../src/app/report/number-format.js';
import type { DataJobAnswer } from '../../../src/app/server/api-types.js';

const OPEN = new Set(['queued', 'running']);
/** Younger than this, a rate says more about the start than about the work. */
const RATE_AFTER_MS = 2_000;

export const isOpen = ({ status }: DataJobAnswer): boolean => OPEN.has(status);

interface Fetched {
  readonly rows: number;
  readonly absent: number;
  readonly warnings: readonly { readonly message: string }[];
}

interface DownloadResult {
  readonly rows: number;
  readonly missing: number;
  readonly fetched: Fetched | null;
}

/** Bars a second since the job began; undefined too early, or where nothing is counted. */
export function rateOf({ measure, started_at }: DataJobAnswer, now: number): number | undefined {
  if (measure === null || started_at === null || now - started_at < RATE_AFTER_MS) return undefined;
  return (measure.done / (now - started_at)) * 1000;
}

/** `12,000 of 40,000 bars · 5,200 a second · 5 s left`, or what the job waits for, or how it ended. */
export function downloadWords(job: DataJobAnswer, now: number): string {
  const { status, measure, error, result } = job;
  if (status === 'queued') return 'Waiting for its turn';
  if (status === 'cancelled') return 'Stopped. What was fetched is kept.';
  if (status === 'failed') return [error?.message, error?.hint].filter(Boolean).join(' · ') || 'Failed';
  if (status === 'completed') return resultWords(result as DownloadResult | null);
  if (measure === null) return 'Asking the exchange';
  if (measure.blocked !== null) return `Held up by ${measure.blocked}`;
  const { done, expected, unit } = measure;
  const rate = rateOf(job, now);
  const left = rate && expected !== null ? ((expected - done) / rate) * 1000 : undefined;
  return [
    expected === null
      ? `${formatNumber(done)} ${unit}`
      : `${formatNumber(done)} of ${formatNumber(expected)} ${unit}`,
    ...(rate === undefined ? [] : [`${formatNumber(rate)} a second`]),
    ...(left === undefined ? [] : [`${formatDuration(Math.max(0, left))} left`]),
  ].join(' · ');
}

function resultWords(result: DownloadResult | null): string {
  if (result === null) return 'Done';
  const { fetched, rows, missing } = result;
  return [
    fetched === null ? 'Checked' : `${formatCount(fetched.rows, 'bar')} fetched`,
    `${formatNumber(rows)} stored in the range`,
    missing === 0 ? 'none missing' : `${formatNumber(missing)} missing between them`,
    ...(fetched !== null && fetched.absent > 0
      ? [`${formatNumber(fetched.absent)} not traded, says the exchange`]
      : []),
    ...(fetched?.warnings ?? []).map(({ message }) => message),
  ].join(' · ');
}
