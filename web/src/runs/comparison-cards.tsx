/** Candidates in one table and one chart: what each was worth on bars that it had not seen. */
import {
  formatNumber,
  formatPercent,
  formatReturn,
  formatSigned,
} from '../../../src/app/report/number-format.js';
import { pageHref } from '../address/address.js';
import { Link } from '../address/link.js';
import type { Candidate } from '../api/run-tables.js';
import { Badge, type BadgeTone } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { type Column, Table } from '../ui/table.js';
import { type Curve, WealthChart } from './wealth-chart.js';

const TONES: Readonly<Record<string, BadgeTone>> = {
  no_better_than_one_state: 'bad',
  no_better_than_no_memory: 'bad',
  risk_only: 'info',
  direction_without_profit: 'warn',
  direction_and_profit: 'ok',
};

const WORDS: Readonly<Record<string, string>> = {
  no_better_than_one_state: 'no better than one state',
  no_better_than_no_memory: 'no better than no memory',
  risk_only: 'tells risk, not direction',
  direction_without_profit: 'direction, no profit',
  direction_and_profit: 'direction and profit',
};

const economic = ({ scorecard }: Candidate) => scorecard.economic;

const COLUMNS: readonly Column<Candidate>[] = [
  {
    head: 'Candidate',
    cell: ({ run_id: id, name }) => <Link href={pageHref('/known', { run: id })}>{name}</Link>,
  },
  {
    head: 'Verdict',
    kind: 'word',
    cell: ({ scorecard: { verdict } }) => (
      <Badge tone={TONES[verdict.code] ?? 'plain'} title={verdict.sentence}>
        {WORDS[verdict.code] ?? verdict.code}
      </Badge>
    ),
  },
  { head: 'Gain', cell: ({ scorecard }) => formatSigned(scorecard.returns.over_one_state.per_row, 3) },
  { head: 't', look: 'quiet', cell: ({ scorecard }) => formatSigned(scorecard.returns.over_one_state.t, 1) },
  { head: 'Mean run', cell: ({ scorecard }) => formatNumber(scorecard.persistence.mean_run_length, 1) },
  { head: 'Rand', cell: ({ scorecard }) => formatNumber(scorecard.stability.adjusted_rand, 2) },
  { head: 'Revised', cell: ({ revision }) => formatPercent(revision.revised_by_refits) },
  { head: 'Lag', cell: ({ revision }) => formatNumber(revision.median_lag, 1) },
  {
    head: 'Return',
    look: (each) => (economic(each).strategy.net_return < 0 ? 'down' : 'up'),
    cell: (each) => formatReturn(economic(each).strategy.net_return, 1),
  },
  {
    head: 'Hold',
    look: 'quiet',
    cell: (each) => formatReturn(economic(each).buy_and_hold.net_return, 1),
  },
  { head: 'Sharpe', cell: (each) => formatNumber(economic(each).strategy.sharpe, 2) },
  { head: 'Drawdown', cell: (each) => formatReturn(-economic(each).strategy.max_drawdown, 1) },
  { head: 'Phase p', cell: (each) => formatNumber(economic(each).phase_shift?.p, 2) },
];

/** Wealth of the rule for each candidate, and of holding. */
function curvesOf(candidates: readonly Candidate[]): Curve[] {
  const [first] = candidates;
  const curves = candidates.map(({ name, curve }) => ({ name, time: curve.ts, values: curve.strategy }));
  if (first) curves.push({ name: 'hold', time: first.curve.ts, values: first.curve.buy_and_hold });
  return curves;
}

export function ComparisonCards({ candidates }: { candidates: readonly Candidate[] }) {
  return (
    <>
      <Card
        title={candidates.length === 1 ? 'Scorecard' : 'Candidates'}
        scope="walk-forward, out of sample, after costs"
        aside={<Badge tone="ok">Walk-forward</Badge>}
        footnote="Gain: nats per bar in telling the next return, over a model with one state, with its t. Revised: share of shown labels that a later refit names otherwise. Phase p: share of shifted copies of the same positions that did at least as well."
      >
        <Table columns={COLUMNS} rows={candidates} keyOf={({ run_id: id, name }) => id + name} />
        {candidates.length === 1 && (
          <p className="gap-summary">{candidates[0]!.scorecard.verdict.sentence}</p>
        )}
      </Card>
      <Card title="Wealth" scope="net return since the start, after costs">
        <WealthChart curves={curvesOf(candidates)} />
      </Card>
    </>
  );
}
