/** `regime history|latest|forecast`. */
import { TidewatchError } from '../../errors.js';
import { exportHistory } from '../regime/history-export.js';
import { forecastJson, historyJson, latestJson, rowJson } from '../regime/regime-answers.js';
import type { RegimeHistory } from '../regime/regime-service.js';
import type { Services } from '../services.js';
import type { CommandContext } from './command-context.js';
import { parseRange, parseWhole } from './flags.js';
import { count, minute, number, percent, renderTable, text } from './output.js';
import { regimeHeading, regimeNow, stateOrder } from './regime-summary.js';
import type { CommandResult } from './run-command.js';
import { modelChoice, type SelectionFlags, warnOfNewerMinutes, withServices } from './session.js';

export interface RegimeFlags extends SelectionFlags {
  readonly limit?: string;
  readonly from?: string;
  readonly to?: string;
  readonly smoothed?: boolean;
  readonly recompute?: boolean;
  readonly out?: string;
}

const LOOKAHEAD = {
  code: 'lookahead',
  message: 'smoothed states know later bars: for study, not for decisions',
} as const;

export async function runHistory(context: CommandContext, flags: RegimeFlags): Promise<CommandResult> {
  const range = parseRange(flags.from, flags.to);
  const rows = flags.limit ?? (flags.out === undefined ? '24' : undefined);
  const limit = rows === undefined ? undefined : parseWhole(rows, '--limit', 1, 10_000_000);
  return withServices(context, async (services) => {
    const history = await services.regimes.history({
      ...(await modelChoice(context, services, flags)),
      ...range,
      limit,
      kind: flags.smoothed ? 'smoothed' : 'filtered',
      ...(flags.recompute ? { useStored: false, persist: false } : {}),
    });
    requireRows(history);
    if (history.lookahead) context.warn(LOOKAHEAD);
    warnOfRevision(context, history);
    if (range.to === undefined) await sayNewerMinutes(context, services, history);
    const asOf = history.availableAt[history.rows.rows - 1]!;
    if (flags.out !== undefined) {
      const report = await exportHistory(services.data.lake, history, flags.out);
      context.keep(report.file);
      const said = `${count(report.rows)} ${history.kind} rows of ${history.regime.stored.id} in ${report.file}`;
      return {
        data: { ...report, model_id: history.regime.stored.id, kind: history.kind },
        text: said,
        asOf,
      };
    }
    const { labels } = history.regime.record;
    const order = stateOrder(history.regime);
    return {
      data: historyJson(history),
      text: [
        `${regimeHeading(history)}${history.lookahead ? ', lookahead' : ''}`,
        renderTable(
          [
            text('Bar (UTC)'),
            text('State'),
            ...order.map((state) => number(labels[state]!)),
            number('Close'),
            text(''),
          ],
          Array.from({ length: history.rows.rows }, (_, row) => {
            const each = rowJson(history, row);
            return [
              minute(each.timestamp),
              each.label,
              ...order.map((state) => percent(each.probs[state]!)),
              String(each.close),
              each.in_sample ? 'in sample' : '',
            ];
          }),
          context.style,
        ),
        ...(history.lookahead ? [] : [regimeNow(history)]),
      ].join('\n'),
      asOf,
    };
  });
}

/** Says that stored rows rest on bars that were corrected since; they are kept as they were known. */
function warnOfRevision(context: CommandContext, { revised, revisionId }: RegimeHistory): void {
  if (revised === null) return;
  context.warn({
    code: 'revised_bars',
    message: `${count(revised.rows)} stored rows from ${minute(revised.first)} UTC on rest on bars that were corrected since; they are kept as they were known · --recompute shows what the bars say today`,
    revision_id: revisionId,
    first_ts: revised.first,
    rows: revised.rows,
    largest_difference: revised.largest,
  });
}

/** Bars to look back for how long the present state has lasted. */
const LOOK_BACK = 500;

export function runLatest(context: CommandContext, flags: RegimeFlags): Promise<CommandResult> {
  return withServices(context, async (services) => {
    const history = await newestWindow(context, services, flags);
    const latest = latestJson(history, context.clock.now());
    return {
      data: latest,
      text: [
        regimeHeading(history),
        `Bar ${minute(latest.timestamp)} UTC, close ${latest.close}`,
        `${regimeNow(history)}${latest.in_sample ? ' (in sample)' : ''}`,
        forecastTable(context, history, latest.forecast),
      ].join('\n'),
      asOf: latest.available_at,
    };
  });
}

export function runForecast(
  context: CommandContext,
  flags: RegimeFlags & { bars: string },
): Promise<CommandResult> {
  const ahead = flags.bars.split(',').map((part) => parseWhole(part.trim(), '--bars', 1, 100_000));
  return withServices(context, async (services) => {
    const history = await newestWindow(context, services, flags);
    const last = rowJson(history, history.rows.rows - 1);
    const forecast = forecastJson(history.regime, last.probs, ahead);
    return {
      data: {
        model_id: history.regime.stored.id,
        timestamp: last.timestamp,
        available_at: last.available_at,
        labels: history.regime.record.labels,
        probs: last.probs,
        forecast,
      },
      text: [regimeHeading(history), regimeNow(history), forecastTable(context, history, forecast)].join(
        '\n',
      ),
      asOf: last.available_at,
    };
  });
}

async function newestWindow(
  context: CommandContext,
  services: Services,
  flags: RegimeFlags,
): Promise<RegimeHistory> {
  const choice = await modelChoice(context, services, flags);
  const history = await services.regimes.history({ ...choice, limit: LOOK_BACK, kind: 'filtered' });
  requireRows(history);
  warnOfRevision(context, history);
  await sayNewerMinutes(context, services, history);
  return history;
}

function sayNewerMinutes(context: CommandContext, services: Services, history: RegimeHistory): Promise<void> {
  const { instrumentId, timeframe } = history.regime.stored;
  return warnOfNewerMinutes(context, services, instrumentId, timeframe);
}

function forecastTable(
  context: CommandContext,
  history: RegimeHistory,
  forecast: Readonly<Record<string, readonly number[]>>,
): string {
  const { labels } = history.regime.record;
  const order = stateOrder(history.regime);
  return renderTable(
    [number('Bars ahead'), ...order.map((state) => number(labels[state]!))],
    Object.entries(forecast).map(([ahead, probabilities]) => [
      count(Number(ahead)),
      ...order.map((state) => percent(probabilities[state]!)),
    ]),
    context.style,
  );
}

function requireRows(history: RegimeHistory): RegimeHistory {
  if (history.rows.rows > 0) return history;
  throw new TidewatchError('no_data', 'the window holds no bar with a regime', {
    hint: 'widen it; see the stored spans with: tidewatch lake status',
  });
}
