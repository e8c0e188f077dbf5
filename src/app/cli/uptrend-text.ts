/** What the uptrend commands say to people. */
import type { UptrendPayload } from '../../analysis/uptrend/payload.js';
import type { UptrendSimulation } from '../../backtest/uptrend-simulator.js';
import type { UptrendSummary } from '../../backtest/uptrend-summary.js';
import type { UptrendFlag } from '../../backtest/uptrend-trace.js';
import { displaySymbol, parseInstrument } from '../../market/instrument.js';
import { flagsOf, trendStrengthOf } from '../uptrend/payload-facts.js';
import {
  count,
  day,
  minute,
  number,
  percent,
  plural,
  renderTable,
  type Style,
  shortName,
  signedPercent,
  text,
} from './output.js';

const FLAG_WORDS: Readonly<Record<UptrendFlag, string>> = {
  buy_signal: 'buy',
  buy_flag: 'buy',
  first_dip_buy_flag: 'first-dip',
  trim_flag: 'trim',
  exit_position: 'exit',
  emergency_exit: 'emergency',
  reclaimed_ema333: 'reclaimed',
  watch_only: 'watch',
};

export function flagWords(flags: readonly UptrendFlag[]): string {
  return flags.map((flag) => FLAG_WORDS[flag]).join(' ');
}

/** Seven digits at most, as markets from Bitcoin to the smallest token need. */
export function priceWords(value: number): string {
  return String(Number(value.toPrecision(7)));
}

export function newestTable(style: Style, newest: readonly UptrendPayload[]): string {
  const decimal = (value: number | null | undefined): string => value?.toFixed(2) ?? '';
  return renderTable(
    [
      text('Bar (UTC)'),
      text('State'),
      number('Close'),
      number('TS'),
      number('OX'),
      number('DX'),
      number('EDX'),
      text('Flags'),
    ],
    newest.map((payload) => [
      minute(payload.ts),
      payload.state,
      priceWords(payload.price),
      decimal(trendStrengthOf(payload)),
      decimal(payload.scores?.ox),
      decimal(payload.scores?.dx),
      decimal(payload.scores?.edx),
      flagWords(flagsOf(payload)),
    ]),
    style,
  );
}

export function summaryText(style: Style, summary: UptrendSummary): string[] {
  const { states, flags, episodes } = summary;
  const range =
    summary.first_ts === null || summary.last_ts === null
      ? 'no bars'
      : `${day(summary.first_ts)} to ${day(summary.last_ts)}`;
  const last = episodes.at(-1);
  const flagWords = [
    `buy ${count(flags.buy_signal! + flags.buy_flag!)}`,
    `trim ${count(flags.trim_flag!)}`,
    `exit ${count(flags.exit_position!)}`,
    `emergency ${count(flags.emergency_exit!)}`,
    `reclaimed ${count(flags.reclaimed_ema333!)}`,
  ].join(', ');
  return [
    `${shortName(displaySymbol(parseInstrument(summary.instrument_id)))} ${summary.timeframe}  ${range}  ${plural(summary.bars, 'bar')}, ${count(summary.stepped)} stepped, profile ${summary.profile}`,
    renderTable(
      [text('State'), ...Object.keys(states).map(number)],
      [
        ['Bars', ...Object.values(states).map(({ bars }) => count(bars))],
        ['Share', ...Object.values(states).map(({ share }) => percent(share))],
      ],
      style,
    ),
    `Flags, bars: ${flagWords}. Transitions ${count(summary.transitions.length)}`,
    ...(last === undefined
      ? ['No S3 episode']
      : [
          `Last S3  ${day(last.start_ts)} to ${last.end_ts === null ? 'now' : day(last.end_ts)}  ${signedPercent(last.return, 1)}, worst ${signedPercent(last.max_drawdown, 1)} (closes, no costs)`,
        ]),
  ];
}

export function simulationText(result: UptrendSimulation): string[] {
  const closed = result.trades.filter(({ exit_ts }) => exit_ts !== null).length;
  return [
    `Simple trader, not a strategy: ${plural(result.trades.length, 'trade')} (${count(closed)} closed), won ${percent(result.win_rate)}, net ${signedPercent(result.net_return, 1)}, max drawdown ${signedPercent(result.max_drawdown, 1)}, in the market ${percent(result.exposure)}, costs ${percent(result.costs)} (${result.fee_bps} + ${result.slippage_bps} bps a side)`,
    `Buy and hold, same costs: ${signedPercent(result.buy_and_hold_return, 1)}`,
  ];
}
