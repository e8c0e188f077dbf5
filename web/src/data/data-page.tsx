/** Data: is anything missing or late? Coverage over time per series, its gaps, its age. */
import { formatCount, formatNumber, formatPercent } from '../../../src/app/report/number-format.js';
import type { CoverageAnswer } from '../../../src/app/server/api-types.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../src/market/timeframe.js';
import { changeAddress, pageHref, useAddress } from '../address/address.js';
import { Link } from '../address/link.js';
import { getCoverage } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { instrumentName } from '../shell/instrument-name.js';
import { useZone, type Zone } from '../shell/zone.js';
import { Answered } from '../ui/answered.js';
import { Card } from '../ui/card.js';
import { CardBoundary } from '../ui/card-boundary.js';
import { DataAge } from '../ui/data-age.js';
import { Empty } from '../ui/states.js';
import { type Column, Table } from '../ui/table.js';
import { CoverageBar } from './coverage-bar.js';
import { sizeWords } from './dataset-rows.js';
import { DownloadsCard } from './downloads-card.js';
import { FetchDialog } from './fetch-dialog.js';
import { GapsCard } from './gaps-card.js';
import { LiveCard } from './live-card.js';
import { OtherDataCard } from './other-data-card.js';
import { kindOf, seriesName } from './series-name.js';

type Covered = CoverageAnswer[number];

/** Markets that never close: what they should hold follows from the clock alone. */
const NEVER_CLOSED = new Set(['spot', 'perp']);

const keyOf = ({ instrument_id, timeframe }: Covered): string => `${instrument_id} ${timeframe}`;

const lengthOf = ({ timeframe }: Covered): number => TIMEFRAME_MS[timeframe as Timeframe];

export function DataPage() {
  const { query } = useAddress();
  const zone = useZone();
  const answer = useAnswer('coverage', getCoverage, 60_000);
  const rows = [...(answer.data ?? [])].sort(
    (a, b) => a.instrument_id.localeCompare(b.instrument_id) || lengthOf(a) - lengthOf(b),
  );
  const chosen = rows.find((row) => keyOf(row) === query.get('series')) ?? rows[0];
  const from = Math.min(...rows.map(({ first_ts }) => first_ts));
  const to = Math.max(...rows.map(({ last_ts }) => last_ts));
  const markets = [...new Set(rows.map(({ instrument_id }) => instrumentName(instrument_id)))];
  const bytes = rows.reduce((sum, row) => sum + (row.bytes ?? 0), 0);
  const total = rows.reduce((sum, row) => sum + row.rows, 0);
  return (
    <>
      <div className="page-head">
        <h1>Data</h1>
        <p className="scope">
          {answer.data
            ? `${rows.length} series, ${formatCount(total, 'bar')}, ${formatNumber(bytes / 1e6, 1)}\u00a0MB`
            : ''}
        </p>
      </div>
      <div className="stack-of-cards">
        <CardBoundary title="Live">
          <LiveCard />
        </CardBoundary>
        <Card
          title="Coverage"
          scope="stored bars over time"
          footnote="Choose a series to see its gaps. The newest bar decides the age."
        >
          <Answered
            answer={answer}
            holds="The table of before stays on screen."
            lines={8}
            label="Loading coverage"
          >
            {() =>
              rows.length === 0 ? (
                <Empty title="No bars are stored">
                  Fetch history of a market below, bring in the sample with <code>tidewatch start</code>, or
                  your own file with <code>tidewatch lake import</code>.
                </Empty>
              ) : (
                <Table
                  className="coverage"
                  region="Series"
                  regionClass="coverage-rows"
                  columns={coverageColumns(zone, from, to)}
                  rows={rows}
                  keyOf={keyOf}
                  isCurrent={(row) => row === chosen}
                />
              )
            }
          </Answered>
        </Card>
        <CardBoundary title="Downloads">
          <DownloadsCard begin={() => changeAddress({ fetch: '1' })} />
        </CardBoundary>
        {chosen && (
          <CardBoundary title="Gaps" key={keyOf(chosen)}>
            <GapsCard
              instrument={chosen.instrument_id}
              timeframe={chosen.timeframe}
              first={chosen.first_ts}
              last={chosen.last_ts}
            />
          </CardBoundary>
        )}
        <CardBoundary title="Besides bars">
          <OtherDataCard />
        </CardBoundary>
      </div>
      {query.get('fetch') === '1' && (
        <FetchDialog known={markets} close={() => changeAddress({ fetch: undefined })} />
      )}
    </>
  );
}

function filledWords({ instrument_id }: Covered): string {
  return NEVER_CLOSED.has(kindOf(instrument_id))
    ? 'Stored bars of those a market that never closes has'
    : 'This market closes: choose the series, its calendar decides what is missing';
}

/** @param from @param to the common axis of time */
function coverageColumns(zone: Zone, from: number, to: number): readonly Column<Covered>[] {
  return [
    {
      head: 'Series',
      cell: (row) => (
        <button type="button" className="link plain" onClick={() => changeAddress({ series: keyOf(row) })}>
          {seriesName(row.instrument_id)} <b>{row.timeframe}</b>
          <span className="quiet"> {row.exchange}</span>
        </button>
      ),
    },
    { head: 'Bars', cell: ({ rows }) => formatNumber(rows) },
    { head: 'First', kind: 'wide', cell: ({ first_ts: first }) => zone.date(first) },
    {
      head: (
        <span className="time-ends">
          <span>{zone.date(from)}</span>
          <span>{zone.date(to)}</span>
        </span>
      ),
      kind: 'wide bar-cell',
      cell: (row) => (
        <CoverageBar first={row.first_ts} last={row.last_ts + lengthOf(row)} from={from} to={to} />
      ),
    },
    {
      head: 'Last',
      kind: 'wide',
      cell: (row) => (
        <Link href={pageHref('/lab', { s: row.instrument_id, tf: row.timeframe, model: undefined })}>
          {zone.date(row.last_ts)}
        </Link>
      ),
    },
    {
      head: 'Filled',
      kind: 'wide',
      title: filledWords,
      cell: (row) =>
        NEVER_CLOSED.has(kindOf(row.instrument_id))
          ? formatPercent(Math.min(1, row.rows / ((row.last_ts - row.first_ts) / lengthOf(row) + 1)), 2)
          : '—',
    },
    { head: 'Size', kind: 'wide', cell: ({ bytes }) => sizeWords(bytes) },
    {
      head: 'Age',
      cell: (row) => <DataAge closed={row.last_ts + lengthOf(row)} barLength={lengthOf(row)} />,
    },
  ];
}
