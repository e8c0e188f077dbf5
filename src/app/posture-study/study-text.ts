/** The figures of the study as the tables of docs/studies/posture.md, in Markdown. */
import type { BootstrapInterval } from '../../backtest/believability/block-bootstrap.js';
import type { PostureStudy } from './posture-study.js';
import type { SpanStudy } from './span-study.js';

const percent = (value: number, digits = 1): string => {
  const text = `${Math.abs(value * 100).toFixed(digits)} %`;
  return `${value < 0 ? '−' : ''}${text}`;
};
const signed = (value: number, digits = 2): string =>
  Number.isFinite(value) ? `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}` : 'n/a';
const points = (value: number): string =>
  Number.isFinite(value) ? `${value < 0 ? '−' : '+'}${Math.abs(value * 100).toFixed(1)}` : 'n/a';
const basis = (value: number): string => signed(value * 10_000, 1);
const interval = (found: BootstrapInterval, form: (value: number) => string): string =>
  `${form(found.estimate)} [${form(found.low)}, ${form(found.high)}]`;
const probability = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));
const day = (time: number): string => new Date(time).toISOString().slice(0, 10);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const ruler = head.map((_, at) => (at === 0 ? '---' : '---:'));
  return [line(head), line(ruler), ...rows.map(line)].join('\n');
}

export function studyText(study: PostureStudy): string {
  return [
    ...study.spans.map(spanText),
    '### Entries into S1 (mean of the next ten bars less that of all bars, percent)',
    table(
      ['series', 'from', 'entries', 'excess', 'p'],
      study.s1.map(({ series, from, count, excess }) => [
        series,
        from,
        String(count),
        excess === null ? 'n/a' : interval(excess, points),
        excess === null ? 'n/a' : probability(excess.p),
      ]),
    ),
    '### Dominance at one minute, simulated',
    table(
      [
        'driver',
        'changes a day, path / steps',
        'pulses a day',
        'minutes with a flag',
        'same state',
        'correlation',
      ],
      study.steps.map((steps) => [
        steps.driver,
        `${steps.changesPath.toFixed(1)} / ${steps.changesSteps.toFixed(1)}`,
        `${steps.pulsesPath.toFixed(2)} / ${steps.pulsesSteps.toFixed(2)}`,
        `${percent(steps.flagsPath)} / ${percent(steps.flagsSteps)}`,
        `${percent(steps.agreement[0], 0)} to ${percent(steps.agreement[1], 0)}`,
        steps.correlation.toFixed(2),
      ]),
    ),
    `A at execution 1m: both channels move it by ${study.stepsOnA.size.toFixed(4)} on average, the steps put it off by ${study.stepsOnA.error.toFixed(4)}; A changes by ${study.stepsOnA.turnoverWithout.toFixed(2)} a day without them, ${study.stepsOnA.turnoverPath.toFixed(2)} with the path, ${study.stepsOnA.turnoverSteps.toFixed(2)} with the steps.`,
    tally(study),
  ].join('\n\n');
}

function spanText(span: SpanStudy): string {
  const { rails } = span;
  const holding = Object.entries(span.holding).map(([asset, value]) => `${asset} ${percent(value, 0)}`);
  const last = span.levels[0]!.asset;
  return [
    `### ${span.name}`,
    `${span.bars.toLocaleString('en')} bars, ${day(span.from)} to ${day(span.to)}, ${span.blocks} blocks; coverage ${percent(span.coverage, 0)}; A at 0 on ${percent(rails.a0, 0)} and at 1 on ${percent(rails.a1, 0)} of the bars, E at 0 on ${percent(rails.e0, 0)} and at 1 on ${percent(rails.e1, 0)}. Holding, simple, a year: ${holding.join(', ')}.`,
    table(
      [
        'asset',
        'held in proportion to',
        'mean',
        'gain, points a year',
        'p',
        'cost',
        ...span.horizons.map((bars) => `rank, ${bars}`),
      ],
      span.signals.map(({ asset, signal, mean, gain, cost, ranks }) => [
        asset,
        signal,
        mean.toFixed(2),
        interval(gain, points),
        probability(gain.p),
        (cost * 100).toFixed(1),
        ...ranks.map((rank) => interval(rank, (value) => signed(value))),
      ]),
    ),
    table(
      [`next bar of ${last}, bp`, 'below 0.3', 'between', 'from 0.7', 'high less low', 'p'],
      span.levels.map(({ signal, shares, means, difference }) => [
        signal,
        ...means.map((mean, at) => `${basis(mean.estimate)} (${percent(shares[at]!, 0)})`),
        interval(difference, basis),
        probability(difference.p),
      ]),
    ),
    table(
      [
        `channel, on ${last}`,
        'live',
        'mean size',
        'gain by A',
        'p',
        'gain by less E',
        'p',
        'lost without it',
      ],
      span.channels.map(({ channel, live, size, gainA, gainE, missed }) => [
        channel,
        percent(live, 0),
        size.toFixed(3),
        interval(gainA, points),
        probability(gainA.p),
        interval(gainE, points),
        probability(gainE.p),
        interval(missed, points),
      ]),
    ),
    table(
      [`E and what ${last} did next`, ...span.risk.map(({ horizon }) => `${horizon} bars`)],
      [
        ['size of the move', ...span.risk.map(({ size }) => interval(size, (value) => signed(value)))],
        ['deepest fall', ...span.risk.map(({ fall }) => interval(fall, (value) => signed(value)))],
      ],
    ),
  ].join('\n\n');
}

/** How many intervals there are, and how many leave zero out: some do by chance. */
function tally({ spans }: PostureStudy): string {
  const all = spans.flatMap((span) => [
    ...span.signals.flatMap(({ gain, ranks }) => [gain, ...ranks]),
    ...span.levels.map(({ difference }) => difference),
    ...span.channels.flatMap(({ gainA, gainE, missed }) => [gainA, gainE, missed]),
    ...span.risk.flatMap(({ size, fall }) => [size, fall]),
  ]);
  const told = all.filter(({ p }) => p < 0.05).length;
  const gains = spans.flatMap((span) => [
    ...span.signals.map(({ gain }) => gain),
    ...span.channels.flatMap(({ gainA, gainE }) => [gainA, gainE]),
  ]);
  const toldGains = gains.filter(({ p }) => p < 0.05).length;
  return `${all.length} intervals, ${told} with p < 0.05, where chance alone gives about ${Math.round(all.length / 20)}; of the ${gains.length} gains ${toldGains}, where chance gives about ${Math.round(gains.length / 20)}.`;
}
