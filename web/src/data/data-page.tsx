/** Data: is anything missing or late? Coverage over time per series, its gaps, its age. */
import { formatCount, formatNumber, formatPercent } from '../../../src/app/report/number-format.js';
import type { CoverageAnswer } from '../../../src/app/server/api-types.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../src/market/timeframe.js';
import { changeAddress, pageHref, useAddress } from '../address/address.js';
import { Link } from '../address/link.js';
import { getCoverage } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { instrumentName } from '../shell/instrument-name.js';
import { useZone } from '../shell/zone.js';
import { Card } from '../ui/card.js';
import { DataAge } from '../ui/data-age.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
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
        <LiveCard />
        <Card
          title="Coverage"
          scope="stored bars over time"
          footnote="Choose a series to see its gaps. The newest bar decides the age."
        >
          {answer.error && (
            <Failure
              error={answer.error}
              retry={answer.refresh}
              holds={answer.data ? 'The table of before stays on screen.' : undefined}
            />
          )}
          {!answer.data && !answer.error && <Skeleton lines={8} label="Loading coverage" />}
          {answer.data && rows.length === 0 && (
            <Empty title="No bars are stored">
              Fetch history of a market below, bring in the sample with <code>tidewatch start</code>, or your
              own file with <code>tidewatch lake import</code>.
            </Empty>
          )}
          {rows.length > 0 && (
            <CoverageTable rows={rows} from={from} to={to} chosen={chosen && keyOf(chosen)} />
          )}
        </Card>
        <DownloadsCard begin={() => changeAddress({ fetch: '1' })} />
        {chosen && (
          <GapsCard
            key={keyOf(chosen)}
            instrument={chosen.instrument_id}
            timeframe={chosen.timeframe}
            first={chosen.first_ts}
            last={chosen.last_ts}
          />
        )}
        <OtherDataCard />
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

interface CoverageTableProps {
  readonly rows: readonly Covered[];
  readonly from: number;
  readonly to: number;
  readonly chosen: string | undefined;
}

function CoverageTable({ rows, from, to, chosen }: CoverageTableProps) {
  const zone = useZone();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="scroll coverage-rows" aria-label="Series" tabIndex={0}>
      <table className="table coverage">
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col">Bars</th>
            <th scope="col" className="wide">
              First
            </th>
            <th scope="col" className="word time-head wide">
              <span>{zone.date(from)}</span>
              <span>{zone.date(to)}</span>
            </th>
            <th scope="col" className="wide">
              Last
            </th>
            <th scope="col" className="wide">
              Filled
            </th>
            <th scope="col" className="wide">
              Size
            </th>
            <th scope="col">Age</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const barLength = lengthOf(row);
            const expected = (row.last_ts - row.first_ts) / barLength + 1;
            const key = keyOf(row);
            return (
              <tr key={key} aria-current={key === chosen}>
                <th scope="row">
                  <button type="button" className="link plain" onClick={() => changeAddress({ series: key })}>
                    {seriesName(row.instrument_id)} <b>{row.timeframe}</b>
                    <span className="quiet"> {row.exchange}</span>
                  </button>
                </th>
                <td>{formatNumber(row.rows)}</td>
                <td className="wide">{zone.date(row.first_ts)}</td>
                <td className="wide bar-cell">
                  <CoverageBar first={row.first_ts} last={row.last_ts + barLength} from={from} to={to} />
                </td>
                <td className="wide">
                  <Link
                    href={pageHref('/lab', { s: row.instrument_id, tf: row.timeframe, model: undefined })}
                  >
                    {zone.date(row.last_ts)}
                  </Link>
                </td>
                <td className="wide" title={filledWords(row)}>
                  {NEVER_CLOSED.has(kindOf(row.instrument_id))
                    ? formatPercent(Math.min(1, row.rows / expected), 2)
                    : '—'}
                </td>
                <td className="wide">{sizeWords(row.bytes)}</td>
                <td>
                  <DataAge closed={row.last_ts + barLength} barLength={barLength} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
