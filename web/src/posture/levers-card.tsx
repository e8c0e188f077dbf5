/** A and E as numbers, from neutral, and what they mean for an order at this moment. */

import { formatNumber, formatPercent, formatSigned } from '../../../src/app/report/number-format.js';
import type { DriversAnswer, PostureAnswer } from '../../../src/app/server/api-types.js';
import { changeAddress } from '../address/address.js';
import { Card } from '../ui/card.js';
import { ORDER_ROWS, temperOf, verdictOf } from './posture-words.js';

interface LeversCardProps {
  readonly posture: PostureAnswer;
  /** As it is without the what-ifs, when there are any. */
  readonly before: PostureAnswer | undefined;
  /** A and E of every bucket as it is, on the same execution timeframe. */
  readonly buckets: DriversAnswer['posture'] | undefined;
}

export function LeversCard({ posture, before, buckets }: LeversCardProps) {
  const { a, e, coverage } = posture;
  return (
    <Card
      title={before ? 'What if' : verdictOf(a, e)}
      scope={before ? verdictOf(a, e) : undefined}
      className={coverage === 0 ? 'levers unmeasured' : 'levers'}
    >
      <Lever
        name="A · add appetite"
        kind="add-appetite"
        value={a}
        before={before?.a}
        ends={['0 patient', 'eager 1']}
      />
      <Lever
        name="E · exit assertiveness"
        kind="exit-assertiveness"
        value={e}
        before={before?.e}
        ends={['0 hold', 'leave 1']}
      />
      <div className="orders">
        <p className="quiet">What that means for an order now</p>
        <table className="table">
          <tbody>
            {ORDER_ROWS.map(({ what, lever, of, shares }) => {
              const temper = temperOf(lever === 'a' ? a : e);
              return (
                <tr key={what}>
                  <th scope="row">{what}</th>
                  <td title={of}>{formatPercent(shares[temper], 0)}</td>
                  <td className="word">
                    <span className="tag">{temper}</span>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {!before && buckets && (
        <BucketRows buckets={buckets} chosen={posture.bucket_driver} timeframe={posture.timeframe} />
      )}
      {coverage === 0 && <p className="footnote">No channel is live: A and E are neutral, not measured.</p>}
    </Card>
  );
}

interface BucketRowsProps {
  readonly buckets: DriversAnswer['posture'];
  readonly chosen: string;
  readonly timeframe: string;
}

/** The four buckets side by side; a name chooses its bucket. */
function BucketRows({ buckets, chosen, timeframe }: BucketRowsProps) {
  return (
    <div className="orders buckets">
      <p className="quiet">Every bucket on {timeframe}</p>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">
              <span className="for-readers">Bucket</span>
            </th>
            <th scope="col" className="a-head" colSpan={2}>
              A
            </th>
            <th scope="col" className="e-head" colSpan={2}>
              E
            </th>
          </tr>
        </thead>
        <tbody>
          {buckets.map(({ bucket, a, e }) => (
            <tr key={bucket} className={bucket === chosen ? 'chosen' : ''}>
              <th scope="row">
                <button
                  type="button"
                  className="link"
                  aria-pressed={bucket === chosen}
                  onClick={() => changeAddress({ bucket })}
                >
                  {bucket}
                </button>
              </th>
              <td>{formatNumber(a, 3)}</td>
              <Small value={a} kind="add-appetite" />
              <td>{formatNumber(e, 3)}</td>
              <Small value={e} kind="exit-assertiveness" />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A gauge from neutral in the middle. */
function Small({ value, kind }: { value: number; kind: string }) {
  return (
    <td className="small-gauge" aria-hidden="true">
      <span className={`part ${kind}`}>
        <i style={{ left: `${Math.min(value, 0.5) * 100}%`, width: `${Math.abs(value - 0.5) * 100}%` }} />
      </span>
    </td>
  );
}

interface LeverProps {
  readonly name: string;
  readonly kind: 'add-appetite' | 'exit-assertiveness';
  readonly value: number;
  readonly before: number | undefined;
  readonly ends: readonly [string, string];
}

function Lever({ name, kind, value, before, ends }: LeverProps) {
  const low = Math.min(value, 0.5) * 100;
  const width = Math.abs(value - 0.5) * 100;
  return (
    <div className={`lever ${kind}`}>
      <p>
        <strong>{formatNumber(value, 3)}</strong> <b>{name}</b>
        {before !== undefined && before !== value && (
          <span className="quiet">
            {formatSigned(value - before, 3)} from {formatNumber(before, 3)}
          </span>
        )}
      </p>
      <div className="lever-scale" aria-hidden="true">
        <i style={{ left: `${low}%`, width: `${width}%` }} />
        <em style={{ left: '30%' }} />
        <em className="neutral" style={{ left: '50%' }} />
        <em style={{ left: '70%' }} />
      </div>
      <p className="lever-ends" aria-hidden="true">
        <span>{ends[0]}</span>
        <span>neutral 0.5</span>
        <span>{ends[1]}</span>
      </p>
    </div>
  );
}
