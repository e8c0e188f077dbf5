/** The 24 cells: state, how long, flags, age and source of each; a cell opens its facts and its what-if. */

import { formatCount, formatDuration } from '../../../src/app/report/number-format.js';
import type { ChannelOverride, DriverCell, DriversAnswer } from '../../../src/app/server/api-types.js';
import { TIMEFRAME_MS } from '../../../src/market/timeframe.js';
import { useZone } from '../shell/zone.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Facts } from '../ui/facts.js';
import { Menu } from '../ui/menu.js';
import { StateChip } from '../uptrend/state-chip.js';
import { STATES, type State } from '../uptrend/uptrend-content.js';
import { isInverted, TIMEFRAME_ROLES } from './posture-words.js';

const ROWS = ['BTC', 'ALT', 'nano', 'small', 'mid', 'big', 'BTC.d', 'USDT.d'] as const;
const COLUMNS = ['1d', '1h', '1m'] as const;
/** Design §5: what a state says of its series, in a word. */
const STATE_WORDS: Readonly<Record<State, string>> = {
  S0: 'down',
  S1: 'early',
  S2: 'unsure',
  S3: 'up',
  S4: 'none',
};
const STATUS_TONES = { ok: 'ok', late: 'warn', stale: 'bad', missing: 'plain' } as const;

interface DriversCardProps {
  readonly drivers: DriversAnswer;
  readonly bucket: string;
  readonly overrides: readonly ChannelOverride[];
  override(cell: Pick<DriverCell, 'driver' | 'timeframe'>, state: ChannelOverride['state']): void;
}

