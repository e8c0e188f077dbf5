/** The regime at the newest bar: which, how sure, for how long, and whether the model had seen that bar. */
import { formatDuration, formatPrice, formatProbability } from '../../../src/app/report/number-format.js';
import { useZone } from '../shell/zone.js';
import { Badge, Swatch } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { DataAge } from '../ui/data-age.js';
import { colorsOf, type Present, readingOrder } from './lab-model.js';

interface NowCardProps {
  readonly present: Present;
  readonly labels: readonly string[];
  readonly barLength: number;
  readonly quote: string;
  /** The page looks back from a day in the past. */
  readonly frozen: boolean;
  readonly volatility: string | undefined;
}

export function NowCard({ present, labels, barLength, quote, frozen, volatility }: NowCardProps) {
  const { row, bars, orMore } = present;
  const zone = useZone();
  const colors = colorsOf(labels);
  const length = formatDuration(bars * barLength);
  return (
    <Card
      title={frozen ? 'As of' : 'Now'}
      className="now"
      aside={
        <>
          {frozen ? (
            <Badge tone="warn">Frozen</Badge>
          ) : (
            <DataAge closed={row.available_at} barLength={barLength} />
          )}
          {row.in_sample ? (
            <Badge tone="warn" title="The model was fitted on this bar">
              In sample
            </Badge>
          ) : (
            <Badge tone="info" title="After the training window">
              Out of sample
            </Badge>
          )}
        </>
      }
      footnote={`Data to ${zone.time(row.available_at)}, filtered.`}
    >
      <p className="verdict">
        <Swatch color={colors[row.regime] ?? 'unobserved'} />
        {row.label}
        <span className="quiet">
          for {orMore ? '> ' : ''}
          {length}
        </span>
      </p>
      <p className="quiet">
        {formatPrice(row.close)} {quote}
        {volatility && ` · ${volatility.toLowerCase()} volatility`}
      </p>
      <dl className="odds">
        {[...readingOrder(labels)].reverse().map((state) => (
          <div key={labels[state]} className={colors[state]}>
            <dt>{labels[state]}</dt>
            <dd className="meter" aria-hidden="true">
              <i style={{ width: `${(row.probs[state] ?? 0) * 100}%` }} />
            </dd>
            <dd className="num">{formatProbability(row.probs[state])}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
