/** `features build`: a feature set of a stored series. */
import type { FeatureTable } from '../../analysis/features/feature-table.js';
import { TA_FLAVOURS } from '../../analysis/indicators/ta-flavour.js';
import { displaySymbol } from '../../market/instrument.js';
import { lowerBound } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { loadFeatureSources } from '../feature-sources.js';
import { resolveSymbol } from '../resolve-symbol.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseRange } from './flags.js';
import { count, minute, number, renderTable, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { timeframeOf, withServices } from './session.js';

export interface FeatureFlags {
  readonly set: string;
  readonly symbol?: string;
  readonly tf?: string;
  readonly flavour: string;
  readonly from?: string;
  readonly to?: string;
  readonly out?: string;
}

const SHOWN = 10;

export async function runFeaturesBuild(context: CommandContext, flags: FeatureFlags): Promise<CommandResult> {
  const flavour = parseChoice(flags.flavour, 'flavour', TA_FLAVOURS);
  const { from, to } = parseRange(flags.from, flags.to);
  const timeframe = timeframeOf(context, flags.tf);
  return withServices(context, async ({ data, features }) => {
    const set = features.get(flags.set, { timeframe, flavour });
    const instrument = await resolveSymbol(flags.symbol, context.config.lake.watched, data.lake);
    const warmUp = Number.isFinite(set.warmUp) ? set.warmUp : 0;
    const front = Math.max(context.config.hmm.warmup_bars, warmUp) * TIMEFRAME_MS[timeframe];
    const { series, kind } = await data.lake.series(instrument.id, timeframe, {
      ...(from === undefined ? {} : { from: from - front }),
      ...(to === undefined ? {} : { to }),
    });
    const market = { instrument: instrument.id, timeframe };
    const { beside, sources } = await loadFeatureSources(data.lake, set.needs, market, {
      ...(to === undefined ? {} : { to }),
    });
    const table = set.build(series, beside);
    const first = from === undefined ? 0 : lowerBound(table.time, from);
    const rows = table.time.length - first;
    if (flags.out !== undefined) {
      const header = ['ts', 'available_at', ...table.names].join(',');
      const lines = Array.from({ length: rows }, (_, offset) => {
        const row = first + offset;
        const times = [table.time[row]!, table.availableAt[row]!].map((time) => new Date(time).toISOString());
        return [...times, ...table.columns.map((column) => column[row])].join(',');
      });
      writeFileAtomic(flags.out, `${[header, ...lines].join('\n')}\n`);
      context.keep(flags.out);
    }
    const shown = Math.min(rows, SHOWN);
    const start = table.time.length - shown;
    return {
      data: {
        instrument_id: instrument.id,
        timeframe,
        set: flags.set,
        source: kind,
        columns: table.names,
        rows,
        dropped: table.dropped,
        missing: Object.fromEntries(table.names.map((name, at) => [name, table.missing[at]])),
        sources,
        features: set.features.map((feature) => ({
          name: feature.name,
          warm_up: Number.isFinite(feature.warmUp) ? feature.warmUp : null,
          availability: feature.availability,
          timeframe: feature.timeframe ?? null,
        })),
        segments: table.lengths.length,
        warm_up: Number.isFinite(table.warmUp) ? table.warmUp : null,
        out: flags.out ?? null,
        ...(flags.out === undefined
          ? {
              ts: Array.from(table.time.subarray(first)),
              values: Object.fromEntries(
                table.names.map((name, at) => [name, Array.from(table.columns[at]!.subarray(first))]),
              ),
            }
          : {}),
      },
      text: [
        `${displaySymbol(instrument)} ${timeframe}  ${flags.set}, ${count(rows)} rows, ${count(table.dropped)} bars without a row`,
        ...missingLine(set.needs.length > 0, table, series.length),
        renderTable(
          [text('Bar (UTC)'), ...table.names.map(number)],
          Array.from({ length: shown }, (_, offset) => [
            minute(table.time[start + offset]!),
            ...table.columns.map((column) => column[start + offset]!.toPrecision(6)),
          ]),
          context.style,
        ),
        flags.out === undefined
          ? `The newest ${shown} rows; all of them with --out FILE or --json`
          : `Written to ${flags.out}`,
      ].join('\n'),
    };
  });
}

/** Bars at which a column was not known, for sets that read more than bars. */
function missingLine(isJoined: boolean, { names, missing }: FeatureTable, bars: number): string[] {
  if (!isJoined) return [];
  const shares = names.map(
    (name, at) => `${name} ${((100 * missing[at]!) / Math.max(1, bars)).toFixed(1)} %`,
  );
  return [`Bars without a value: ${shares.join(', ')}`];
}
