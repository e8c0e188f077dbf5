/** Why A and E are what they are: every live channel with its part, largest first, and what is not there. */

import { formatNumber, formatSigned } from '../../../src/app/report/number-format.js';
import type { PostureAnswer } from '../../../src/app/server/api-types.js';
import { Card } from '../ui/card.js';
import { Empty } from '../ui/states.js';
import { StateChip } from '../uptrend/state-chip.js';
import type { State } from '../uptrend/uptrend-content.js';

type Channel = PostureAnswer['channels'][number];

const STATUS_WORDS: Readonly<Record<Channel['status'], string>> = {
  live: 'live',
  stale: 'stale',
  immature: 'too young',
  invalid: 'unreadable',
  missing: 'no state',
};

const size = ({ delta_a, delta_e }: Channel): number => Math.abs(delta_a) + Math.abs(delta_e);

export function ChannelsCard({ posture }: { posture: PostureAnswer }) {
  const live = posture.channels.filter(({ status }) => status === 'live').sort((x, y) => size(y) - size(x));
  const silent = posture.channels.filter(({ status }) => status !== 'live');
  // bars are drawn to one scale: the largest part of either number fills half a column
  const scale = Math.max(
    0.02,
    ...live.flatMap(({ delta_a, delta_e }) => [Math.abs(delta_a), Math.abs(delta_e)]),
  );
  const { intent_delta_a, intent_delta_e, bucket_multiplier } = posture;
  const hasIntent = intent_delta_a !== 0 || intent_delta_e !== 0;
  return (
    <Card
      title="Why"
      scope="every live channel, largest first; start 0.500"
      className="channels"
      footnote={footnoteOf(live.length, silent)}
    >
      {live.length === 0 && (
        <Empty title="No channel is live">
          {silent.some(({ status }) => status !== 'missing') ? (
            <>
              What the drivers say is too old or too young to count, so A and E stay at 0.5.{' '}
              <code>tidewatch up</code> keeps them fresh; the reason of each stands under Health.
            </>
          ) : (
            <>
              A and E stay at 0.5 until a driver has bars. Start with <code>tidewatch drivers backfill</code>.
            </>
          )}
        </Empty>
      )}
      {live.length > 0 && (
        <div className="scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col" className="word">
                  Channel
                </th>
                <th scope="col" className="word">
                  State
                </th>
                <th scope="col">Weight</th>
                <th scope="col" className="a-head">
                  A
                </th>
                <td className="part-cell" />
                <th scope="col" className="e-head">
                  E
                </th>
                <td className="part-cell" />
              </tr>
            </thead>
            <tbody>
              {live.map((channel) => (
                <tr key={`${channel.driver} ${channel.timeframe}`}>
                  <th scope="row">
                    <b>{channel.driver}</b> {channel.timeframe}
                  </th>
                  <td className="word">{channel.state && <StateChip state={channel.state as State} />}</td>
                  <td>{formatSigned(channel.weight, 3)}</td>
                  <td>{formatSigned(channel.delta_a, 3)}</td>
                  <Part value={channel.delta_a} scale={scale} kind="add-appetite" />
                  <td>{formatSigned(channel.delta_e, 3)}</td>
                  <Part value={channel.delta_e} scale={scale} kind="exit-assertiveness" />
                </tr>
              ))}
              {hasIntent && (
                <tr>
                  <th scope="row">
                    <b>Intent</b> of mentions
                  </th>
                  <td />
                  <td />
                  <td>{formatSigned(intent_delta_a, 3)}</td>
                  <Part value={intent_delta_a} scale={scale} kind="add-appetite" />
                  <td>{formatSigned(intent_delta_e, 3)}</td>
                  <Part value={intent_delta_e} scale={scale} kind="exit-assertiveness" />
                </tr>
              )}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">
                  Sum
                  {bucket_multiplier === 1 ? '' : `, × ${formatNumber(bucket_multiplier, 2)} for its bucket`}
                </th>
                <td />
                <td />
                <td>{formatSigned(posture.regime_delta_a + intent_delta_a, 3)}</td>
                <td className="word">→ {formatNumber(posture.a, 3)}</td>
                <td>{formatSigned(posture.regime_delta_e + intent_delta_e, 3)}</td>
                <td className="word">→ {formatNumber(posture.e, 3)}</td>
              </tr>
            </tfoot>
          </table>
        </div>
      )}
    </Card>
  );
}

function footnoteOf(live: number, silent: readonly Channel[]): string | undefined {
  if (live === 0) return undefined;
  return silent.length > 0 ? silentWords(silent) : 'All 15 channels are live.';
}

function silentWords(silent: readonly Channel[]): string {
  const byStatus = new Map<string, Map<string, string[]>>();
  for (const { status, driver, timeframe } of silent) {
    const words = STATUS_WORDS[status];
    const drivers = byStatus.get(words) ?? new Map<string, string[]>();
    byStatus.set(words, drivers.set(driver, [...(drivers.get(driver) ?? []), timeframe]));
  }
  const list = [...byStatus]
    .map(([words, drivers]) => {
      const named = [...drivers].map(([driver, timeframes]) => `${driver} ${timeframes.join('/')}`);
      return `${words}: ${named.join(', ')}`;
    })
    .join('; ');
  return `${silent.length} of 15 do not count (${list}). They add 0 and weights are not rescaled, so A and E stay nearer 0.5 than with full data.`;
}

/** A bar from the middle, left for less, right for more. */
function Part({ value, scale, kind }: { value: number; scale: number; kind: string }) {
  const width = (Math.abs(value) / scale) * 50;
  return (
    <td className="part-cell" aria-hidden="true">
      <span className={`part ${kind}`}>
        <i style={{ left: `${value < 0 ? 50 - width : 50}%`, width: `${width}%` }} />
      </span>
    </td>
  );
}
