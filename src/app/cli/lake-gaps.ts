/** `lake gaps`: which bars are missing, and with --repair what the venue says about them. Findings exit with 1. */
import { type RepairedSeries, repairGaps } from '../../data/lake/gap-repair.js';
import { type CoverageRequest, coverageOf } from '../../data/lake/gaps.js';
import { EXIT } from '../../errors.js';
import { parseTimeframe } from '../../market/timeframe.js';
import { gapRepairer } from '../gap-repairer.js';
import { resolveSymbol } from '../resolve-symbol.js';
import { rollUpAfter } from '../roll-up-after.js';
import type { Services } from '../services.js';
import type { CommandContext } from './command-context.js';
import { parseWhole } from './flags.js';
import { count, minute, number, plural, renderTable, shortName, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

/** Gaps of one series that a table lists; all of them are in the JSON. */
const SHOWN = 20;
const EMPTY = 'The lake holds nothing of this. See what is stored with: tidewatch lake status';

export interface GapFlags {
  readonly symbol?: string;
  readonly tf?: string;
  readonly shortest?: string;
  readonly repair?: boolean;
}

export function runLakeGaps(context: CommandContext, flags: GapFlags): Promise<CommandResult> {
  const timeframe = flags.tf === undefined ? undefined : parseTimeframe(flags.tf);
  const shortest =
    flags.shortest === undefined ? undefined : parseWhole(flags.shortest, '--shortest', 1, 1_000_000);
  return withServices(context, async (services) => {
    const { lake } = services.data;
    const { watched } = context.config.lake;
    const only: CoverageRequest = {
      ...(flags.symbol === undefined
        ? {}
        : { instrument: (await resolveSymbol(flags.symbol, watched, lake)).id }),
      ...(timeframe === undefined ? {} : { timeframe }),
      ...(shortest === undefined ? {} : { shortest }),
    };
    return flags.repair ? repair(context, services, only) : list(context, services, only);
  });
}

async function list(
  context: CommandContext,
  { data }: Services,
  only: CoverageRequest,
): Promise<CommandResult> {
  const covered = await coverageOf(data.lake, only);
  const incomplete = covered.filter(({ missing }) => missing > 0);
  const columns = [
    text('Series'),
    text('TF'),
    text('From (UTC)'),
    text('To'),
    number('Missing'),
    number('Confirmed empty'),
  ];
  return {
    data: {
      series: covered.map((each) => ({
        instrument_id: each.instrument,
        timeframe: each.timeframe,
        rows: each.rows,
        first_ts: each.firstTs,
        last_ts: each.lastTs,
        missing: each.missing,
        confirmed_empty: each.confirmed,
        gaps: each.gaps.map(({ from, to, missing, confirmed }) => ({
          from,
          to,
          missing,
          confirmed_empty: confirmed,
        })),
      })),
    },
    text:
      covered.length === 0
        ? EMPTY
        : incomplete.length === 0
          ? `No bar is missing in ${count(covered.length)} series`
          : renderTable(
              columns,
              incomplete.flatMap(({ instrument: id, timeframe: tf, gaps, missing, confirmed }) => [
                [shortName(id), tf, '', '', count(missing), count(confirmed)],
                ...gaps
                  .slice(0, SHOWN)
                  .map((gap) => [
                    '',
                    '',
                    minute(gap.from),
                    minute(gap.to),
                    count(gap.missing),
                    count(gap.confirmed),
                  ]),
                ...(gaps.length > SHOWN
                  ? [['', '', `… ${count(gaps.length - SHOWN)} more`, '', '', '']]
                  : []),
              ]),
              context.style,
            ),
    exit: covered.some(({ missing, confirmed }) => missing > confirmed) ? EXIT.findings : EXIT.ok,
  };
}

async function repair(
  context: CommandContext,
  { data, venues, clock }: Services,
  only: CoverageRequest,
): Promise<CommandResult> {
  const progress = context.progress('repair', 'gaps');
  try {
    const series = await repairGaps(data.lake, {
      ...only,
      repairer: gapRepairer(venues),
      write: data.write,
      signal: context.signal,
      onProgress: (done, total, instrument) => {
        progress.update(done, total, instrument);
        context.keep(`the answers to ${count(done)} of ${plural(total, 'gap')}`);
      },
    });
    for (const { instrument, timeframe, gaps } of series) {
      const from = Math.min(...gaps.map((gap) => gap.from));
      const rows = gaps.reduce((sum, { filled }) => sum + filled, 0);
      await rollUpAfter(data, clock, { instrument, timeframe, from, rows }, context.signal);
    }
    const stillOpen = sumOf(series, 'stillOpen');
    return {
      data: {
        filled: sumOf(series, 'filled'),
        confirmed_empty: sumOf(series, 'confirmedEmpty'),
        still_open: stillOpen,
        series: series.map(({ instrument, timeframe, gaps, reason }) => ({
          instrument_id: instrument,
          timeframe,
          reason: reason ?? null,
          gaps: gaps.map((gap) => ({
            from: gap.from,
            to: gap.to,
            missing: gap.missing,
            filled: gap.filled,
            confirmed_empty: gap.confirmedEmpty,
            still_open: gap.stillOpen,
          })),
        })),
      },
      text:
        series.length === 0
          ? 'No gap to repair'
          : [repairTable(series, context), ...reasons(series), summary(series)].join('\n'),
      exit: stillOpen > 0 ? EXIT.findings : EXIT.ok,
    };
  } finally {
    progress.stop();
  }
}

function sumOf(series: readonly RepairedSeries[], name: 'filled' | 'confirmedEmpty' | 'stillOpen'): number {
  return series.reduce((sum, { gaps }) => sum + gaps.reduce((part, gap) => part + gap[name], 0), 0);
}

function repairTable(series: readonly RepairedSeries[], { style }: CommandContext): string {
  return renderTable(
    [
      text('Series'),
      text('TF'),
      text('From (UTC)'),
      text('To'),
      number('Missing'),
      number('Filled'),
      number('Confirmed empty'),
      number('Still open'),
    ],
    series.flatMap(({ instrument, timeframe, gaps }) =>
      gaps
        .slice(0, SHOWN)
        .map((gap) => [
          shortName(instrument),
          timeframe,
          minute(gap.from),
          minute(gap.to),
          count(gap.missing),
          count(gap.filled),
          count(gap.confirmedEmpty),
          count(gap.stillOpen),
        ]),
    ),
    style,
  );
}

function reasons(series: readonly RepairedSeries[]): string[] {
  return series.flatMap(({ instrument, timeframe, reason }) =>
    reason === undefined ? [] : [`Open in ${shortName(instrument)} ${timeframe}: ${reason.message}`],
  );
}

function summary(series: readonly RepairedSeries[]): string {
  const gaps = series.reduce((sum, each) => sum + each.gaps.length, 0);
  return `${plural(gaps, 'gap')}: ${count(sumOf(series, 'filled'))} bars filled, ${count(
    sumOf(series, 'confirmedEmpty'),
  )} confirmed empty, ${count(sumOf(series, 'stillOpen'))} still open`;
}
