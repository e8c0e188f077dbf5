/** Odds of the states ahead, as stacked bars whose segments carry their whole percent where they have room. */
import { formatDuration, formatProbability } from '../../../src/app/report/number-format.js';
import { Card } from '../ui/card.js';
import { colorsOf, forecastOf, readingOrder } from './lab-model.js';

interface ForecastCardProps {
  readonly labels: readonly string[];
  readonly probabilities: readonly number[];
  readonly matrix: readonly (readonly number[])[];
  readonly stationary: readonly number[] | null;
  readonly barLength: number;
}

const HORIZONS = [1, 5, 20];
/** Narrower segments carry no number; the spoken text does. */
const LABELLED_SHARE = 0.09;

export function ForecastCard({ labels, probabilities, matrix, stationary, barLength }: ForecastCardProps) {
  const rows = HORIZONS.map((bars) => ({
    name: `+${formatDuration(bars * barLength)}`,
    odds: forecastOf(probabilities, matrix, bars),
  }));
  if (stationary) rows.push({ name: 'long run', odds: [...stationary] });
  return (
    <Card
      title="Forecast"
      scope="state odds in %"
      footnote="States only, from the transition matrix: not a forecast of the price."
    >
      <dl className="stacks">
        {rows.map(({ name, odds }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <OddsStack labels={labels} odds={odds} />
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function OddsStack({ labels, odds }: { labels: readonly string[]; odds: readonly number[] }) {
  const colors = colorsOf(labels);
  const order = readingOrder(labels);
  const spoken = order.map((state) => `${labels[state]} ${formatProbability(odds[state])}`).join(', ');
  return (
    <span className="stack" role="img" aria-label={spoken} title={spoken}>
      {order.map((state) => (
        <span key={labels[state]} className={`segment ${colors[state]}`} style={{ flexGrow: odds[state]! }}>
          {odds[state]! >= LABELLED_SHARE ? Math.round(odds[state]! * 100) : ''}
        </span>
      ))}
    </span>
  );
}
