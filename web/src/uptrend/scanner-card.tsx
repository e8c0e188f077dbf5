/** Every stored series at its newest bar: state, how long it has held, scores, flags. */
import { type RefObject, useEffect, useRef, useState } from 'react';
import { formatDuration, formatNumber, formatPrice } from '../../../src/app/report/number-format.js';
import { parseInstrument } from '../../../src/market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../src/market/timeframe.js';
import { changeAddress, pageHref, useAddress } from '../address/address.js';
import { Link } from '../address/link.js';
import { getUptrendScan } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { csvOf, fileName, saveText } from '../export/save-file.js';
import { shortName } from '../shell/instrument-name.js';
import { venueOf } from '../shell/series-choice.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import {
  filterScan,
  nextOrder,
  parseOrder,
  parseStates,
  type ScanColumn,
  type ScanOrder,
  type ScanRow,
  sortScan,
} from './scan-rows.js';
import { StateChip } from './state-chip.js';
import { STATES, type State } from './uptrend-content.js';

interface ScannerProps {
  readonly timeframe: string;
  readonly profile: string;
  readonly instrument: string | undefined;
}

const HEADS: readonly (readonly [ScanColumn, string, string?])[] = [
  ['symbol', 'Series'],
  ['state', 'State'],
  ['held', 'Held for'],
  ['ts', 'TS', 'Trend strength with boost, where a buy was looked at'],
  ['ox', 'OX', 'Over-extension, S2 and S3'],
  ['dx', 'DX', 'Dip quality, S3'],
  ['edx', 'EDX', 'Decay, S3'],
  ['price', 'Close'],
];
const FLAG_WORDS: Readonly<Record<string, string>> = {
  buy_signal: 'first entry',
  buy_flag: 'buy',
  first_dip_buy_flag: 'first dip',
  trim_flag: 'trim',
  exit_position: 'exit',
  emergency_exit: 'emergency',
  reclaimed_ema333: 'EMA333 reclaimed',
};
const NEAR = '200px';
const WIDE: ReadonlySet<ScanColumn> = new Set(['ts', 'ox', 'dx', 'edx']);

export function ScannerCard({ timeframe, profile, instrument }: ScannerProps) {
  const { query } = useAddress();
  const [text, setText] = useState('');
  const [place, isNear] = useNear();
  const answer = useAnswer(isNear ? `uptrend scan ${timeframe} ${profile}` : null, (signal) =>
    getUptrendScan(timeframe, profile, signal),
  );
  const { data, error } = answer;
  const states = parseStates(query.get('states'));
  const order = parseOrder(query.get('sort'));
  const rows = sortScan(filterScan(data?.rows ?? [], states, text), order);
  const toggle = (state: State): void => {
    const next = states.includes(state) ? states.filter((each) => each !== state) : [...states, state];
    changeAddress({ states: next.join(',') }, true);
  };
  return (
    <div ref={place} className="scanner-place">
      <Card
        title="Universe"
        scope={
          data ? `${data.instruments} series with ${timeframe} bars, each at its newest` : `${timeframe} bars`
        }
        className="scanner"
        footnote={data && data.rows.length > 0 ? 'Choose a series to open it above.' : undefined}
        aside={
          data &&
          data.rows.length > 0 && (
            <>
              <StateFilter counts={data.counts} chosen={states} toggle={toggle} />
              <input
                type="search"
                className="scan-search"
                aria-label="Find a series in the table"
                placeholder="Find"
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
              <button
                type="button"
                className="button small"
                onClick={() =>
                  saveText(fileName(['uptrend', timeframe, profile], 'csv'), 'text/csv', csvOfScan(rows))
                }
              >
                CSV
              </button>
            </>
          )
        }
      >
        {error && (
          <Failure
            error={error}
            retry={answer.refresh}
            holds={data ? 'The table of before stays on screen.' : undefined}
          />
        )}
        {isNear && !data && !error && (
          <Skeleton lines={8} label={`Stepping every series with ${timeframe} bars`} />
        )}
        {data && data.rows.length === 0 && (
          <Empty title={`No series has ${timeframe} bars`}>
            Choose another timeframe above, or bring in bars with <code>tidewatch lake import</code>.
          </Empty>
        )}
        {data && data.rows.length > 0 && rows.length === 0 && (
          <Empty
            title="None of them fits"
            action={
              <button
                type="button"
                className="button"
                onClick={() => {
                  setText('');
                  changeAddress({ states: undefined }, true);
                }}
              >
                Show all
              </button>
            }
          >
            {states.length > 0 ? `No series is in ${states.join(' or ')} now` : 'No series has that name'}.
          </Empty>
        )}
        {rows.length > 0 && (
          <ScanTable rows={rows} order={order} timeframe={timeframe} instrument={instrument} />
        )}
      </Card>
    </div>
  );
}

