/**
 * Errors that no part caught: a promise that nobody waits for, an event that nobody listens to. One such thing must not
 * end the process (operations spec §1): it is logged and raised as an alert, which is graver when five come within ten
 * minutes, as a part that crashes so often is given up, and over when none has come for ten.
 */
import type { Clock } from '../../market/clock.js';
import type { AlertBook } from '../../platform/alerts/alert-book.js';

const ALERT = 'stray_error';
const MANY = 5;
const WITHIN_MS = 600_000;

export interface StrayErrorsParts {
  readonly clock: Clock;
  readonly alerts: Pick<AlertBook, 'raise' | 'clear'>;
  readonly onError: (error: unknown) => void;
  /** What tells of them; the process. */
  readonly source?: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

/** @returns a function that ends the catching */
export function catchStrayErrors(parts: StrayErrorsParts): () => void {
  const { clock, alerts, onError, source = process } = parts;
  let times: number[] = [];
  let calm: NodeJS.Timeout | undefined;
  const caught = (error: unknown): void => {
    const now = clock.now();
    times = [...times.filter((time) => time > now - WITHIN_MS), now];
    onError(error);
    const said = error instanceof Error ? error.message : String(error);
    void alerts.raise({
      name: ALERT,
      severity: times.length >= MANY ? 'critical' : 'warning',
      message: `something failed that no part looks after · ${said.slice(0, 300)}`,
      details: { within_ten_minutes: times.length },
    });
    clearTimeout(calm);
    calm = setTimeout(() => void alerts.clear(ALERT), WITHIN_MS);
    calm.unref();
  };
  source.on('unhandledRejection', caught);
  source.on('uncaughtException', caught);
  return () => {
    clearTimeout(calm);
    source.off('unhandledRejection', caught);
    source.off('uncaughtException', caught);
  };
}
