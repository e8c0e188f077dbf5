/** `audit lookahead` of a strategy: majors against alts as configured, or as a stored run has it, cut at many days. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Finding } from '../../backtest/believability/finding.js';
import { EXIT } from '../../errors.js';
import { isoDate } from '../../market/asset-panel.js';
import { auditDays, truncationFindings } from '../monitor/audit-findings.js';
import { inputOf, readMonitorLake } from '../monitor/monitor-lake.js';
import { monitorRunConfig } from '../monitor/monitor-runs.js';
import { playStrategy } from '../monitor/play-strategy.js';
import { RunStore } from '../regime/run-store.js';
import type { CommandContext } from './command-context.js';
import { subjectOf } from './monitor-run.js';
import { count, number, plural, renderTable, statusWord, text } from './output.js';
import type { CommandResult } from './run-command.js';

/** Name of the strategy as it is configured. */
const STRATEGY = 'majors-alts';

/** True when the target is a strategy and no feature set or model. */
export function isStrategy(context: CommandContext, target: string): boolean {
  if (target === STRATEGY) return true;
  return new RunStore(context.home.runs)
    .list()
    .some((run) => run.run_id === target && run.kind === 'majors_alts');
}

export async function runStrategyLookahead(
  context: CommandContext,
  target: string,
  { points, seed }: { readonly points: number; readonly seed: number },
): Promise<CommandResult> {
  const subject = target === STRATEGY ? subjectOf(context, {}) : storedSubject(context, target);
  const { config } = subject;
  const lake = await readMonitorLake(subject.lake, config, subject);
  const whole = playStrategy(inputOf(lake, config), config);
  const progress = context.progress('audit', 'days', points);
  const found = new Map<string, Finding>();
  const days = auditDays(lake, points, seed);
  try {
    for (const [done, day] of days.entries()) {
      progress.update(done, days.length);
      await breathe();
      context.signal.throwIfAborted();
      for (const finding of truncationFindings(lake, config, whole, day)) {
        if (!found.has(finding.column)) found.set(finding.column, finding);
      }
    }
  } finally {
    progress.stop();
  }
  const findings = [...found.values()];
  return {
    data: { target, kind: 'strategy', days: days.map(isoDate), causal: findings.length === 0, findings },
    exit: findings.length === 0 ? EXIT.ok : EXIT.findings,
    text:
      findings.length === 0
        ? `${statusWord('ok', context.style)}  ${plural(days.length, 'day')} cut off: features, score, regimes, book and result up to them stay the same, bit for bit`
        : [
            renderTable(
              [text('Column'), text('First'), number('Whole'), number('Cut'), text('Likely cause')],
              findings.map(({ column, first_date, value, other, cause }) => [
                column,
                first_date ?? 'n/a',
                shown(value),
                shown(other),
                cause,
              ]),
              context.style,
            ),
            `${count(findings.length)} columns look ahead`,
          ].join('\n'),
  };
}

function shown(value: Finding['value']): string {
  if (value === null) return 'nothing';
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : value;
}

function storedSubject(context: CommandContext, id: string) {
  const { lake, start_day, end_day, monitor } = monitorRunConfig(new RunStore(context.home.runs).load(id));
  return { lake, start: start_day ?? undefined, end: end_day ?? undefined, config: monitor };
}
