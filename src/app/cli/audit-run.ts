/** `audit run` and `audit replay`: what can be said for and against a stored run. */
import { availableParallelism } from 'node:os';
import type { Finding } from '../../backtest/believability/finding.js';
import type { AuditOptions, RunAudit } from '../../backtest/believability/run-audit.js';
import { EXIT } from '../../errors.js';
import { auditComparison } from '../audit/audit-comparison.js';
import { auditRegime } from '../audit/audit-regime.js';
import { auditUptrendRun } from '../audit/audit-uptrend.js';
import { auditWalkForward } from '../audit/audit-walk-forward.js';
import { replayRun } from '../audit/replay-run.js';
import { auditMonitorRun } from '../monitor/audit-run.js';
import { type ModelRun, type RunManifest, RunStore } from '../regime/run-store.js';
import type { CommandContext } from './command-context.js';
import { parseWhole } from './flags.js';
import {
  number,
  percent,
  plural,
  renderTable,
  type Style,
  signedPercent,
  statusWord,
  text,
} from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

export interface AuditRunFlags {
  readonly points: string;
  readonly draws: string;
  readonly seed: string;
}

export async function runAuditRun(
  context: CommandContext,
  id: string,
  flags: AuditRunFlags,
): Promise<CommandResult> {
  const runs = new RunStore(context.home.runs);
  const manifest = runs.load(id);
  const progress = context.progress('audit', 'steps');
  const options: AuditOptions = {
    points: parseWhole(flags.points, '--points', 1, 10_000),
    draws: parseWhole(flags.draws, '--draws', 100, 1_000_000),
    seed: parseWhole(flags.seed, '--seed', 0, 4_294_967_295),
    signal: context.signal,
    onStep: (done, total, what) => progress.update(done, total, what),
  };
  try {
    const audit = await auditOf(context, runs, manifest, options);
    progress.stop();
    return {
      data: { run_id: id, kind: manifest.kind, ...audit },
      asOf: manifest.data.last_ts,
      exit: audit.findings.length > 0 ? EXIT.findings : EXIT.ok,
      text: auditText(audit, context.style),
    };
  } finally {
    progress.stop();
  }
}

function auditOf(
  context: CommandContext,
  runs: RunStore,
  manifest: RunManifest,
  options: AuditOptions,
): Promise<RunAudit> {
  const parallel = { ...options, workers: availableParallelism() };
  switch (manifest.kind) {
    case 'majors_alts':
      return auditMonitorRun(runs, manifest, options);
    case 'uptrend':
      return withServices(context, (services) => auditUptrendRun(services, manifest, options));
    case 'walk_forward':
      return withServices(context, (services) => auditWalkForward(services, manifest, parallel));
    case 'comparison':
      return withServices(context, (services) => auditComparison(services, manifest, parallel));
    case 'regime':
      return withServices(context, (services) => auditRegime(services, manifest as ModelRun, options));
  }
}

export async function runAuditReplay(context: CommandContext, id: string): Promise<CommandResult> {
  const manifest = new RunStore(context.home.runs).load(id);
  const progress = context.progress('replay', 'folds');
  try {
    const { findings, compared } = await replayRun(manifest, (work) => withServices(context, work), {
      workers: availableParallelism(),
      signal: context.signal,
      onStep: (done, total) => progress.update(done, total),
    });
    progress.stop();
    const isSame = findings.length === 0;
    const { style } = context;
    return {
      data: {
        run_id: id,
        kind: manifest.kind,
        identical: isSame,
        files: compared.length,
        compared,
        differences: findings,
      },
      exit: isSame ? EXIT.ok : EXIT.findings,
      text: isSame
        ? `${statusWord('ok', style)}  ${id} comes out the same, byte for byte: ${compared.join(', ')}`
        : [
            ...findings.map((finding) => findingLine(finding, style)),
            plural(findings.length, 'difference'),
          ].join('\n'),
    };
  } finally {
    progress.stop();
  }
}

