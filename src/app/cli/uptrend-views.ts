/** `uptrend scan`, `uptrend levels` and `uptrend explain`: what the engine says at one bar. */
import { UPTREND_STATES } from '../../analysis/uptrend/payload-schema.js';
import { TidewatchError } from '../../errors.js';
import { displaySymbol, parseInstrument } from '../../market/instrument.js';
import { parseTime } from '../parse-time.js';
import { SCAN_ORDERS, sortScan } from '../uptrend/scan-rows.js';
import { type UptrendAtBar, UptrendService } from '../uptrend/uptrend-service.js';
import type { CommandContext } from './command-context.js';
import { parseChoice } from './flags.js';
import { count, minute, number, plural, renderTable, shortName, signedPercent, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { timeframeOf, withServices } from './session.js';
import { eachTimeframe, type UptrendSeriesFlags, uptrendConfigOf } from './uptrend-selection.js';
import { flagWords, priceWords } from './uptrend-text.js';

export interface ScanFlags {
  readonly tf?: string;
  readonly state?: string;
  readonly sort: string;
}

export interface AtBarFlags extends UptrendSeriesFlags {
  readonly at?: string;
}

const decimal = (value: number | null): string => (value === null ? '' : value.toFixed(2));

export async function runUptrendScan(context: CommandContext, flags: ScanFlags): Promise<CommandResult> {
  const config = uptrendConfigOf(context);
  const timeframe = timeframeOf(context, flags.tf);
  const order = parseChoice(flags.sort, '--sort', SCAN_ORDERS);
  const states = flags.state?.split(',').map((name) => parseChoice(name.trim(), 'state', UPTREND_STATES));
  return withServices(context, async ({ data: { lake } }) => {
    const service = new UptrendService(lake, context.clock);
    const progress = context.progress('uptrend scan', 'instruments');
    const rows = await service
      .scan({
        timeframe,
        config,
        signal: context.signal,
        onProgress: (done, total) => progress.update(done, total),
      })
      .finally(() => progress.stop());
    if (rows.length === 0) {
      throw new TidewatchError('no_data', `no instrument has bars of ${timeframe}`, {
        hint: 'see: tidewatch lake status',
      });
    }
    const shown = sortScan(
      rows.filter(({ state }) => states === undefined || (state !== null && states.includes(state))),
      order,
    );
    const judged = shown.filter(({ state }) => state !== null);
    const newest = Math.max(...rows.map(({ ts }) => ts ?? 0));
    return {
      data: { timeframe, profile: config.profile, instruments: rows.length, rows: shown },
      text: [
        renderTable(
          [
            text('Instrument'),
            text('State'),
            number('Bars'),
            number('Close'),
            number('TS'),
            number('OX'),
            number('DX'),
            number('EDX'),
            text('Flags'),
            text('Bar (UTC)'),
          ],
          judged.map((row) => [
            shortName(row.instrument_id, 34),
            `${row.state}${row.warm ? '' : ' (not warm)'}`,
            count(row.bars_in_state!),
            priceWords(row.price!),
            decimal(row.ts_with_boost),
            decimal(row.ox),
            decimal(row.dx),
            decimal(row.edx),
            flagWords(row.flags),
            minute(row.ts!),
          ]),
          context.style,
        ),
        `${plural(judged.length, 'instrument')} of ${count(rows.length)}, ${timeframe}, profile ${config.profile}${shown.length > judged.length ? `; ${count(shown.length - judged.length)} with too few bars` : ''}`,
      ].join('\n'),
      ...(newest > 0 ? { asOf: newest } : {}),
    };
  });
}

async function atBar(
  context: CommandContext,
  file: string | undefined,
  flags: AtBarFlags,
): Promise<UptrendAtBar> {
  const at = flags.at === undefined ? undefined : parseTime(flags.at, '--at');
  const config = uptrendConfigOf(context);
  const [found] = await eachTimeframe(context, file, flags, [], ({ service, instrument, timeframe }) =>
    service.explain({ instrument, timeframe, config }, at),
  );
  return found!;
}

function heading({ payload }: UptrendAtBar): string {
  const { instrument_id, timeframe, ts, price: close, meta } = payload;
  return `${shortName(displaySymbol(parseInstrument(instrument_id)))} ${timeframe}  bar ${minute(ts)} UTC, close ${priceWords(close)}, profile ${meta.profile}`;
}

export async function runUptrendLevels(
  context: CommandContext,
  file: string | undefined,
  flags: AtBarFlags,
): Promise<CommandResult> {
  const found = await atBar(context, file, flags);
  const { payload, levels } = found;
  return {
    data: {
      instrument_id: payload.instrument_id,
      timeframe: payload.timeframe,
      ts: payload.ts,
      price: payload.price,
      atr: payload.atr,
      levels,
    },
    text: [
      heading(found),
      levels.length === 0
        ? 'No levels yet: they need 50 bars and three swing highs or lows'
        : renderTable(
            [number('Price'), number('From close'), number('ATR away'), number('Strength'), text('What')],
            levels.map((level) => [
              priceWords(level.price_rounded),
              signedPercent(level.price / payload.price - 1, 1),
              payload.atr > 0 ? (Math.abs(level.price - payload.price) / payload.atr).toFixed(1) : '',
              count(level.strength),
              level.fib_level === undefined ? (level.source ?? 'swing cluster') : `fib ${level.fib_level}`,
            ]),
            context.style,
          ),
    ].join('\n'),
    asOf: payload.ts,
  };
}

export async function runUptrendExplain(
  context: CommandContext,
  file: string | undefined,
  flags: AtBarFlags,
): Promise<CommandResult> {
  const found = await atBar(context, file, flags);
  const { payload, explanation, since, barsInState } = found;
  const { scores } = payload;
  const scoreWords = (['ox', 'dx', 'edx', 'ts', 'ts_with_boost', 'sr_boost'] as const)
    .filter((name) => scores?.[name] !== undefined)
    .map((name) => `${name} ${scores![name]!.toFixed(3)}`);
  return {
    data: { payload, explanation, since, bars_in_state: barsInState },
    text: [
      heading(found),
      `${explanation.state} ${explanation.name}, for ${plural(barsInState, 'bar')} since ${minute(since)}`,
      explanation.sentence,
      ...explanation.paths.map(({ sentence }) => sentence),
      ...explanation.signals.map(({ sentence }) => sentence),
      ...(scoreWords.length > 0 ? [`Scores: ${scoreWords.join(', ')}`] : []),
    ].join('\n'),
    asOf: payload.ts,
  };
}
