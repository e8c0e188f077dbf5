/** `audit run` and `audit replay`: what can be said for and against a stored run. */
import { EXIT, TidewatchError } from '../../errors.js';
import type { Finding } from '../monitor/audit-findings.js';
import { auditMonitorRun, type RunAudit, replayMonitorRun } from '../monitor/audit-run.js';
import { RunStore } from '../regime/run-store.js';
import { repeatUptrendRun } from '../uptrend/uptrend-run-record.js';
import { UptrendService } from '../uptrend/uptrend-service.js';
import type { CommandContext } from './command-context.js';
import { parseWhole } from './flags.js';
import { number, percent, renderTable, type Style, signedPercent, statusWord, text } from './output.js';
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
  try {
    const audit = await auditMonitorRun(runs, manifest, {
      points: parseWhole(flags.points, '--points', 1, 10_000),
      draws: parseWhole(flags.draws, '--draws', 100, 1_000_000),
      seed: parseWhole(flags.seed, '--seed', 0, 4_294_967_295),
      signal: context.signal,
      onStep: (done, total, what) => progress.update(done, total, what),
    });
    progress.stop();
    return {
      data: { run_id: id, ...audit },
      asOf: manifest.data.last_ts,
      exit: audit.findings.length > 0 ? EXIT.findings : EXIT.ok,
      text: auditText(audit, context.style),
    };
  } finally {
    progress.stop();
  }
}

export async function runAuditReplay(context: CommandContext, id: string): Promise<CommandResult> {
  const runs = new RunStore(context.home.runs);
  const manifest = runs.load(id);
  if (manifest.kind === 'uptrend') {
    return withServices(context, async ({ data, clock }) => {
      await repeatUptrendRun(new UptrendService(data.lake, clock), manifest);
      return replayResult(id, [], Object.keys(manifest.outputs ?? {}).length, context.style);
    });
  }
  if (manifest.kind !== 'majors_alts') {
    throw new TidewatchError('bad_parameter', `a run of the kind ${manifest.kind} cannot be replayed yet`, {
      hint: 'replay takes majors-vs-alts and uptrend runs; make the others again with their command',
      details: { run_id: id, kind: manifest.kind },
    });
  }
  const findings = await replayMonitorRun(manifest);
  return replayResult(id, findings, Object.keys(manifest.outputs ?? {}).length, context.style);
}

function replayResult(id: string, findings: readonly Finding[], files: number, style: Style): CommandResult {
  return {
    data: { run_id: id, identical: findings.length === 0, files, differences: findings },
    exit: findings.length > 0 ? EXIT.findings : EXIT.ok,
    text:
      findings.length === 0
        ? `${statusWord('ok', style)}  all ${files} files of ${id} come out the same, byte for byte`
        : [...findings.map((finding) => findingLine(finding, style)), `${findings.length} differences`].join(
            '\n',
          ),
  };
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
];

function auditText({ findings, intervals, costs, delays, belief, verdict }: RunAudit, style: Style): string {
  const isShare = (name: string): boolean => !['sharpe', 'sortino', 'calmar'].includes(name);
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
      ? [`${statusWord('ok', style)}  replay, truncation, shuffle, accounts, data: nothing found`]
      : faultsFirst(findings)
          .slice(0, SHOWN)
          .map((finding) => findingLine(finding, style))),
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
    sensitivity('Days late', delays),
    '',
    belief === null
      ? 'This is the only run over this lake: nothing to count it against.'
      : `${belief.trials} runs over this lake. Best ${belief.best}: real with probability ${percent(belief.deflated_sharpe, 0)}` +
        (belief.overfitting === null
          ? ''
          : `, overfitted with probability ${percent(belief.overfitting.probability, 0)}`),
  ].join('\n');
}
