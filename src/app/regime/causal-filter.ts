/** A saved model as something whose causality can be tried: bars in, features and filtered probabilities out. */
import type { CausalSubject } from '../../analysis/causality/prove-causality.js';
import { requireCausal } from '../../analysis/models/model-families.js';
import type { TrainedRegime } from './trained-regime.js';

/**
 * Columns: the model's features, then the filtered probability of each state by its label.
 * @throws TidewatchError `not_causal` for a family that looks at both sides
 */
export function filterSubject(regime: TrainedRegime): CausalSubject {
  const { opened, record, stored } = regime;
  requireCausal(opened.family, 'a filtered regime');
  const { states } = opened.model;
  const { features } = record.config;
  return {
    name: stored.id,
    columns: [...features, ...record.labels.map((label, state) => `P(${state}: ${label})`)],
    compute: (inputs) => {
      const table = regime.features(inputs.bars, inputs);
      const rows = table.time.length;
      const spread = (at: (row: number) => number): Float64Array => {
        const column = new Float64Array(inputs.bars.length).fill(Number.NaN);
        for (let row = 0; row < rows; row++) column[table.bar[row]!] = at(row);
        return column;
      };
      const probability =
        rows === 0 ? new Float64Array(0) : opened.model.filter(opened.observations(table)).probability;
      return [
        ...features.map((name) => {
          const column = table.columns[table.names.indexOf(name)]!;
          return spread((row) => column[row]!);
        }),
        ...record.labels.map((_, state) => spread((row) => probability[row * states + state]!)),
      ];
    },
  };
}
