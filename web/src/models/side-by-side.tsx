/** Chosen models beside each other: what each training said, the best of a row marked with a word. */
import {
  formatBarsAsTime,
  formatNumber,
  formatPercent,
  formatReturn,
} from '../../../src/app/report/number-format.js';
import type { ModelDetail } from '../../../src/app/server/api-types.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../src/market/timeframe.js';
import { getModel } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { colorsOf, familyName, numberIn, readingOrder, shortModelName, textIn } from '../lab/lab-model.js';
import { Swatch } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Failure, Skeleton } from '../ui/states.js';

interface Fact {
  readonly name: string;
  readonly read: (model: ModelDetail) => number | undefined;
  readonly write: (value: number | undefined) => string;
  /** Which end is better, where one is. */
  readonly better?: 'high' | 'low';
}

const two = (value: number | undefined): string => formatNumber(value, 2);
const whole = (value: number | undefined): string => formatNumber(value);

const FACTS: readonly Fact[] = [
  { name: 'States', read: (model) => model.n_states, write: whole },
  { name: 'Bars train', read: (model) => numberIn(model.diagnostics, 'n_train'), write: whole },
  { name: 'Bars test', read: (model) => numberIn(model.diagnostics, 'n_val'), write: whole },
  {
    name: 'LL per row, train',
    read: (model) => numberIn(model.diagnostics, 'loglik_per_row_train'),
    write: two,
  },
  {
    name: 'LL per row, test',
    read: (model) => numberIn(model.diagnostics, 'loglik_per_row_val'),
    write: two,
    better: 'high',
  },
  {
    name: 'Gain over one state',
    read: (model) => numberIn(model.diagnostics, 'val_gain_over_one_state'),
    write: two,
    better: 'high',
  },
  { name: 'AIC', read: (model) => numberIn(model.diagnostics, 'aic'), write: whole, better: 'low' },
  { name: 'BIC', read: (model) => numberIn(model.diagnostics, 'bic'), write: whole, better: 'low' },
  { name: 'Parameters', read: (model) => numberIn(model.diagnostics, 'n_params'), write: whole },
  {
    name: 'Persistence',
    read: (model) => numberIn(model.diagnostics, 'persistence'),
    write: (value) => formatPercent(value, 1),
  },
];

/** Likelihoods of other bars or other features cannot be compared. */
function comparable(models: readonly ModelDetail[]): boolean {
  const key = (model: ModelDetail): string =>
    [
      model.instrument_id,
      model.timeframe,
      model.train_start,
      model.train_end,
      JSON.stringify((model.config as { features?: unknown }).features),
    ].join();
  return models.every((model) => key(model) === key(models[0]!));
}

function bestOf(models: readonly ModelDetail[], { read, better }: Fact): number {
  if (!better) return -1;
  const values = models.map((model) => read(model) ?? Number.NaN);
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return -1;
  return values.indexOf(better === 'high' ? Math.max(...finite) : Math.min(...finite));
}

export function ModelsSideBySide({ ids }: { ids: readonly string[] }) {
  const answer = useAnswer(`models beside ${ids.join()}`, (signal) =>
    Promise.all(ids.map((id) => getModel(id, signal))),
  );
  const models = answer.data;
  const alike = models ? comparable(models) : true;
  return (
    <Card
      title="Side by side"
      scope="from each training"
      footnote={
        alike
          ? 'One split each, on the same bars and features. The test part was never fitted.'
          : 'These were trained on different bars or features: their likelihoods do not compare, so none is called best.'
      }
    >
      {answer.error && <Failure error={answer.error} retry={answer.refresh} />}
      {!models && !answer.error && <Skeleton lines={8} />}
      {models && (
        <div className="scroll">
          <table className="table side-by-side">
            <thead>
              <tr>
                <th scope="col">From the training</th>
                {models.map((model) => (
                  <th scope="col" key={model.id}>
                    {familyName(model)} <code>{shortModelName(model)}</code>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">Covariance</th>
                {models.map((model) => (
                  <td key={model.id}>{textIn(model.config, 'covariance_type') ?? '—'}</td>
                ))}
              </tr>
              {FACTS.map((fact) => {
                const best = alike ? bestOf(models, fact) : -1;
                return (
                  <tr key={fact.name}>
                    <th scope="row">{fact.name}</th>
                    {models.map((model, index) => (
                      <td key={model.id}>
                        {index === best && <span className="best">best</span>} {fact.write(fact.read(model))}
                      </td>
                    ))}
                  </tr>
                );
              })}
              <tr>
                <th scope="row">Share, stay, mean per bar</th>
                {models.map((model) => (
                  <td key={model.id} className="states-cell">
                    <StateLines model={model} />
                  </td>
                ))}
              </tr>
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function StateLines({ model }: { model: ModelDetail }) {
  const colors = colorsOf(model.labels);
  const barLength = TIMEFRAME_MS[model.timeframe as Timeframe];
  return readingOrder(model.labels).map((state) => {
    const numbers = model.stats.find((each) => each.state === state);
    return (
      <span className="state-line" key={model.labels[state]}>
        <Swatch color={colors[state]!} />
        {model.labels[state]} <span>{formatPercent(numbers?.share, 0)}</span>
        <span>{formatBarsAsTime(numbers?.expected_duration, barLength)}</span>
        <span>{formatReturn(numbers?.avg_return, 3)}</span>
      </span>
    );
  });
}
