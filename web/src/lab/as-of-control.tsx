/** Freezes the page in the past: nothing after the chosen moment is shown or used. */
import { changeAddress } from '../address/address.js';
import type { TimeSpan } from '../chart/viewport.js';
import { useZone } from '../shell/zone.js';
import { Menu } from '../ui/menu.js';

const DAY = 86_400_000;

/** `2025-10-16T12:00Z` */
function iso(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16)}Z`;
}

export function AsOfControl({ at, data }: { at: number | null; data: TimeSpan | undefined }) {
  const zone = useZone();
  const go = (time: number | null): void => {
    changeAddress({ at: time === null ? undefined : iso(time), from: undefined, to: undefined });
  };
  const now = at ?? data?.to ?? 0;
  return (
    <Menu
      align="end"
      className={at === null ? '' : 'frozen'}
      face={at === null ? 'As of now' : `As of ${zone.timeOfYear(at)}`}
      label={at === null ? 'As of: now' : `As of: ${zone.time(at)}`}
    >
      {(close) => (
        <div className="as-of">
          <p className="footnote">Look at the page as it was: bars after this moment are not used.</p>
          <label className="field">
            <span>Day and time, UTC</span>
            <input
              type="datetime-local"
              defaultValue={iso(now).slice(0, -1)}
              min={data && iso(data.from).slice(0, -1)}
              onChange={(event) => {
                const time = Date.parse(`${event.target.value}Z`);
                if (Number.isFinite(time)) go(time);
              }}
            />
          </label>
          <p className="actions">
            <button
              type="button"
              className="button"
              onClick={() => go(now - DAY)}
              aria-label="One day earlier"
            >
              ← 1 day
            </button>
            <button type="button" className="button" onClick={() => go(now + DAY)} aria-label="One day later">
              1 day →
            </button>
            <button
              type="button"
              className="button"
              onClick={() => {
                close();
                go(null);
              }}
            >
              Now
            </button>
          </p>
        </div>
      )}
    </Menu>
  );
}
