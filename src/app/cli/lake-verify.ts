/** `lake verify`: findings are not failures, so the exit code is 1. */
import { parseDataset } from '../../data/lake/datasets.js';
import type { Finding } from '../../data/lake/verify/finding.js';
import { verifyLake } from '../../data/lake/verify/verify.js';
import { EXIT } from '../../errors.js';
import type { CommandContext } from './command-context.js';
import { count, plural } from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

/** Notices that the text lists; all of them are in the JSON. */
const SHOWN = 20;
const EMPTY = 'The lake holds nothing of this. See what is stored with: tidewatch lake status';

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
