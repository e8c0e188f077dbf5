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
        <div className="scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Candidate</th>
                <th scope="col" className="word">
                  Verdict
                </th>
                <th scope="col">Gain</th>
                <th scope="col">t</th>
                <th scope="col">Mean run</th>
                <th scope="col">Rand</th>
                <th scope="col">Revised</th>
                <th scope="col">Lag</th>
                <th scope="col">Return</th>
                <th scope="col">Hold</th>
                <th scope="col">Sharpe</th>
                <th scope="col">Drawdown</th>
                <th scope="col">Phase p</th>
              </tr>
            </thead>
            <tbody>
              {candidates.map((candidate) => (
                <CandidateRow key={candidate.run_id + candidate.name} candidate={candidate} />
              ))}
            </tbody>
          </table>
        </div>
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

function CandidateRow({ candidate }: { candidate: Candidate }) {
  const { name, run_id: id, scorecard, revision } = candidate;
  const gain = scorecard.returns.over_one_state;
  const { strategy, buy_and_hold: hold, phase_shift: phase } = scorecard.economic;
  const { code, sentence } = scorecard.verdict;
  return (
    <tr>
      <th scope="row">
        <Link href={pageHref('/known', { run: id })}>{name}</Link>
      </th>
      <td className="word">
        <Badge tone={TONES[code] ?? 'plain'} title={sentence}>
          {WORDS[code] ?? code}
        </Badge>
      </td>
      <td>{formatSigned(gain.per_row, 3)}</td>
      <td className="quiet">{formatSigned(gain.t, 1)}</td>
      <td>{formatNumber(scorecard.persistence.mean_run_length, 1)}</td>
      <td>{formatNumber(scorecard.stability.adjusted_rand, 2)}</td>
      <td>{formatPercent(revision.revised_by_refits)}</td>
      <td>{formatNumber(revision.median_lag, 1)}</td>
      <td className={strategy.net_return < 0 ? 'down' : 'up'}>{formatReturn(strategy.net_return, 1)}</td>
      <td className="quiet">{formatReturn(hold.net_return, 1)}</td>
      <td>{formatNumber(strategy.sharpe, 2)}</td>
      <td>{formatReturn(-strategy.max_drawdown, 1)}</td>
      <td>{formatNumber(phase?.p, 2)}</td>
    </tr>
  );
}
