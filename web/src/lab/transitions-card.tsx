/** The transition matrix as a heat map with the expected length of each state. */
import { formatBarsAsTime } from '../../../src/app/report/number-format.js';
import { formatTransition } from '../../../src/app/report/transition-format.js';
import { Swatch } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { colorsOf, readingOrder } from './lab-model.js';

interface TransitionsCardProps {
  readonly labels: readonly string[];
  readonly matrix: readonly (readonly number[])[];
  readonly barLength: number;
}

export function TransitionsCard({ labels, matrix, barLength }: TransitionsCardProps) {
  const order = readingOrder(labels);
  const colors = colorsOf(labels);
  return (
    <Card title="Transitions" scope="per bar, from row to column">
      <div className="scroll">
        <table className="matrix">
          <thead>
            <tr>
              <th scope="col">From</th>
              {order.map((state) => (
                <th scope="col" key={labels[state]} title={labels[state]} aria-label={labels[state]}>
                  {labels[state]!.replace('Strong ', 'S.\u00a0')}
                </th>
              ))}
              <th scope="col" className="end" title="1 / (1 − probability to stay): mean length of a run">
                stays
              </th>
            </tr>
          </thead>
          <tbody>
            {order.map((from) => (
              <tr key={labels[from]}>
                <th scope="row">
                  <Swatch color={colors[from]!} />
                  {labels[from]}
                </th>
                {order.map((to) => {
                  const probability = matrix[from]![to]!;
                  return (
                    <td key={labels[to]}>
                      <span
                        className="heat"
                        style={{ '--heat': `${Math.round(8 + 47 * probability)}%` } as React.CSSProperties}
                      >
                        {formatTransition(probability)}
                      </span>
                    </td>
                  );
                })}
                <td className="end">{formatBarsAsTime(1 / (1 - matrix[from]![from]!), barLength)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
