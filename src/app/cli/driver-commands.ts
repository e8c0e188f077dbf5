/** `drivers …`: asked of the process that owns the home, which is this one where no other is. */
import { REGIME_TIMEFRAMES } from '../../analysis/drivers/driver.js';
import { EXECUTION_TIMEFRAMES } from '../../analysis/drivers/execution-weights.js';
import { EXIT } from '../../errors.js';
import type { DriverCell, DriversAnswer, PostureAnswer, VerifyAnswer } from '../drivers/driver-answers.js';
import { spanOf } from '../drivers/driver-cells.js';
import type { PipelineRun } from '../drivers/driver-pipeline.js';
import type { Services } from '../services.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseWhole } from './flags.js';
import { count, minute, number, percent, plural, renderTable, type Style, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

export interface DriverRunFlags {
  readonly tf?: string;
  readonly prices?: boolean;
  readonly ta?: boolean;
  readonly uptrend?: boolean;
}

export interface LeversFlags {
  readonly bucket?: string;
  readonly tf?: string;
  readonly symbol?: string;
  readonly explain?: boolean;
}

/** Leaves the jobs of the queue to those who work. */
function asking<T>(context: CommandContext, work: (services: Services) => Promise<T>): Promise<T> {
  return withServices(context, (services) => {
    services.operations.works = false;
    return work(services);
  });
}

export function runDriversRun(context: CommandContext, flags: DriverRunFlags): Promise<CommandResult> {
  const timeframe = parseChoice(flags.tf ?? 'all', '--tf', [...REGIME_TIMEFRAMES, 'all'] as const);
  const { prices = true, ta = true, uptrend = true } = flags;
  return asking(context, async ({ operations }) => {
    const runs = await operations.ask('drivers.run', { timeframe, prices, ta, uptrend });
    for (const { timeframe: own, skipped } of runs) {
      if (skipped)
        context.warn({ code: 'job_running', message: `${own} is being run already; nothing was done` });
    }
    return { data: runs, text: runText(runs, context.style), exit: exitOf(runs) };
  });
}

export function runDriversBackfill(
  context: CommandContext,
  { days }: { readonly days?: string },
): Promise<CommandResult> {
  const wanted = days === undefined ? null : parseWhole(days, '--days', 1, 3650);
  return asking(context, async ({ operations }) => {
    const { fetched, runs } = await operations.ask('drivers.backfill', { days: wanted });
    const lines = [
      `${plural(fetched.bars, 'bar')} of coins and ${plural(fetched.token_bars, 'bar')} of tokens fetched`,
      ...fetched.failures.map(({ subject, message }) => `failed  ${subject}: ${message}`),
      runText(runs, context.style),
    ];
    return {
      data: { fetched, runs },
      text: lines.join('\n'),
      exit: fetched.failures.length > 0 ? EXIT.findings : exitOf(runs),
    };
  });
}

export function runDriversSummary(
  context: CommandContext,
  { book }: { book?: string },
): Promise<CommandResult> {
  return asking(context, async ({ operations }) => {
    const answer = await operations.ask('drivers.summary', book === undefined ? {} : { book });
    return { data: answer, asOf: answer.as_of, text: summaryText(answer, context.style) };
  });
}

export function runDriversAe(context: CommandContext, flags: LeversFlags): Promise<CommandResult> {
  const timeframe = parseChoice(flags.tf ?? '1h', '--tf', EXECUTION_TIMEFRAMES);
  return asking(context, async ({ operations }) => {
    const { bucket, symbol } = flags;
    const answer = await operations.ask('drivers.levers', {
      timeframe,
      ...(bucket === undefined ? {} : { bucket }),
      ...(symbol === undefined ? {} : { symbol }),
    });
    if (answer.bucket_defaulted) {
      context.warn({
        code: 'bucket_defaulted',
        message: 'no bucket was named; the drivers of small stand in',
      });
    }
    return {
      data: answer,
      asOf: answer.as_of,
      text: leversText(answer, flags.explain === true, context.style),
    };
  });
}

export function runDriversVerify(context: CommandContext): Promise<CommandResult> {
  return asking(context, async ({ operations }) => {
    const answer = await operations.ask('drivers.verify', null);
    const lines = [
      renderTable(
        [
          text('Driver'),
          text('Tf'),
          number('Bars'),
          text('First'),
          text('Last'),
          number('Partial'),
          text('Sources'),
          text('Data'),
          text('Stands on'),
        ],
        answer.bars.map((row) => [
          row.driver,
          row.timeframe,
          count(row.bars),
          row.first_ts === null ? 'n/a' : minute(row.first_ts),
          row.last_ts === null ? 'n/a' : minute(row.last_ts),
          row.bars === 0 ? 'n/a' : percent(row.partial_share),
          row.sources.join(' '),
          row.bars === 0 ? 'n/a' : (row.data ?? 'n/a'),
          row.bars === 0 ? '' : row.origins.map(({ name }) => name).join(', '),
        ]),
        context.style,
      ),
      '',
      renderTable(
        [
          text('Record'),
          text('Tf'),
          text('State'),
          text('Before'),
          text('Flags'),
          text('Bar'),
          number('Bars'),
        ],
        answer.records.map((row) => [
          row.driver,
          row.timeframe,
          row.state ?? 'n/a',
          row.prev_state ?? 'n/a',
          row.flags.join(' '),
          row.bar_ts === null ? 'n/a' : minute(row.bar_ts),
          count(row.bars_count),
        ]),
        context.style,
      ),
      '',
      postureTable(answer.posture, context.style),
      '',
      ...answer.empty.map(
        ({ driver, timeframe, lacks, required }) =>
          `${required ? 'fail' : 'empty'}  ${driver} ${timeframe}: no ${lacks}`,
      ),
      dataWords(answer.bars),
      `${24 - answer.empty.length} of 24 cells are filled; ${
        answer.passed ? 'BTC and ALT are complete' : 'a cell of BTC or ALT is empty'
      }`,
    ];
    return {
      data: answer,
      asOf: answer.as_of,
      text: lines.join('\n'),
      exit: answer.complete ? EXIT.ok : EXIT.findings,
    };
  });
}

export function runDriversHealth(context: CommandContext): Promise<CommandResult> {
  return asking(context, async ({ operations }) => {
    const answer = await operations.ask('drivers.health', null);
    const { cells, dominance, alerts } = answer;
    const lines = [
      renderTable(
        [
          text('Driver'),
          text('Tf'),
          text('Status'),
          number('Age'),
          number('Gaps'),
          number('Partial'),
          text('Reason'),
        ],
        cells.map((cell) => [
          cell.driver,
          cell.timeframe,
          cell.status,
          cell.age_ms === null ? 'n/a' : spanOf(cell.age_ms),
          count(cell.gaps),
          count(cell.partial_bars),
          cell.reason ?? '',
        ]),
        context.style,
      ),
      '',
      `Dominance: the provider last renewed its numbers ${dominance.age_ms === null ? 'at a time unknown' : `${spanOf(dominance.age_ms)} ago`}`,
      ...alerts.map(({ level, message }) => `${level}  ${message}`),
      `Drivers are ${answer.status}`,
    ];
    const isWhole = cells.every(({ status }) => status === 'ok') && alerts.length === 0;
    return {
      data: answer,
      asOf: answer.as_of,
      text: lines.join('\n'),
      exit: isWhole ? EXIT.ok : EXIT.findings,
    };
  });
}

/** How many cells with bars stand on what. */
function dataWords(bars: VerifyAnswer['bars']): string {
  const held = bars.filter((row) => row.bars > 0);
  const of = (kind: string): string | null => {
    const cells = held.filter(({ data }) => data === kind).length;
    return cells === 0 ? null : `${cells} on ${kind} data`;
  };
  const words = ['real', 'synthetic', 'mixed'].flatMap((kind) => of(kind) ?? []);
  return `Cells with bars: ${held.length}${words.length === 0 ? '' : `, ${words.join(', ')}`}`;
}

function exitOf(runs: readonly PipelineRun[]): number {
  return runs.every(({ success }) => success) ? EXIT.ok : EXIT.findings;
}

function runText(runs: readonly PipelineRun[], style: Style): string {
  const rows = runs.flatMap(({ timeframe, steps }) =>
    steps.map(({ step, success, counts, duration_ms }) => [
      timeframe,
      step,
      success ? 'ok' : 'failed',
      String(duration_ms),
      Object.entries(counts)
        .filter(([, value]) => value > 0)
        .map(([name, value]) => `${name} ${count(value)}`)
        .join(', '),
    ]),
  );
  const notes = runs.flatMap(({ timeframe, steps }) =>
    steps.flatMap(({ step, errors, warnings }) => [
      ...errors.map(({ subject, message }) => `failed   ${timeframe} ${step} ${subject}: ${message}`),
      ...warnings.map((line) => `warning  ${line}`),
    ]),
  );
  const collected = runs
    .filter(({ skipped }) => !skipped)
    .map(({ timeframe, drivers_collected }) => {
      const names = drivers_collected.length === 0 ? 'none' : drivers_collected.join(' ');
      return `New bars ${timeframe}: ${names}`;
    });
  return [
    renderTable([text('Tf'), text('Step'), text('Result'), number('ms'), text('Counts')], rows, style),
    ...notes,
    ...collected,
  ].join('\n');
}

const GLOBAL = ['BTC', 'ALT', 'BTC.d', 'USDT.d'];
const SHOWN_FLAGS = ['BUY', 'TRIM', 'EMERG'];

function summaryText(answer: DriversAnswer, style: Style): string {
  const group = (title: string, isIn: (cell: DriverCell) => boolean): string[] => [
    '',
    title,
    renderTable(
      [text('Driver'), text('Tf'), text('State'), text('Flags'), number('Age'), text('')],
      answer.cells.filter(isIn).map((cell) => {
        const flags = cell.flags.filter((flag) => SHOWN_FLAGS.includes(flag));
        return [
          cell.driver,
          cell.timeframe,
          cell.state === null ? 'no_data' : `${cell.state}${cell.mature === false ? `?(${cell.bars})` : ''}`,
          flags.length === 0 ? '' : `[${flags.join(' ')}]`,
          cell.age_ms === null ? 'n/a' : spanOf(cell.age_ms),
          cell.status === 'ok' ? '' : `${cell.status}: ${cell.reason ?? ''}`,
        ];
      }),
      style,
    ),
  ];
  return [
    `Regime drivers of ${answer.book} at ${minute(answer.as_of)} UTC`,
    ...group('Global Drivers', ({ driver }) => GLOBAL.includes(driver)),
    ...group('Bucket Drivers', ({ driver }) => !GLOBAL.includes(driver)),
    '',
    `A and E at execution timeframe ${answer.timeframe}, without intent`,
    postureTable(answer.posture, style),
  ].join('\n');
}

function postureTable(rows: DriversAnswer['posture'], style: Style): string {
  return renderTable(
    [text('Bucket'), number('A'), number('E'), number('Live'), number('Coverage'), text('')],
    rows.map(({ bucket, a, e, channels_live, coverage, degraded }) => [
      bucket,
      a.toFixed(3),
      e.toFixed(3),
      `${channels_live}/15`,
      percent(coverage, 0),
      degraded ? 'degraded' : '',
    ]),
    style,
  );
}

function leversText(answer: PostureAnswer, explains: boolean, style: Style): string {
  const lines = [
    `Regime A/E for bucket=${answer.bucket_driver}, exec_tf=${answer.timeframe}`,
    `A (Aggressiveness): ${answer.a.toFixed(3)}`,
    `E (Exitness): ${answer.e.toFixed(3)}`,
  ];
  if (!explains) return lines.join('\n');
  const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
  return [
    ...lines,
    '',
    renderTable(
      [
        text('Driver'),
        text('Tf'),
        text('State'),
        text('Status'),
        number('Weight'),
        number('To A'),
        number('To E'),
      ],
      answer.channels.map((channel) => [
        channel.driver,
        channel.timeframe,
        channel.state ?? 'n/a',
        channel.status,
        signed(channel.weight),
        channel.status === 'live' ? signed(channel.delta_a) : '',
        channel.status === 'live' ? signed(channel.delta_e) : '',
      ]),
      style,
    ),
    `Sum of channels: ${signed(answer.regime_delta_a)} to A, ${signed(answer.regime_delta_e)} to E, from 0.5 each`,
    `Bucket multiplier: ${answer.bucket_multiplier.toFixed(2)}${answer.bucket_rank === null ? '' : `, rank ${answer.bucket_rank}`}`,
    `Coverage: ${percent(answer.coverage, 0)}, ${answer.channels_live} of 15 channels live${answer.degraded ? ', degraded' : ''}`,
  ].join('\n');
}
