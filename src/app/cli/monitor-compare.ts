/** `monitor compare`: the five comparison questions (majors-alts spec §13). */
import { join } from 'node:path';
import { TidewatchError } from '../../errors.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { createHome } from '../../platform/home.js';
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
import { requireRun } from '../monitor/monitor-pool.js';
import { readMonitorBook, recordMonitorRun } from '../monitor/monitor-runs.js';
import { beliefOf, type VariantRow, variantRow } from '../monitor/sweep.js';
import { regimeLabel } from '../report/majors/majors-words.js';
import type { CommandContext } from './command-context.js';
import { parseChoice } from './flags.js';
import { type MonitorFlags, type MonitorSubject, subjectOf } from './monitor-run.js';
import {
  beliefText,
  markdown,
  pooled,
  rangeOf,
  ratio,
  readLakes,
  tableText,
  variantText,
} from './monitor-variants.js';
import { percent, signedPercent } from './output.js';
import type { CommandResult } from './run-command.js';

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

const REGIME_HEADER = ['Regime', 'Days', 'Mean a day', '95 % interval', 'Total', '95 % interval'];

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
  const rows = analysis.by_regime.map((row) => [
    row.label,
    String(row.n_days),
    signedPercent(row.mean_return, 3),
    rangeOf(row.mean_interval ?? undefined, (value) => signedPercent(value, 3)),
    signedPercent(row.total_return, 1),
    rangeOf(row.total_interval ?? undefined, (value) => signedPercent(value, 1)),
  ]);
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
  writeFileAtomic(
    files[1]!,
    `# ${manifest.run_id}\n\n${lines.join('\n')}\n\n${markdownTable(REGIME_HEADER, rows)}\n`,
  );
  return {
    data: { ...data, files },
    text: [
      `${manifest.run_id}  ${String(manifest.config.name)}`,
      ...lines,
      tableText(REGIME_HEADER, rows, context),
    ].join('\n'),
  };
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
