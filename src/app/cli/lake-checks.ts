/** `lake gaps` and `lake verify`: findings are not failures, so the exit code is 1. */
import { parseDataset } from '../../data/lake/datasets.js';
import { coverageOf } from '../../data/lake/gaps.js';
import type { Finding } from '../../data/lake/verify/finding.js';
import { verifyLake } from '../../data/lake/verify/verify.js';
import { EXIT } from '../../errors.js';
import { parseTimeframe } from '../../market/timeframe.js';
import { resolveSymbol } from '../resolve-symbol.js';
import type { CommandContext } from './command-context.js';
import { count, minute, number, plural, renderTable, shortName, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

/** Gaps of one series that a table lists; all of them are in the JSON. */
const SHOWN = 20;
const EMPTY = 'The lake holds nothing of this. See what is stored with: tidewatch lake status';

export function runLakeGaps(
  context: CommandContext,
  flags: { symbol?: string; tf?: string },
): Promise<CommandResult> {
  const timeframe = flags.tf === undefined ? undefined : parseTimeframe(flags.tf);
  return withServices(context, async ({ data }) => {
    const instrument =
      flags.symbol === undefined
        ? undefined
        : (await resolveSymbol(flags.symbol, context.config.lake.watched, data.lake)).id;
    const covered = await coverageOf(data.lake, {
      ...(instrument === undefined ? {} : { instrument }),
      ...(timeframe === undefined ? {} : { timeframe }),
    });
    const incomplete = covered.filter(({ missing }) => missing > 0);
    return {
      data: {
        series: covered.map((each) => ({
          instrument_id: each.instrument,
          timeframe: each.timeframe,
          rows: each.rows,
          first_ts: each.firstTs,
          last_ts: each.lastTs,
          missing: each.missing,
          gaps: each.gaps,
        })),
      },
      text:
        covered.length === 0
          ? EMPTY
          : incomplete.length === 0
            ? `No bar is missing in ${count(covered.length)} series`
            : renderTable(
                [text('Series'), text('TF'), text('From (UTC)'), text('To'), number('Missing')],
                incomplete.flatMap(({ instrument: id, timeframe: tf, gaps, missing }) => [
                  [shortName(id), tf, '', '', count(missing)],
                  ...gaps
                    .slice(0, SHOWN)
                    .map((gap) => ['', '', minute(gap.from), minute(gap.to), count(gap.missing)]),
                  ...(gaps.length > SHOWN ? [['', '', `… ${count(gaps.length - SHOWN)} more`, '', '']] : []),
                ]),
                context.style,
              ),
      exit: incomplete.length > 0 ? EXIT.findings : EXIT.ok,
    };
  });
}

export function runLakeVerify(context: CommandContext, flags: { dataset?: string }): Promise<CommandResult> {
  const dataset = flags.dataset === undefined ? undefined : parseDataset(flags.dataset);
  return withServices(context, async ({ data }) => {
    const progress = context.progress('verify', 'checks');
    try {
      const report = await verifyLake(data.lake, {
        now: context.clock.now(),
        onProgress: (done, total) => progress.update(done, total),
        ...(dataset === undefined ? {} : { dataset }),
      });
      const { findings } = report;
      return {
        data: { ...report, findings },
        text: [
          report.files === 0
            ? EMPTY
            : `${plural(report.files, 'file')}, ${plural(report.rows, 'row')}, ${count(report.series)} series: ${plural(
                report.alarms,
                'alarm',
              )}, ${plural(report.notices, 'notice')}`,
          ...findings
            .filter(({ severity }) => severity === 'alarm')
            .map((finding) => `fail  ${describe(finding)}`),
          ...findings
            .filter(({ severity }) => severity === 'notice')
            .slice(0, SHOWN)
            .map((finding) => `note  ${describe(finding)}`),
          ...(report.notices > SHOWN ? [`… ${count(report.notices - SHOWN)} more notices with --json`] : []),
        ].join('\n'),
        exit: report.alarms > 0 ? EXIT.findings : EXIT.ok,
      };
    } finally {
      progress.stop();
    }
  });
}

function describe({ kind, dataset, subject, timeframe, file, message }: Finding): string {
  const place = subject === undefined ? (file ?? dataset) : [subject, timeframe].filter(Boolean).join(' ');
  return `${kind}  ${place}  ${message}`;
}
