/** `monitor sweep`: every experiment of a pattern, and how far to believe the best of them. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TidewatchError } from '../../errors.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { createHome } from '../../platform/home.js';
import type { PoolItem } from '../monitor/monitor-pool.js';
import { recordMonitorRun } from '../monitor/monitor-runs.js';
import { beliefOf, type VariantRow, variantRow } from '../monitor/sweep.js';
import type { CommandContext } from './command-context.js';
import { type MonitorFlags, type MonitorSubject, subjectOf } from './monitor-run.js';
import { beliefText, markdown, pooled, readLakes, variantText } from './monitor-variants.js';
import type { CommandResult } from './run-command.js';

export interface SweepFlags extends Omit<MonitorFlags, 'experiment'> {
  readonly glob: string;
  readonly failFast?: boolean;
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
