/** Settings: how the dashboard looks, the token for changing calls, and what the server is. */
import { useState } from 'react';
import { formatDuration, formatNumber } from '../../../src/app/report/number-format.js';
import { changeAddress } from '../address/address.js';
import { getHealth } from '../api/calls.js';
import { storedToken, storeToken } from '../api/request.js';
import { useAnswer } from '../api/use-answer.js';
import { choosePalette, chooseTheme, useAppearance } from '../shell/appearance.js';
import { useStatus } from '../shell/series-choice.js';
import { useZone } from '../shell/zone.js';
import { Badge, Swatch } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Segments } from '../ui/segments.js';
import { Failure, Skeleton } from '../ui/states.js';
import { say } from '../ui/toast.js';

const REGIMES = [
  ['strong-bear', 'Strong Bear'],
  ['bear', 'Bear'],
  ['chop', 'Chop'],
  ['bull', 'Bull'],
  ['strong-bull', 'Strong Bull'],
] as const;

export function SettingsPage() {
  return (
    <>
      <div className="page-head">
        <h1>Settings</h1>
      </div>
      <div className="two-columns">
        <LookCard />
        <div className="stack-of-cards">
          <TokenCard />
          <ServerCard />
        </div>
      </div>
    </>
  );
}

function LookCard() {
  const { theme, palette } = useAppearance();
  const zone = useZone();
  return (
    <Card title="Look" scope="kept in this browser">
      <dl className="settings">
        <div>
          <dt>Theme</dt>
          <dd>
            <Segments
              label="Theme"
              choices={[
                { value: 'dark', words: 'Dark' },
                { value: 'light', words: 'Light' },
                { value: 'system', words: 'As the system' },
              ]}
              value={theme}
              choose={chooseTheme}
            />
          </dd>
        </div>
        <div>
          <dt>Regime colours</dt>
          <dd>
            <Segments
              label="Regime colours"
              choices={[
                { value: '', words: 'Default' },
                { value: 'cvd', words: 'Colour-blind safe' },
                { value: 'classic', words: 'Classic' },
              ]}
              value={palette}
              choose={choosePalette}
            />
            <p className="palette-strip">
              {REGIMES.map(([color, label]) => (
                <span key={color} className={`segment ${color}`}>
                  {label}
                </span>
              ))}
            </p>
            <p className="footnote">
              Bear is hatched, Strong Bear crossed, Chop lined, Bull plain, whatever the colours.
            </p>
          </dd>
        </div>
        <div>
          <dt>Times</dt>
          <dd>
            <Segments
              label="Times"
              choices={[
                { value: 'utc', words: 'UTC' },
                { value: 'local', words: 'Local' },
              ]}
              value={zone.local ? 'local' : 'utc'}
              choose={(next) => changeAddress({ zone: next === 'local' ? 'local' : undefined }, true)}
            />
            <p className="footnote">Stored and exported in UTC either way.</p>
          </dd>
        </div>
        <div>
          <dt>Legend</dt>
          <dd className="legend">
            {REGIMES.map(([color, label]) => (
              <span key={color}>
                <Swatch color={color} />
                {label}
              </span>
            ))}
          </dd>
        </div>
      </dl>
    </Card>
  );
}

function TokenCard() {
  const status = useStatus();
  const [token, setToken] = useState(storedToken);
  if (status.data && !status.data.token_required && token === '') return null;
  return (
    <Card
      title="Token"
      scope="for training and deleting"
      footnote="Kept until this tab closes, never in the address or on disk."
    >
      <form
        className="token"
        onSubmit={(event) => {
          event.preventDefault();
          storeToken(token);
          say(token === '' ? 'Token removed' : 'Token kept for this tab');
        }}
      >
        <label className="field">
          <span>TIDEWATCH_API_TOKEN</span>
          <input
            type="password"
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        </label>
        <button type="submit" className="button">
          Keep
        </button>
      </form>
    </Card>
  );
}

const LIGHTS = { green: 'ok', amber: 'warn', red: 'bad' } as const;
const GIGABYTE = 1e9;

function ServerCard() {
  const status = useStatus();
  const health = useAnswer('health', getHealth, 15_000);
  const failed = status.error ?? health.error;
  const { data } = status;
  return (
    <Card title="Server">
      {failed && (
        <Failure
          error={failed}
          retry={() => {
            status.refresh();
            health.refresh();
          }}
        />
      )}
      {!data && !failed && <Skeleton />}
      {data && (
        <dl className="facts">
          <div>
            <dt>Version</dt>
            <dd>{data.version}</dd>
          </div>
          <div>
            <dt>Up for</dt>
            <dd>{formatDuration(data.uptime_ms)}</dd>
          </div>
          <div>
            <dt>Instruments, models, runs</dt>
            <dd>
              {formatNumber(data.instruments)}, {formatNumber(data.models)}, {formatNumber(data.runs)}
            </dd>
          </div>
          {(health.data?.items ?? []).map((item) => (
            <div key={item.name}>
              <dt>{item.name.replaceAll('_', ' ')}</dt>
              <dd>
                <Badge tone={LIGHTS[item.light]}>
                  {item.unit === 'bytes'
                    ? `${formatNumber(item.value / GIGABYTE, 1)} GB`
                    : `${formatNumber(item.value, 1)} ${item.unit}`}
                </Badge>{' '}
                {item.reason}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}
