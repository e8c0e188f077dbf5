/** `monitor run` and `monitor signals`. */
import { join, resolve } from 'node:path';
import { createHome } from '../../platform/home.js';
import type { MonitorConfig } from '../../platform/monitor-config.js';
import { computeRun, computeSignal } from '../monitor/compute-run.js';
import { readExperiment } from '../monitor/experiment.js';
import { type DayRange, lakeFolder, parseDay, readMonitorLake } from '../monitor/monitor-lake.js';
import { type RunIdentity, recordMonitorRun } from '../monitor/monitor-runs.js';
import { RunStore } from '../regime/run-store.js';
import { regimeLabel } from '../report/majors/majors-words.js';
import { intervalLines } from './belief-text.js';
import type { CommandContext } from './command-context.js';
import { parseChoice } from './flags.js';
import { count, number, percent, renderTable, signedPercent, text } from './output.js';
import type { CommandResult } from './run-command.js';

export interface MonitorFlags {
  readonly start?: string;
  readonly end?: string;
  readonly experiment?: string;
  readonly lake?: string;
  readonly out?: string;
}

const PROFILES = ['corrected', 'reference'] as const;

export interface MonitorSubject extends RunIdentity {
  readonly reports: string;
  readonly runs: RunStore;
}

/** What the flags, an experiment file and the configuration come to. */
export function subjectOf(context: CommandContext, flags: MonitorFlags): MonitorSubject {
  const { home } = context;
  const base = withProfile(context, context.config.monitor);
  const experiment = flags.experiment === undefined ? undefined : readExperiment(flags.experiment, base);
  for (const key of experiment?.ignored ?? []) {
    context.warn({ code: 'ignored_key', message: `${flags.experiment}: nothing reads the key ${key}`, key });
  }
  // an experiment is a question, not a place: where files go is decided here
  const config =
    experiment === undefined ? base : { ...withProfile(context, experiment.config), outputs: base.outputs };
  const range: DayRange = { start: parseDay(flags.start, '--start'), end: parseDay(flags.end, '--end') };
  return {
    name: experiment?.name ?? 'default',
    title: experiment?.title ?? null,
    category: experiment?.category ?? null,
    lake: lakeFolder(home, config, flags.lake),
    start: range.start,
    end: range.end,
    config,
    reports: resolve(flags.out ?? config.outputs.reports_dir ?? join(home.reports, 'majors-alts')),
    runs: new RunStore(resolve(config.outputs.artifacts_dir ?? home.runs)),
  };
}

function withProfile(context: CommandContext, config: MonitorConfig): MonitorConfig {
  const { profile } = context.flags;
  return profile === undefined ? config : { ...config, profile: parseChoice(profile, 'profile', PROFILES) };
}

export async function runMonitorRun(context: CommandContext, flags: MonitorFlags): Promise<CommandResult> {
  const subject = subjectOf(context, flags);
  createHome(context.home);
  const progress = context.progress('monitor', 'steps', 3);
  try {
    const lake = await readMonitorLake(subject.lake, subject.config, subject);
    progress.update(1, 3, 'lake read');
    const run = computeRun(lake, subject.config, subject);
    for (const message of run.book.warnings) context.warn({ code: 'degraded', message });
    progress.update(2, 3, 'computed');
    const { runs, reports } = subject;
    const { manifest, files } = await recordMonitorRun(
      { runs, reports, clock: context.clock },
      lake,
      subject,
      run,
    );
    progress.stop();
    const { kpis, intervals, daily, verdict, data } = run.book;
    if (daily.ts.length === 0) {
      context.warn({
        code: 'no_test_day',
        message:
          'no test day: the range is shorter than the training and test windows; the tables have headers only',
      });
    }
    context.keep(reports);
    return {
      data: {
        run_id: manifest.run_id,
        name: subject.name,
        profile: subject.config.profile,
        from: data.from,
        to: data.to,
        windows: data.windows,
        kpis: run.result.kpis,
        intervals,
        verdict,
        files,
      },
      asOf: data.to,
      text: [
        ...(daily.ts.length === 0
          ? ['Nothing was traded.']
          : [
              `Return ${signedPercent(kpis.total_return ?? daily.equity.at(-1)! - 1, 1)}  Sharpe ${ratio(kpis.sharpe)}  max drawdown ${signedPercent(kpis.max_drawdown ?? null, 1)}  ${activeDays(kpis, daily.ts.length)}  costs ${percent(kpis.total_cost ?? null)}`,
              ...intervalLines(intervals),
              `Verdict: ${verdict.verdict}. ${verdict.sentence}`,
            ]),
        `Run ${manifest.run_id}`,
        `Files ${reports}`,
      ].join('\n'),
    };
  } finally {
    progress.stop();
  }
}

const ratio = (value: number | null | undefined): string =>
  value === null || value === undefined ? 'n/a' : value.toFixed(2).replace('-', '−');

function activeDays(kpis: Readonly<Record<string, number | null>>, days: number): string {
  const active = kpis.active_days;
  return active === undefined || active === null
    ? `${count(days)} days`
    : `active ${count(active)} of ${count(days)} days`;
}

export interface SignalFlags extends MonitorFlags {
  readonly asof?: string;
}

export async function runMonitorSignals(context: CommandContext, flags: SignalFlags): Promise<CommandResult> {
  const subject = subjectOf(context, flags);
  const asOf = parseDay(flags.asof, '--asof');
  const { writeFileAtomic } = await import('../../platform/atomic-file.js');
  const lake = await readMonitorLake(subject.lake, subject.config, subject);
  const signal = computeSignal(lake, subject.config, asOf);
  if (signal.data_date !== undefined) {
    context.warn({
      code: 'older_data',
      message: `the lake has no row of ${signal.asof_date}: this is the signal of ${signal.data_date}`,
    });
  }
  createHome(context.home);
  const file = join(subject.reports, 'signals_today.json');
  writeFileAtomic(file, `${JSON.stringify(signal, null, 1)}\n`);
  const legs = [...Object.entries(signal.leg_weights.majors), ...Object.entries(signal.leg_weights.alts)];
  const day = signal.data_date ?? signal.asof_date;
  return {
    data: { ...signal, file },
    asOf: Date.parse(`${day}T00:00:00Z`),
    // the signal of another day than the one asked for is a finding
    exit: signal.data_date === undefined ? 0 : 1,
    text: [
      `${day}  ${regimeLabel(signal.regime)}  score ${ratio(signal.score)}  gross ${signal.suggested_gross.toFixed(2)}`,
      ...(legs.every(([, weight]) => weight === 0)
        ? ['No position.']
        : [
            renderTable(
              [text('Asset'), text('Side'), number('Weight')],
              legs
                .filter(([, weight]) => weight !== 0)
                .map(([asset, weight]) => [asset, weight > 0 ? 'long' : 'short', signedPercent(weight, 2)]),
              context.style,
            ),
          ]),
      `Expected funding ${signedPercent(-signal.expected_funding_daily, 4)} a day. File ${file}`,
    ].join('\n'),
  };
}