const ratio = (value: number | null | undefined): string =>
  value === null || value === undefined || Number.isNaN(value) ? 'n/a' : value.toFixed(2).replace('-', '−');

function shown(value: Finding['value']): string {
  if (value === null) return 'nothing';
  return typeof value === 'number' ? String(Number(value.toPrecision(8))) : value.slice(0, 16);
}

function findingLine(
  { severity, audit, column, first_date, value, other, cause }: Finding,
  style: Style,
): string {
  const word = statusWord(severity === 'fault' ? 'fail' : 'warn', style);
  return `${word}  ${audit}  ${column}${first_date === null ? '' : ` from ${first_date}`}: ${shown(value)}, not ${shown(other)}. ${cause}`;
}

const faultsFirst = (findings: readonly Finding[]): Finding[] => [
  ...findings.filter(({ severity }) => severity === 'fault'),
  ...findings.filter(({ severity }) => severity === 'warning'),
];

/** Findings that a terminal shows one by one; all are in the JSON. */
const SHOWN = 20;
const FIGURES = [
  'total_return',
  'cagr',
  'sharpe',
  'sortino',
  'max_drawdown',
  'calmar',
  'annual_vol',
  'hit_rate_active',
  'total_cost',
  'sharpe_beyond_holding',
];
const RATIOS = ['sharpe', 'sortino', 'calmar', 'sharpe_beyond_holding'];

function auditText(audit: RunAudit, style: Style): string {
  const { findings, intervals, costs, delays, belief, verdict, not_applied } = audit;
  const isShare = (name: string): boolean => !RATIOS.includes(name);
  const write = (name: string, value: number): string =>
    isShare(name) ? signedPercent(value, 1) : ratio(value);
  const figures = FIGURES.filter((name) => intervals[name] !== undefined);
  const sensitivity = (unit: string, rows: RunAudit['costs']): string =>
    renderTable(
      [text(unit), number('Sharpe'), number('Return'), number('Max drawdown')],
      rows.map((row) => [
        String(row.setting),
        ratio(row.sharpe),
        signedPercent(row.total_return, 1),
        signedPercent(row.max_drawdown, 1),
      ]),
      style,
    );
  return [
    `Verdict: ${verdict.verdict}. ${verdict.sentence}`,
    '',
    ...(findings.length === 0
      ? [
          `${statusWord('ok', style)}  replay, truncation, data${not_applied.length > 0 ? '' : ', shuffle, accounts'}: nothing found`,
        ]
      : faultsFirst(findings)
          .slice(0, SHOWN)
          .map((finding) => findingLine(finding, style))),
    ...not_applied.map(({ audit: name, why }) => `not applied: ${name}. ${why}`),
    ...(findings.length > SHOWN ? [`${findings.length - SHOWN} more findings: --json has all`] : []),
    '',
    ...(figures.length === 0
      ? ['Too few days for intervals.']
      : [
          renderTable(
            [text('Figure'), number('Value'), number('Low'), number('High'), number('p of zero')],
            figures.map((name) => {
              const { estimate, low, high, p } = intervals[name]!;
              return [name, write(name, estimate), write(name, low), write(name, high), p.toFixed(3)];
            }),
            style,
          ),
        ]),
    '',
    sensitivity('Costs times', costs),
    '',
    sensitivity(audit.delay_unit === 'day' ? 'Days late' : 'Bars late', delays),
    '',
    belief === null
      ? 'Nothing to count it against: intervals are for this run alone, not for the best of many that were tried.'
      : `${belief.trials} runs over this lake. Best ${belief.best}: real with probability ${percent(belief.deflated_sharpe, 0)}` +
        (belief.overfitting === null
          ? ''
          : `, overfitted with probability ${percent(belief.overfitting.probability, 0)}`),
  ].join('\n');
}
