/** Support and resistance in force at the bar that is looked at, nearest first named by distance. */

import { formatNumber, formatPrice, formatReturn } from '../../../src/app/report/number-format.js';
import { levelName } from '../../../src/app/report/uptrend/level-lines-of.js';
import type { UptrendLevelsAnswer } from '../../../src/app/server/api-types.js';
import type { Answer } from '../api/use-answer.js';
import { Card } from '../ui/card.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import { Table } from '../ui/table.js';

const SHOWN = 10;

export function LevelsCard({ answer }: { answer: Answer<UptrendLevelsAnswer> }) {
  const { data, error } = answer;
  const near = [...(data?.levels ?? [])]
    .sort((a, b) => Math.abs(a.price - data!.price) - Math.abs(b.price - data!.price))
    .slice(0, SHOWN)
    .sort((a, b) => b.price - a.price);
  return (
    <Card
      title="Levels"
      scope={
        data && data.levels.length > near.length
          ? `nearest ${near.length} of ${data.levels.length}`
          : undefined
      }
      footnote={data && near.length > 0 ? 'As known at this bar; levels move as bars arrive.' : undefined}
    >
      {!data && error && <Failure error={error} retry={answer.refresh} />}
      {!data && !error && <Skeleton lines={5} label="Loading levels" />}
      {data && near.length === 0 && (
        <Empty title="No level yet">Swings are needed on both sides first.</Empty>
      )}
      {data && near.length > 0 && (
        <Table
          columns={[
            { head: 'Level', cell: (level) => levelName(level) || 'swings' },
            { head: 'Strength', cell: ({ strength }) => formatNumber(strength) },
            { head: 'Price', cell: ({ price }) => formatPrice(price) },
            {
              head: 'Away',
              title: 'Level over close, less one',
              cell: ({ price }) => formatReturn(price / data.price - 1, 1),
            },
          ]}
          rows={near}
          keyOf={(level) => `${level.order_desc} ${level.price} ${level.fib_level ?? ''}`}
        />
      )}
    </Card>
  );
}
