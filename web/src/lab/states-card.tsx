/** One line per state: how often, how long, how wild, and what followed. */
import {
  formatBarsAsTime,
  formatNumber,
  formatPercent,
  formatReturn,
  formatSigned,
} from '../../../src/app/report/number-format.js';
import type { ModelDetail } from '../../../src/app/server/api-types.js';
import { Swatch } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { colorsOf, numberIn, readingOrder } from './lab-model.js';

/** |t| from which a mean is said to differ from zero. */
const SIGNIFICANT_T = 2;
const WORDS = ['none', 'one', 'two', 'three', 'four', 'five', 'six'];

function nextBarWords(stats: ModelDetail['stats']): string {
  const tested = stats
    .map((state) => ({ label: state.label, t: numberIn(state, 'next_bar_t_statistic') }))
    .filter((each) => each.t !== undefined);
  const firm = tested.filter(({ t }) => Math.abs(t!) >= SIGNIFICANT_T);
  if (tested.length === 0) return 'The next-bar means could not be tested.';
  if (firm.length === 0) {
    return `None of the ${WORDS[tested.length] ?? tested.length} next-bar means differs from zero (|t| < 2).`;
  }
  const named = firm.map(({ label, t }) => `${label} (t ${formatSigned(t, 1)})`).join(', ');
  return `The next-bar mean differs from zero in ${firm.length} of ${tested.length} states: ${named}, before costs.`;
}

export function StatesCard({ detail, barLength }: { detail: ModelDetail; barLength: number }) {
  const { labels, stats, timeframe } = detail;
  const colors = colorsOf(labels);
  const bars = stats.reduce((sum, { count }) => sum + count, 0);
  const extras = Object.keys(averagesOf(stats[0])).filter((name) => /^(adx|rsi)/i.test(name));
  const decimals = barLength < 1_800_000 ? 4 : 3;
  return (
    <Card
      title="States"
      scope={`log return per ${timeframe} bar, ${bars.toLocaleString('en-US')} bars`}
      footnote={`Labels rank past returns: the bar’s own return is an input. ${nextBarWords(stats)}`}
    >
      <div className="scroll">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Share</th>
              <th scope="col">Mean run</th>
              <th scope="col">Volatility</th>
              {extras.map((name) => (
                <th scope="col" key={name} title="Mean over the bars of the state">
                  {name.toUpperCase()}
                </th>
              ))}
              <th scope="col">Same bar</th>
              <th scope="col">Next bar</th>
              <th scope="col">t</th>
            </tr>
          </thead>
          <tbody>
            {readingOrder(labels).map((state) => {
              const numbers = stats.find((each) => each.state === state);
              const next = numberIn(numbers, 'next_bar_return');
              return (
                <tr key={labels[state]}>
                  <th scope="row">
                    <Swatch color={colors[state]!} />
                    {labels[state]}
                  </th>
                  <td>{formatPercent(numbers?.share)}</td>
                  <td>{formatBarsAsTime(numberIn(numbers, 'mean_run_length'), barLength)}</td>
                  <td>{formatPercent(numbers?.volatility, 2)}</td>
                  {extras.map((name) => (
                    <td key={name}>{formatNumber(averagesOf(numbers)[name], 1)}</td>
                  ))}
                  <td className="quiet">{formatReturn(numbers?.avg_return, decimals)}</td>
                  <td>{formatReturn(next, decimals)}</td>
                  <td className="quiet">{formatSigned(numberIn(numbers, 'next_bar_t_statistic'), 1)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

/** Means of the other features over the bars of a state. */
function averagesOf(numbers: unknown): Readonly<Record<string, number | null>> {
  return (numbers as { averages?: Record<string, number | null> } | undefined)?.averages ?? {};
}
