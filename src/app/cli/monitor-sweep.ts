/** `monitor sweep` and `monitor compare`: many variants on all cores, and how far to believe the best of them. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TrialBelief } from '../../backtest/believability/trial-belief.js';
import type { ResearchLake } from '../../data/research-lake/read-research-lake.js';
import { TidewatchError } from '../../errors.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { createHome } from '../../platform/home.js';
import type { MonitorConfig } from '../../platform/monitor-config.js';
import {
  analyseRun,
  baselineAnswer,
  markdownTable,
  QUESTIONS,
  questionTitle,
  regimeCounts,
  variantsOf,
  type Winner,
} from '../monitor/comparisons.js';
import { readingKey, readMonitorLake } from '../monitor/monitor-lake.js';
import { type PoolItem, type PoolOutcome, requireRun, runMonitorPool } from '../monitor/monitor-pool.js';
import { readMonitorBook, recordMonitorRun } from '../monitor/monitor-runs.js';
import { beliefOf, type VariantRow, variantRow } from '../monitor/sweep.js';
import { regimeLabel } from '../report/majors/majors-words.js';
import type { CommandContext } from './command-context.js';
import { parseChoice } from './flags.js';
import { type MonitorFlags, type MonitorSubject, subjectOf } from './monitor-run.js';
import { number, percent, renderTable, signedPercent, text } from './output.js';
import type { CommandResult } from './run-command.js';

export interface SweepFlags extends Omit<MonitorFlags, 'experiment'> {
  readonly glob: string;
  readonly failFast?: boolean;
}

/** Reads each way of reading the lake once. */
async function readLakes(
  folder: string,
  configs: readonly MonitorConfig[],
  range: { readonly start: number | undefined; readonly end: number | undefined },
): Promise<{ lakes: ResearchLake[]; lakeOf: (config: MonitorConfig) => number }> {
  const keys = [...new Set(configs.map(readingKey))];
  const lakes: ResearchLake[] = [];
  for (const key of keys) {
    lakes.push(await readMonitorLake(folder, configs.find((config) => readingKey(config) === key)!, range));
  }
  return { lakes, lakeOf: (config) => keys.indexOf(readingKey(config)) };
}

export async function runMonitorSweep(context: CommandContext, flags: SweepFlags): Promise<CommandResult> {
  const files = filesOf(flags.glob);
  const failures: { name: string; code: string; message: string }[] = [];
  const subjects: MonitorSubject[] = [];
  for (const file of files) {
    try {
      subjects.push(subjectOf(context, { ...flags, experiment: file }));
    } catch (error) {
      if (!(error instanceof TidewatchError) || flags.failFast) throw error;
      failures.push({ name: basename(file), code: error.code, message: error.message });
    }
  }
  const [first] = subjects;
  if (first === undefined) {
    throw new TidewatchError('invalid_config', `none of the ${files.length} experiments can be run`, {
      hint: failures[0]?.message ?? 'correct the files',
    });
  }
  createHome(context.home);
  const { lakes, lakeOf } = await readLakes(
    first.lake,
    subjects.map(({ config }) => config),
    first,
  );
  const items = subjects.map(
    (subject): PoolItem => ({ ...named(subject), config: subject.config, lake: lakeOf(subject.config) }),
  );
  const outcomes = await pooled(context, 'sweep', lakes, items, flags.failFast);
  const rows: VariantRow[] = [];
  for (const [at, outcome] of outcomes.entries()) {
    const subject = subjects[at]!;
    if (outcome.error !== null) {
      failures.push({ name: subject.name, code: outcome.error.code, message: outcome.error.message });
      continue;
    }
    const { manifest } = await recordMonitorRun(
      { runs: subject.runs, clock: context.clock, reports: null },
      lakes[lakeOf(subject.config)]!,
      subject,
      outcome.run,
    );
    rows.push(variantRow(subject.name, manifest.run_id, outcome.run.book));
  }
  const books = outcomes.flatMap(({ run }) => (run === null ? [] : [run.book]));
  const belief = beliefOf(
    rows.map(({ name }) => name),
    books,
  );
  const data = {
    experiments: files.length,
    succeeded: rows.length,
    failed: failures,
    variants: rows,
    belief,
  };
  const file = join(first.reports, 'sweep.json');
  writeFileAtomic(file, `${JSON.stringify(data, null, 1)}\n`);
  writeFileAtomic(join(first.reports, 'sweep.md'), markdown('Sweep', rows, belief));
  return {
    data: { ...data, files: [file, join(first.reports, 'sweep.md')] },
    exit: failures.length > 0 ? 1 : 0,
    text: [
      variantText(rows, context),
      ...failures.map(({ name, message }) => `Failed ${name}: ${message}`),
      `${rows.length} succeeded, ${failures.length} failed. ${beliefText(belief)}`,
      `Files ${first.reports}`,
    ].join('\n'),
  };
}

