/** What the answers of the drivers look like in a terminal. */
import type {
  DriverCell,
  DriversAnswer,
  DriversHealth,
  PostureAnswer,
  VerifyAnswer,
} from '../drivers/driver-answers.js';
import { spanOf } from '../drivers/driver-cells.js';
import type { PipelineRun } from '../drivers/driver-pipeline.js';
import { count, minute, number, percent, renderTable, type Style, text } from './output.js';

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
/** Three decimals, halves away from 0 although most of them lie below in binary: 0.6425 is 0.643. */
const thousandths = (value: number): string => (Math.round(value * 1000 + 1e-9) / 1000).toFixed(3);

/** A share of the weight; whole only where it is. */
export function coverageWord(coverage: number): string {
  return percent(coverage === 1 ? 1 : Math.min(coverage, 0.999), coverage === 1 ? 0 : 1);
}

export function runText(runs: readonly PipelineRun[], style: Style): string {
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

export function summaryText(answer: DriversAnswer, style: Style): string {
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
      thousandths(a),
      thousandths(e),
      `${channels_live}/15`,
      coverageWord(coverage),
      degraded ? 'degraded' : '',
    ]),
    style,
  );
}

/** @param cells that say why a channel is not live; null: the two numbers alone */
export function leversText(answer: PostureAnswer, cells: readonly DriverCell[] | null, style: Style): string {
  const lines = [
    `Regime A/E for bucket=${answer.bucket_driver}, exec_tf=${answer.timeframe}`,
    `A (Aggressiveness): ${thousandths(answer.a)}`,
    `E (Exitness): ${thousandths(answer.e)}`,
  ];
  if (cells === null) return lines.join('\n');
  const reasonOf = (driver: string, timeframe: string): string =>
    cells.find((cell) => cell.driver === driver && cell.timeframe === timeframe)?.reason ?? '';
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
        text(''),
      ],
      answer.channels.map((channel) => {
        const isLive = channel.status === 'live';
        return [
          channel.driver,
          channel.timeframe,
          channel.state ?? 'n/a',
          channel.status,
          signed(channel.weight),
          isLive ? signed(channel.delta_a) : '',
          isLive ? signed(channel.delta_e) : '',
          isLive ? '' : reasonOf(channel.driver, channel.timeframe),
        ];
      }),
      style,
    ),
    `Sum of channels: ${signed(answer.regime_delta_a)} to A, ${signed(answer.regime_delta_e)} to E, from 0.5 each`,
    `Bucket multiplier: ${answer.bucket_multiplier.toFixed(2)}${multiplierWord(answer)}`,
    `Coverage: ${coverageWord(answer.coverage)}, ${answer.channels_live} of 15 channels live${answer.degraded ? ', degraded' : ''}`,
  ].join('\n');
}

function multiplierWord({ bucket_rank, bucket_defaulted }: PostureAnswer): string {
  if (bucket_rank !== null) return `, rank ${bucket_rank}`;
  if (bucket_defaulted) return ', because no bucket was named';
  return ', because no strength of this bucket is known from the last three hours (it takes eight members)';
}

export function verifyText(answer: VerifyAnswer, style: Style): string {
  return [
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
      style,
    ),
    '',
    renderTable(
      [text('Record'), text('Tf'), text('State'), text('Before'), text('Flags'), text('Bar'), number('Bars')],
      answer.records.map((row) => [
        row.driver,
        row.timeframe,
        row.state ?? 'n/a',
        row.prev_state ?? 'n/a',
        row.flags.join(' '),
        row.bar_ts === null ? 'n/a' : minute(row.bar_ts),
        count(row.bars_count),
      ]),
      style,
    ),
    '',
    postureTable(answer.posture, style),
    '',
    ...answer.empty.map(
      ({ driver, timeframe, lacks, required }) =>
        `${required ? 'fail' : 'empty'}  ${driver} ${timeframe}: no ${lacks}`,
    ),
    ...answer.late.map(
      ({ driver, timeframe, status, reason }) => `${status}  ${driver} ${timeframe}: ${reason}`,
    ),
    dataWords(answer.bars),
    `${24 - answer.empty.length} of 24 cells are filled; ${
      answer.passed ? 'BTC and ALT are complete' : 'a cell of BTC or ALT is empty'
    }${answer.late.length === 0 ? '' : `; ${answer.late.length} late or stale`}`,
  ].join('\n');
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

export function healthText(answer: DriversHealth, style: Style): string {
  const { cells, alerts, status } = answer;
  return [
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
      style,
    ),
    '',
    dominanceWords(answer),
    ...alerts.map(({ level, message }) => `${level}  ${message}`),
    `Drivers are ${status}`,
  ].join('\n');
}

function dominanceWords({ as_of, dominance }: DriversHealth): string {
  const { sampled_at, age_ms, unchanged_ms } = dominance;
  if (sampled_at === null) return 'Dominance: no sample of the last day is stored';
  const renewed = age_ms === null ? 'at a time unknown' : `${spanOf(age_ms)} ago`;
  const words = [
    `Dominance: last sampled ${spanOf(as_of - sampled_at)} ago`,
    `renewed by the provider ${renewed}`,
    `both shares have changed within ${spanOf(unchanged_ms ?? 0)}`,
  ];
  return words.join(', ');
}
