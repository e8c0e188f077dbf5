/** A history of regimes as a file that other tools read: one row per bar, probabilities in columns p_0, p_1 … */
import type { ExportReport } from '../../data/lake/export.js';
import { exportColumns, type OutgoingColumn } from '../../data/lake/export-columns.js';
import type { Lake } from '../../data/lake/lake.js';
import type { RegimeHistory } from './regime-service.js';

/**
 * @param out its ending names the format: .csv, .csv.gz, .parquet, .json, .ndjson
 * @throws TidewatchError `bad_parameter`, `disk_full`, `write_failed`
 */
export function exportHistory(lake: Lake, history: RegimeHistory, out: string): Promise<ExportReport> {
  const { rows, regime, series, bar } = history;
  const { stored, record } = regime;
  const { states } = rows;
  const columns: OutgoingColumn[] = [
    { name: 'instrument_id', type: 'text', value: () => stored.instrumentId },
    { name: 'timeframe', type: 'text', value: () => stored.timeframe },
    { name: 'ts', type: 'time', value: (row) => rows.time[row]! },
    { name: 'available_at', type: 'time', value: (row) => history.availableAt[row]! },
    { name: 'model_id', type: 'text', value: () => stored.id },
    { name: 'kind', type: 'text', value: () => history.kind },
    { name: 'lookahead', type: 'boolean', value: () => history.lookahead },
    { name: 'in_sample', type: 'boolean', value: (row) => history.inSample[row] === 1 },
    { name: 'regime', type: 'integer', value: (row) => rows.regime[row]! },
    { name: 'label', type: 'text', value: (row) => record.labels[rows.regime[row]!]! },
    ...record.labels.map(
      (_, state): OutgoingColumn => ({
        name: `p_${state}`,
        type: 'number',
        value: (row) => rows.probability[row * states + state]!,
      }),
    ),
    { name: 'close', type: 'number', value: (row) => series.close[bar[row]!]! },
  ];
  return exportColumns(lake.session, out, columns, rows.rows);
}