const named = ({ name, title }: { name: string; title: string | null }) => ({ name, title });

async function pooled(
  context: CommandContext,
  label: string,
  lakes: readonly ResearchLake[],
  items: readonly PoolItem[],
  failFast = false,
): Promise<PoolOutcome[]> {
  const progress = context.progress(label, 'runs', items.length);
  let done = 0;
  try {
    return await runMonitorPool(lakes, items, {
      signal: context.signal,
      onResult: (outcome, index) => {
        done += 1;
        progress.update(done, items.length, items[index]!.name);
        if (failFast) requireRun(outcome);
      },
    });
  } finally {
    progress.stop();
  }
}

/** Files of a pattern whose last part may hold `*` and `?`. @throws TidewatchError `file_not_found` */
function filesOf(pattern: string): string[] {
  const folder = dirname(pattern);
  const expression = new RegExp(
    `^${basename(pattern)
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );
  let names: string[] = [];
  try {
    names = readdirSync(folder)
      .filter((name) => expression.test(name))
      .sort();
  } catch {
    // no folder, no files
  }
  if (names.length > 0) return names.map((name) => join(folder, name));
  throw new TidewatchError('file_not_found', `no experiment fits ${pattern}`, {
    hint: 'give --glob a pattern such as "experiments/*.yaml", in quotes',
    details: { pattern },
  });
}

export interface CompareFlags extends MonitorFlags {
  readonly what: string;
  readonly run?: string;
}

export async function runMonitorCompare(
  context: CommandContext,
  flags: CompareFlags,
): Promise<CommandResult> {
  const what = parseChoice(flags.what, '--what', QUESTIONS);
  const subject = subjectOf(context, flags);
  const into = join(subject.reports, 'compare');
  if (what === 'run') return compareRun(context, subject, flags.run, into);
  createHome(context.home);
  const variants = variantsOf(what, subject.config);
  const { lakes, lakeOf } = await readLakes(
    subject.lake,
    variants.map(({ config }) => config),
    subject,
  );
  const outcomes = await pooled(
    context,
    `compare ${what}`,
    lakes,
    variants.map(({ name, config }) => ({
      name: runName(what, name),
      title: null,
      config,
      lake: lakeOf(config),
    })),
    true,
  );
  const books = outcomes.map((outcome) => requireRun(outcome).book);
  const rows: VariantRow[] = [];
  for (const [at, { name, config }] of variants.entries()) {
    const { manifest } = await recordMonitorRun(
      { runs: subject.runs, clock: context.clock, reports: null },
      lakes[lakeOf(config)]!,
      { ...subject, name: runName(what, name), title: null, category: `compare/${what}`, config },
      requireRun(outcomes[at]!),
    );
    rows.push(variantRow(name, manifest.run_id, books[at]!));
  }
  const belief = beliefOf(
    rows.map(({ name }) => name),
    books,
  );
  const best = rows.reduce((winner, row) =>
    (row.sharpe ?? Number.NEGATIVE_INFINITY) > (winner.sharpe ?? Number.NEGATIVE_INFINITY) ? row : winner,
  );
  const answer =
    what === 'baseline'
      ? {
          ...baselineAnswer(rows[0]!, rows[1]!),
          regime_counts: { enhanced: regimeCounts(books[0]!), baseline: regimeCounts(books[1]!) },
        }
      : null;
  const data = { what, question: questionTitle(what), variants: rows, best: best.name, ...answer, belief };
  const files = [join(into, `${what}.json`), join(into, `${what}.md`)];
  writeFileAtomic(files[0]!, `${JSON.stringify(data, null, 1)}\n`);
  writeFileAtomic(
    files[1]!,
    markdown(
      questionTitle(what),
      rows,
      belief,
      answer !== null
        ? [
            markdownTable(MEASURE_HEADER, answer.measures.map(measureCells)),
            markdownTable(COUNT_HEADER, countCells(answer.regime_counts)),
            recommended(answer.recommendation),
          ].join('\n\n')
        : `Best: ${best.name}.`,
    ),
  );
  return {
    data: { ...data, files },
    text: [
      questionTitle(what),
      variantText(rows, context),
      ...(answer !== null
        ? [
            '',
            tableText(MEASURE_HEADER, answer.measures.map(measureCells), context),
            '',
            tableText(COUNT_HEADER, countCells(answer.regime_counts), context),
            '',
            recommended(answer.recommendation),
          ]
        : [`Best by Sharpe ratio: ${best.name}.`]),
      beliefText(belief),
      `Files ${into}`,
    ].join('\n'),
  };
}

/** A run id holds no blanks. */
const runName = (what: string, variant: string): string => `${what}-${variant.replaceAll(' ', '-')}`;

function compareRun(
  context: CommandContext,
  { runs }: MonitorSubject,
  id: string | undefined,
  into: string,
): CommandResult {
  const manifest = id === undefined ? runs.list().find(({ kind }) => kind === 'majors_alts') : runs.load(id);
  if (manifest === undefined) {
    throw new TidewatchError('unknown_run', 'there is no majors-vs-alts run yet', {
      hint: 'run: tidewatch monitor run',
    });
  }
  const analysis = analyseRun(readMonitorBook(runs, manifest));
  const data = { what: 'run', run_id: manifest.run_id, ...analysis };
  const table = markdownTable(
    ['Regime', 'Days', 'Mean a day', 'Total'],
    analysis.by_regime.map((row) => [
      row.label,
      String(row.n_days),
      signedPercent(row.mean_return),
      signedPercent(row.total_return, 1),
    ]),
  );
  const { totals, best_day: best, worst_day: worst } = analysis;
  const lines = [
    `Return ${signedPercent(totals.total_return, 1)} over ${totals.n_days} days; prices ${signedPercent(totals.pnl, 1)}, costs ${percent(totals.cost)}, funding ${signedPercent(-totals.funding, 2)}.`,
    best === null || worst === null
      ? 'Nothing was traded.'
      : `Best day ${best.date} ${signedPercent(best.r_ls_net, 2)}, worst ${worst.date} ${signedPercent(worst.r_ls_net, 2)}.`,
    analysis.verdict.sentence,
  ];
  const files = [join(into, 'run.json'), join(into, 'run.md')];
  createHome(context.home);
  writeFileAtomic(files[0]!, `${JSON.stringify(data, null, 1)}\n`);
  writeFileAtomic(files[1]!, `# ${manifest.run_id}\n\n${lines.join('\n')}\n\n${table}\n`);
  return {
    data: { ...data, files },
    text: [
      `${manifest.run_id}  ${String(manifest.config.name)}`,
      ...lines,
      renderTable(
        [text('Regime'), number('Days'), number('Mean a day'), number('Total')],
        analysis.by_regime.map((row) => [
          row.label,
          String(row.n_days),
          signedPercent(row.mean_return),
          signedPercent(row.total_return, 1),
        ]),
        context.style,
      ),
    ].join('\n'),
  };
}

const ratio = (value: number | null): string => (value === null ? 'n/a' : value.toFixed(2).replace('-', '−'));
const HEADER = [
  'Variant',
  'Return',
  'CAGR',
  'Sharpe',
  '95 % interval',
  'Sortino',
  'Max drawdown',
  '95 % interval',
  'Volatility',
  'Hit rate',
  'Days',
];

function rangeOf(
  interval: VariantRow['intervals'][string] | undefined,
  write: (value: number | null) => string,
): string {
  return interval === undefined ? 'n/a' : `${write(interval.low)} to ${write(interval.high)}`;
}

function cellsOf(row: VariantRow): string[] {
  return [
    row.name,
    signedPercent(row.total_return, 1),
    signedPercent(row.cagr, 1),
    ratio(row.sharpe),
    rangeOf(row.intervals.sharpe, ratio),
    ratio(row.sortino),
    signedPercent(row.max_drawdown, 1),
    rangeOf(row.intervals.max_drawdown, (value) => signedPercent(value, 1)),
    percent(row.volatility),
    percent(row.hit_rate),
    row.active_days === null ? String(row.n_days) : `${row.active_days} of ${row.n_days}`,
  ];
}

const variantText = (rows: readonly VariantRow[], context: CommandContext): string =>
  tableText(HEADER, rows.map(cellsOf), context);

function tableText(header: readonly string[], rows: string[][], { style }: CommandContext): string {
  const [name, ...figures] = header;
  return renderTable([text(name!), ...figures.map((each) => number(each))], rows, style);
}

const MEASURE_HEADER = ['Measure', 'Enhanced', 'Baseline', 'Difference', 'Better'];
const RATIOS = ['sharpe', 'sortino', 'calmar'];

function measureCells({ measure, enhanced, baseline, delta, winner }: Winner): string[] {
  const write = (value: number | null): string =>
    RATIOS.includes(measure) ? ratio(value) : signedPercent(value, 1);
  return [measure.replaceAll('_', ' '), write(enhanced), write(baseline), write(delta), winner ?? 'n/a'];
}

const COUNT_HEADER = ['Days in regime', 'Enhanced', 'Baseline'];

function countCells({
  enhanced,
  baseline,
}: Readonly<Record<'enhanced' | 'baseline', Readonly<Record<string, number>>>>): string[][] {
  const regimes = [...new Set([...Object.keys(enhanced), ...Object.keys(baseline)])].sort();
  return regimes.map((name) => [regimeLabel(name), String(enhanced[name] ?? 0), String(baseline[name] ?? 0)]);
}

/** The rule of the comparison looks at differences alone: whether they are more than chance is for the intervals. */
const recommended = (recommendation: string): string =>
  recommendation === 'minimal'
    ? 'The difference is minimal.'
    : `Recommended by the difference alone: ${recommendation}; see the intervals before believing it.`;

function beliefText(belief: TrialBelief | null): string {
  if (belief === null) return 'Too few variants or days to say how far to believe the best.';
  const { overfitting } = belief;
  return (
    `Best of ${belief.trials}: real with probability ${percent(belief.deflated_sharpe, 0)} (luck alone would show ${ratio(belief.luck_sharpe)})` +
    (overfitting === null ? '.' : `; overfitted with probability ${percent(overfitting.probability, 0)}.`)
  );
}

function markdown(
  title: string,
  rows: readonly VariantRow[],
  belief: TrialBelief | null,
  answer = '',
): string {
  return `# ${title}\n\n${markdownTable(HEADER, rows.map(cellsOf))}\n\n${answer === '' ? '' : `${answer}\n\n`}${beliefText(belief)}\n`;
}
