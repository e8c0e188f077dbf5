/** `model list|show|delete`. */
import { displaySymbol, parseInstrument } from '../../market/instrument.js';
import { labelsJson, modelJson, statisticsJson } from '../regime/regime-answers.js';
import type { CommandContext } from './command-context.js';
import { count, minute, number, percent, renderTable, text } from './output.js';
import { regimeTable, stateOrder } from './regime-summary.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

export function runModelList(context: CommandContext): Promise<CommandResult> {
  return withServices(context, async ({ models }) => {
    const { models: saved, unreadable } = models.list();
    for (const { id, error } of unreadable) {
      context.warn({ code: error.code, message: error.message, model_id: id });
    }
    return {
      data: { models: saved.map(modelJson) },
      text:
        saved.length === 0
          ? 'No model is saved. Train one with: tidewatch model train'
          : renderTable(
              [
                text('Id'),
                text('Model'),
                text('Instrument'),
                text('TF'),
                text('Created (UTC)'),
                text('Version'),
              ],
              saved.map((model) => [
                model.id,
                model.states === null ? model.family : `${model.family}, ${model.states} states`,
                model.instrumentId,
                model.timeframe,
                minute(model.createdAt),
                model.engineVersion,
              ]),
              context.style,
            ),
    };
  });
}

export function runModelShow(context: CommandContext, id: string | undefined): Promise<CommandResult> {
  return withServices(context, async ({ models, regimes }) => {
    const chosen = id ?? models.list().models[0]?.id;
    const regime = regimes.open(
      chosen === undefined
        ? {
            instrument: parseInstrument(context.config.lake.watched[0]!),
            timeframe: context.config.hmm.timeframe,
          }
        : { modelId: chosen },
    );
    const { stored, record } = regime;
    const { labels } = record;
    const matrix = record.transition_matrix;
    const order = stateOrder(regime);
    return {
      data: {
        ...modelJson(stored),
        labels: labelsJson(labels),
        config: record.config,
        stats: statisticsJson(record),
        transition_matrix: matrix,
        train_start: record.train_start,
        train_end: record.train_end,
        diagnostics: record.diagnostics,
      },
      text: [
        `${displaySymbol(parseInstrument(stored.instrumentId))} ${stored.timeframe}  ${stored.id}`,
        `${regime.opened.family.title}, trained on ${minute(record.train_start)} … ${minute(record.train_end)} UTC`,
        regimeTable(regime, context.style),
        ...(matrix === null
          ? []
          : [
              '',
              renderTable(
                [text('From \\ to'), ...order.map((state) => number(labels[state]!))],
                order.map((from) => [labels[from]!, ...order.map((to) => percent(matrix[from]![to]!))]),
                context.style,
              ),
            ]),
      ].join('\n'),
    };
  });
}

export function runModelDelete(
  context: CommandContext,
  ids: readonly string[],
  yes: boolean | undefined,
): Promise<CommandResult> {
  return withServices(context, async ({ models, regimes }) => {
    for (const id of ids) models.exists(id);
    await context.confirm(`Delete ${ids.join(', ')} and the stored results`, yes);
    const deleted: { model_id: string; rows: number }[] = [];
    for (const id of ids) {
      context.signal.throwIfAborted();
      const { rows } = await regimes.delete(id);
      deleted.push({ model_id: id, rows });
      context.keep(`deleted ${deleted.map(({ model_id }) => model_id).join(', ')}`);
    }
    return {
      data: { deleted },
      text: deleted.map(({ model_id, rows }) => `${model_id} deleted with ${count(rows)} results`).join('\n'),
    };
  });
}