/** True once the place was near the screen: stepping a universe takes the server seconds. */
function useNear(): [RefObject<HTMLDivElement | null>, boolean] {
  const place = useRef<HTMLDivElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    if (isNear) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) setNear(true);
      },
      { rootMargin: NEAR },
    );
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, [isNear]);
  return [place, isNear];
}

interface StateFilterProps {
  readonly counts: Readonly<Record<string, number>>;
  readonly chosen: readonly State[];
  readonly toggle: (state: State) => void;
}

function StateFilter({ counts, chosen, toggle }: StateFilterProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a box that cannot be laid out in a row
    <div className="state-filter" role="group" aria-label="Only these states">
      {STATES.map((state) => (
        <button
          key={state}
          type="button"
          className="button small"
          aria-pressed={chosen.includes(state)}
          onClick={() => toggle(state)}
        >
          <StateChip state={state} /> {counts[state] ?? 0}
        </button>
      ))}
    </div>
  );
}

interface ScanTableProps {
  readonly rows: readonly ScanRow[];
  readonly order: ScanOrder;
  readonly timeframe: string;
  readonly instrument: string | undefined;
}

function ScanTable({ rows, order, timeframe, instrument }: ScanTableProps) {
  const address = useAddress();
  const barLength = TIMEFRAME_MS[timeframe as Timeframe];
  const two = (value: number | null): string => formatNumber(value, 2);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="scroll scan-rows" aria-label="Universe table" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {HEADS.map(([column, words, title]) => (
              <th
                key={column}
                scope="col"
                className={[column === 'state' ? 'word' : '', WIDE.has(column) ? 'wide' : '']
                  .join(' ')
                  .trim()}
                aria-sort={
                  order.column === column ? (order.isRising ? 'ascending' : 'descending') : undefined
                }
              >
                <button
                  type="button"
                  className="link sort"
                  title={title}
                  onClick={() => changeAddress({ sort: nextOrder(order, column) }, true)}
                >
                  {words}
                  <span aria-hidden="true">
                    {order.column === column ? (order.isRising ? ' ↑' : ' ↓') : ''}
                  </span>
                </button>
              </th>
            ))}
            <th scope="col" className="word wide">
              Flags
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.instrument_id} aria-current={row.instrument_id === instrument}>
              <th scope="row">
                <Link
                  href={pageHref(
                    '/uptrend',
                    { s: row.instrument_id, model: undefined, sort: address.query.get('sort') ?? undefined },
                    address,
                  )}
                  onClick={() => scrollTo({ top: 0 })}
                >
                  {shortName(row.display)}
                </Link>{' '}
                <span className="quiet wide">{venueOf(parseInstrument(row.instrument_id))}</span>
              </th>
              <td className="word">
                {row.state ? <StateChip state={row.state} /> : <span className="quiet">{row.skipped}</span>}
              </td>
              <td>
                {row.since === null || row.ts === null ? '—' : formatDuration(row.ts + barLength - row.since)}
              </td>
              <td className="wide">{two(row.ts_with_boost)}</td>
              <td className="wide">{two(row.ox)}</td>
              <td className="wide">{two(row.dx)}</td>
              <td className="wide">{two(row.edx)}</td>
              <td>{formatPrice(row.price)}</td>
              <td className="word wide">
                <span className="quiet">
                  {row.flags.flatMap((flag) => FLAG_WORDS[flag] ?? []).join(', ')}
                </span>{' '}
                {row.warm === false && <Badge tone="warn">Not warm</Badge>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function csvOfScan(rows: readonly ScanRow[]): string {
  const head = [
    'instrument_id',
    'state',
    'timestamp',
    'since',
    'bars_in_state',
    'price',
    'ts_with_boost',
    'ox',
    'dx',
    'edx',
    'warm',
    'flags',
    'skipped',
  ];
  return csvOf(
    head,
    rows.map((row) => [
      row.instrument_id,
      row.state ?? '',
      row.ts ?? '',
      row.since ?? '',
      row.bars_in_state ?? '',
      row.price ?? '',
      row.ts_with_boost ?? '',
      row.ox ?? '',
      row.dx ?? '',
      row.edx ?? '',
      row.warm === null ? '' : String(row.warm),
      row.flags.join(' '),
      row.skipped ?? '',
    ]),
  );
}