export function DriversCard({ drivers, bucket, overrides, override }: DriversCardProps) {
  const find = (driver: string, timeframe: string): DriverCell =>
    drivers.cells.find((cell) => cell.driver === driver && cell.timeframe === timeframe)!;
  return (
    <Card
      title="Drivers"
      scope="state, time in it; age, source"
      className="drivers"
      aside={<Badge tone={drivers.live_cells === 24 ? 'ok' : 'warn'}>{drivers.live_cells} of 24 count</Badge>}
      footnote={
        <>
          Open a cell for its facts, and to try another state.
          <span className="legend state-legend">
            {STATES.map((state) => (
              <span key={state}>
                <i className={`swatch ${state.toLowerCase()}`} aria-hidden="true" />
                {state} {STATE_WORDS[state]}
              </span>
            ))}
          </span>
        </>
      }
    >
      <table className="driver-grid">
        <thead>
          <tr>
            <th scope="col">
              <span className="for-readers">Driver</span>
            </th>
            {COLUMNS.map((timeframe) => (
              <th scope="col" key={timeframe}>
                {timeframe} · {TIMEFRAME_ROLES[timeframe]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ROWS.map((driver) => {
            const isOther = ['nano', 'small', 'mid', 'big'].includes(driver) && driver !== bucket;
            return (
              <tr
                key={driver}
                className={isOther ? 'other' : ''}
                title={isOther ? 'Not the bucket of this token' : undefined}
              >
                <th scope="row">
                  {driver}
                  <span className="quiet">{rowWords(driver, find(driver, '1h'))}</span>
                </th>
                {COLUMNS.map((timeframe) => (
                  <td key={timeframe}>
                    <Cell
                      cell={find(driver, timeframe)}
                      tried={overrides.find((each) => each.driver === driver && each.timeframe === timeframe)}
                      override={(state) => override({ driver, timeframe }, state)}
                    />
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}

function rowWords(driver: string, cell: DriverCell): string {
  if (isInverted(driver)) return 'inverted';
  if (driver === 'BTC') return 'all tokens';
  if (driver === 'ALT') return cell.component_count === null ? 'majors' : `${cell.component_count} majors`;
  return cell.component_count === null ? 'no tokens' : formatCount(cell.component_count, 'token');
}

/** A length in its largest unit alone: what fits a cell. */
function roughly(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))} s`;
  if (minutes < 120) return `${minutes} m`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}

function dataWords({ age_ms, source, status }: DriverCell): string {
  if (age_ms === null) return status;
  // the source stands among the cell's facts too: what is wrong needs its room
  return status === 'ok' ? `${roughly(age_ms)} · ${source ?? 'unknown'}` : `${status} · ${roughly(age_ms)}`;
}

interface CellProps {
  readonly cell: DriverCell;
  readonly tried: ChannelOverride | undefined;
  override(state: ChannelOverride['state']): void;
}

function Cell({ cell, tried, override }: CellProps) {
  const state = tried ? tried.state : cell.state;
  const isSilent = tried === undefined && !cell.counts;
  const name = `${cell.driver} ${cell.timeframe}`;
  const length = cell.bars_in_state === null ? null : cell.bars_in_state * TIMEFRAME_MS[cell.timeframe];
  const classes = [
    'driver-cell',
    state?.toLowerCase() ?? 'none',
    isSilent ? 'silent' : '',
    tried ? 'tried' : '',
  ];
  return (
    <Menu
      className={classes.filter(Boolean).join(' ')}
      align="end"
      label={spokenCell(cell, tried, length)}
      face={
        <>
          <span className="cell-state">
            <b>{state ?? (cell.bars === 0 ? 'no bars' : 'no state')}</b>
            {!tried && cell.flags.length > 0 && (
              <span className="cell-flags">{cell.flags.join(' ').toLowerCase()}</span>
            )}
            <span className="cell-time">
              {tried ? 'tried' : cell.state === null || length === null ? '' : roughly(length)}
            </span>
          </span>
          <span className="cell-data">{tried ? `now ${cell.state ?? 'nothing'}` : dataWords(cell)}</span>
        </>
      }
    >
      {(close) => (
        <div className="cell-facts">
          <p>
            <b>{name}</b> <Badge tone={STATUS_TONES[cell.status]}>{cell.status}</Badge>
          </p>
          <CellFacts cell={cell} />
          <p className="quiet">What if it were</p>
          <div className="cell-tries">
            {STATES.map((each) => (
              <button
                key={each}
                type="button"
                aria-pressed={tried?.state === each}
                onClick={() => {
                  close();
                  override(each);
                }}
              >
                <StateChip state={each as State} />
                <span className="for-readers"> in {name}</span>
              </button>
            ))}
            <button
              type="button"
              className="link"
              onClick={() => {
                close();
                override(tried ? undefined : null);
              }}
            >
              {tried ? 'as it is' : 'missing'}
            </button>
          </div>
        </div>
      )}
    </Menu>
  );
}

/** `BTC 1h: S3, reclaim, for 32 h, ok, 20 m old from binance`. */
function spokenCell(cell: DriverCell, tried: ChannelOverride | undefined, length: number | null): string {
  const name = `${cell.driver} ${cell.timeframe}`;
  if (tried) return `${name}: ${tried.state ?? 'missing'}, tried, now ${cell.state ?? 'nothing'}`;
  const parts = [cell.state ?? 'no state', ...cell.flags.map((flag) => flag.toLowerCase())];
  if (cell.state !== null && length !== null) parts.push(`for ${roughly(length)}`);
  parts.push(cell.status);
  if (cell.age_ms !== null) parts.push(`${roughly(cell.age_ms)} old from ${cell.source ?? 'unknown'}`);
  return `${name}: ${parts.join(', ')}`;
}

function CellFacts({ cell }: { cell: DriverCell }) {
  const zone = useZone();
  const facts: [string, string][] = [
    ['Counts in A and E', cell.counts ? 'yes' : 'no'],
    ['Evaluated bar', cell.bar_ts === null ? '—' : zone.time(cell.bar_ts)],
    ['Age of the newest bar', cell.age_ms === null ? '—' : formatDuration(Math.max(0, cell.age_ms))],
    ['Source', cell.source ?? '—'],
    ['Stored', formatCount(cell.bars, 'bar')],
  ];
  if (cell.prev_state !== null) facts.push(['State a bar before', cell.prev_state]);
  if (cell.flags.length > 0) facts.push(['Flags', cell.flags.join(', ').toLowerCase()]);
  if (cell.thin) facts.push(['Members', 'fewer than 8']);
  if (cell.mature === false) facts.push(['Slow averages', 'still lean on their seed']);
  return (
    <>
      {cell.reason !== null && <p className="cell-reason">{cell.reason}</p>}
      <Facts facts={facts} />
    </>
  );
}
