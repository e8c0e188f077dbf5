/** `fetch candles`, `fetch funding`, `fetch open-interest`: history from venues into the lake, resumable. */
import { type BackfillReport, backfill } from '../../data/ingest/backfill.js';
import { type FundingReport, fetchFunding } from '../../data/ingest/funding.js';
import { fetchOpenInterest, type OpenInterestReport } from '../../data/ingest/open-interest.js';
import type { PageCounts } from '../../data/venues/candle-page.js';
import { EXCHANGES } from '../../data/venues/open-venues.js';
import { EXIT, TidewatchError } from '../../errors.js';
import type { Instrument } from '../../market/instrument.js';
import { parseTimeframe } from '../../market/timeframe.js';
import { type Fetched, fetchMany } from '../fetch/fetch-many.js';
import { fetchSymbols } from '../fetch/fetch-symbols.js';
import { rollUpAfter } from '../roll-up-after.js';
import type { Services } from '../services.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseRange } from './flags.js';
import { type Column, count, minute, number, percent, renderTable, shortName, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

export interface FetchFlags {
  readonly venue?: string;
  readonly symbol?: string;
  readonly tf?: string;
  readonly from?: string;
  readonly to?: string;
  readonly full?: boolean;
}

/** What all three reports have. */
interface AnyReport {
  readonly from: number;
  readonly to: number;
  readonly pages: number;
  readonly rows: number;
  readonly firstTs: number | null;
  readonly lastTs: number | null;
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

interface Task<Report extends AnyReport> {
  readonly what: string;
  readonly unit: string;
  fetchOne(services: Services, instrument: Instrument, tell: Tell): Promise<Report>;
  /** Facts of this kind beside the common ones. */
  facts(report: Report): Readonly<Record<string, unknown>>;
  readonly columns: readonly Column[];
  cells(report: Report): readonly string[];
  /** What to do about gaps. */
  readonly mend: string;
}

interface Tell {
  progress(rows: number, expected: number | undefined, at: number): void;
  published(rows: number): void;
}

const GAPS_LISTED = 100;
const ASKED_EACH_TIME = 'the venue did not give what lacks; running it again asks once more';

/** @throws TidewatchError `bad_parameter`, also for a range that has not begun */
function pastRange({ clock }: CommandContext, flags: FetchFlags): ReturnType<typeof parseRange> {
  const range = parseRange(flags.from, flags.to);
  if (range.from === undefined || range.from < clock.now()) return range;
  throw new TidewatchError('bad_parameter', `--from ${flags.from} is not over yet`, {
    hint: 'give a time in the past, or leave --from out to go on from what is stored',
    details: { parameter: '--from', value: flags.from },
  });
}

export function runFetchCandles(context: CommandContext, flags: FetchFlags): Promise<CommandResult> {
  const timeframe = parseTimeframe(flags.tf ?? '1m');
  const { from, to } = pastRange(context, flags);
  return fetchInto<BackfillReport>(context, flags, {
    what: `candles ${timeframe}`,
    unit: 'bars',
    fetchOne: async ({ venues, data, clock }, instrument, tell) => {
      const report = await backfill(data, {
        venue: venues.of(instrument.venue),
        instrument,
        timeframe,
        from,
        to,
        full: flags.full,
        clock,
        signal: context.signal,
        onProgress: ({ rows, expected, at }) => tell.progress(rows, expected, at),
        onPublished: (rows) => tell.published(rows),
      });
      await rollUpAfter(data, clock, report, context.signal);
      return report;
    },
    facts: ({ held, absent, counts, clockSkewMs }) => ({
      timeframe,
      held,
      absent,
      dropped: droppedJson(counts),
      clock_skew_ms: clockSkewMs,
    }),
    columns: [number('Held before'), number('Not traded')],
    cells: ({ held, absent }) => [count(held), count(absent)],
    mend: 'tidewatch lake gaps --repair asks for them again',
  });
}

export function runFetchFunding(context: CommandContext, flags: FetchFlags): Promise<CommandResult> {
  const { from, to } = pastRange(context, flags);
  return fetchInto<FundingReport>(context, flags, {
    what: 'funding',
    unit: 'events',
    fetchOne: async ({ venues, data, clock }, instrument, tell) => {
      return fetchFunding(data, {
        venue: venues.of(instrument.venue),
        instrument,
        from,
        to,
        full: flags.full,
        clock,
        signal: context.signal,
        onProgress: (rows, due, at) => tell.progress(rows, due, at),
        onPublished: (rows) => tell.published(rows),
      });
    },
    facts: ({ stored, missing, missingShare, intervals }) => ({
      stored,
      missing,
      missing_share: missingShare,
      interval_hours: intervals,
    }),
    columns: [number('Stored'), number('Missing'), text('Every (h)')],
    cells: ({ stored, missingShare, intervals }) => [
      count(stored),
      missingShare === null ? 'n/a' : percent(missingShare),
      intervals.join(' ') || 'n/a',
    ],
    mend: ASKED_EACH_TIME,
  });
}

export function runFetchOpenInterest(context: CommandContext, flags: FetchFlags): Promise<CommandResult> {
  const timeframe = parseTimeframe(flags.tf ?? '5m');
  const { from, to } = pastRange(context, flags);
  return fetchInto<OpenInterestReport>(context, flags, {
    what: 'open interest',
    unit: 'rows',
    fetchOne: async ({ venues, data, clock }, instrument, tell) => {
      return fetchOpenInterest(data, {
        venue: venues.of(instrument.venue),
        instrument,
        timeframe,
        from,
        to,
        full: flags.full,
        clock,
        signal: context.signal,
        onProgress: (rows, expected, at) => tell.progress(rows, expected, at),
        onPublished: (rows) => tell.published(rows),
      });
    },
    facts: (report) => ({ timeframe: report.timeframe, held: report.held }),
    columns: [number('Held before')],
    cells: ({ held }) => [count(held)],
    mend: ASKED_EACH_TIME,
  });
}

/** @throws TidewatchError always: `bad_parameter` for an unknown venue, else `not_offered` */
export function refuseLiquidations({ venue }: FetchFlags): never {
  if (venue !== undefined) parseChoice(venue, '--venue', EXCHANGES);
  throw new TidewatchError(
    'not_offered',
    `${venue ?? 'every exchange here'} offers no history of liquidations`,
    {
      hint: 'they are only streamed: tidewatch up stores them as they happen, and tidewatch fetch panel --liquidations has daily sums',
      details: venue === undefined ? {} : { venue },
    },
  );
}

function fetchInto<Report extends AnyReport>(
  context: CommandContext,
  flags: FetchFlags,
  task: Task<Report>,
): Promise<CommandResult> {
  return withServices(context, async (services) => {
    const { data, venues, home } = services;
    const instruments = await fetchSymbols(flags.symbol, flags.venue, context.config.lake.watched, data.lake);
    const progress = context.progress(task.what, task.unit);
    const states = new Map<string, { rows: number; expected: number | undefined }>();
    let published = 0;
    const quiet = venues.onBlocked(({ venue, reason, until }) => {
      const waits = Math.max(1, Math.round((until - context.clock.now()) / 1000));
      context.notice(`${venue} is blocked: ${reason}, until ${clockTime(until)} UTC (${waits} s)`);
    });
    try {
      const fetched = await fetchMany(
        home,
        task.what,
        instruments,
        (instrument) =>
          task.fetchOne(services, instrument, {
            progress(rows, expected, at) {
              states.set(instrument.id, { rows, expected });
              const all = [...states.values()];
              const known = all.length === instruments.length && all.every((each) => each.expected);
              progress.update(
                all.reduce((sum, each) => sum + each.rows, 0),
                known ? all.reduce((sum, each) => sum + each.expected!, 0) : undefined,
                instruments.length === 1
                  ? `${instrument.id} at ${minute(at)}`
                  : `${instrument.id} at ${minute(at)}, ${all.length} of ${instruments.length} series begun`,
              );
            },
            published(rows) {
              published += rows;
              context.keep(`${count(published)} ${task.unit}; run the same command to go on`);
            },
          }),
        context.signal,
      );
      return answerOf(context, task, fetched, flags.from !== undefined || flags.to !== undefined);
    } finally {
      quiet();
      progress.stop();
    }
  });
}

function answerOf<Report extends AnyReport>(
  context: CommandContext,
  task: Task<Report>,
  fetched: readonly Fetched<Report>[],
  isRanged: boolean,
): CommandResult {
  const failed = fetched.filter(({ error }) => error !== undefined);
  // one thing asked for and not got is the error of the command
  if (failed.length === fetched.length) throw failed[0]!.error;
  for (const { report } of fetched)
    for (const warning of report?.warnings ?? []) context.warn({ ...warning });
  for (const { instrument, error } of failed) {
    context.warn({ code: error!.code, message: `${instrument.id}: ${error!.message}` });
  }
  const withGaps = fetched.filter(({ report }) => (report?.gaps.length ?? 0) > 0);
  // of a range that was asked for, nothing at all is a finding
  const empty = fetched.filter(({ report }) => report?.firstTs === null && isRanged).length;
  const rows = fetched.reduce((sum, { report }) => sum + (report?.rows ?? 0), 0);
  return {
    data: {
      what: task.what,
      series: fetched.map(({ instrument, report, error }) => ({
        instrument_id: instrument.id,
        ...(report === undefined
          ? {}
          : {
              from: report.from,
              to: report.to,
              pages: report.pages,
              rows: report.rows,
              first_ts: report.firstTs,
              last_ts: report.lastTs,
              ...task.facts(report),
              gaps: report.gaps.slice(0, GAPS_LISTED),
              gap_count: report.gaps.length,
            }),
        error:
          error === undefined ? null : { code: error.code, message: error.message, hint: error.hint ?? null },
      })),
    },
    text: [
      renderTable(
        [
          text('Series'),
          number('New'),
          ...task.columns,
          text('From (UTC)'),
          text('To'),
          number('Gaps'),
          number('Pages'),
        ],
        fetched.map(({ instrument, report, error }) =>
          report === undefined
            ? [shortName(instrument.id), error!.code]
            : [
                shortName(instrument.id),
                count(report.rows),
                ...task.cells(report),
                report.firstTs === null ? '' : minute(report.firstTs),
                report.lastTs === null ? '' : minute(report.lastTs),
                count(report.gaps.length),
                count(report.pages),
              ],
        ),
        context.style,
      ),
      ...(withGaps.length === 0 ? [] : [`${withGaps.length} series with gaps: ${task.mend}`]),
      `${count(rows)} ${task.unit} written`,
    ].join('\n'),
    exit: failed.length > 0 || withGaps.length > 0 || empty > 0 ? EXIT.findings : EXIT.ok,
  };
}

function droppedJson(counts: PageCounts): Record<string, number> {
  return {
    out_of_order: counts.outOfOrder,
    duplicates: counts.duplicates,
    misaligned: counts.misaligned,
    invalid: counts.invalid,
    outside: counts.outside,
  };
}

function clockTime(time: number): string {
  return new Date(time).toISOString().slice(11, 19);
}
