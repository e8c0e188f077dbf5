/** Every saved model: load, compare side by side, delete with a question. */
import { useState } from 'react';
import { formatNumber } from '../../../src/app/report/number-format.js';
import type { ModelList } from '../../../src/app/server/api-types.js';
import { changeAddress, pageHref, useAddress } from '../address/address.js';
import { Link } from '../address/link.js';
import { getModels } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { familyName, type ModelSummary, shortModelName } from '../lab/lab-model.js';
import { instrumentName } from '../shell/instrument-name.js';
import type { SeriesChoice } from '../shell/series-choice.js';
import { useZone } from '../shell/zone.js';
import { Card } from '../ui/card.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import { DeleteModelDialog } from './delete-model-dialog.js';
import { ModelsSideBySide } from './side-by-side.js';

/** More columns than these do not stand beside each other. */
const MOST_COMPARED = 5;

export function ModelsPage({ choice }: { choice: SeriesChoice }) {
  const { query } = useAddress();
  const answer = useAnswer('models', getModels);
  const [deleting, setDeleting] = useState<ModelSummary>();
  const compared = (query.get('compare') ?? '').split(',').filter(Boolean);
  const toggle = (id: string): void => {
    const next = compared.includes(id) ? compared.filter((each) => each !== id) : [...compared, id];
    changeAddress({ compare: next.slice(-MOST_COMPARED).join(',') }, true);
  };
  const models = answer.data?.models ?? [];
  const present = compared.filter((id) => models.some((model) => model.id === id));
  return (
    <>
      <div className="page-head">
        <h1>Models</h1>
        <p className="scope">{answer.data ? `${models.length} saved` : ''}</p>
        <div className="controls">
          <Link className="button primary" href={pageHref('/lab', { train: '1' })}>
            Train…
          </Link>
        </div>
      </div>
      <div className="stack-of-cards">
        <Card title="Saved models" scope="newest first; tick two or more to compare">
          {answer.error && (
            <Failure
              error={answer.error}
              retry={answer.refresh}
              holds={models.length > 0 ? 'The list of before stays on screen.' : undefined}
            />
          )}
          {!answer.data && !answer.error && <Skeleton lines={6} label="Loading models" />}
          {answer.data && models.length === 0 && <NoModels choice={choice} />}
          {models.length > 0 && (
            <ModelTable models={models} compared={compared} toggle={toggle} remove={setDeleting} />
          )}
          {answer.data && <Unreadable list={answer.data} />}
        </Card>
        {present.length > 1 && <ModelsSideBySide ids={present} />}
      </div>
      {deleting && (
        <DeleteModelDialog
          model={deleting}
          close={() => setDeleting(undefined)}
          deleted={(id) => {
            setDeleting(undefined);
            if (compared.includes(id)) toggle(id);
            if (query.get('model') === id) changeAddress({ model: undefined }, true);
          }}
        />
      )}
    </>
  );
}

function NoModels({ choice }: { choice: SeriesChoice }) {
  return (
    <Empty
      title="No saved models"
      action={
        <Link className="button" href={pageHref('/lab', { train: '1' })}>
          Train one
        </Link>
      }
    >
      A model is trained on stored bars{choice.instrument ? `, for example ${choice.instrument.display}` : ''}
      ; it takes some seconds.
    </Empty>
  );
}

function Unreadable({ list }: { list: ModelList }) {
  if (list.unreadable.length === 0) return null;
  const words = list.unreadable.map(({ id, code }) => `${id} (${code})`).join(', ');
  return (
    <p className="footnote">
      {list.unreadable.length} cannot be read and {list.unreadable.length === 1 ? 'is' : 'are'} left out:{' '}
      {words}.
    </p>
  );
}

interface ModelTableProps {
  readonly models: readonly ModelSummary[];
  readonly compared: readonly string[];
  readonly toggle: (id: string) => void;
  readonly remove: (model: ModelSummary) => void;
}

function ModelTable({ models, compared, toggle, remove }: ModelTableProps) {
  const zone = useZone();
  return (
    <div className="scroll">
      <table className="table models">
        <thead>
          <tr>
            <th scope="col">Compare</th>
            <th scope="col" className="word">
              Series
            </th>
            <th scope="col" className="word">
              Model
            </th>
            <th scope="col" className="wide">
              K
            </th>
            <th scope="col" className="word wide">
              States
            </th>
            <th scope="col" className="wide">
              Trained on
            </th>
            <th scope="col" className="wide">
              Rows
            </th>
            <th scope="col" className="wide">
              Made
            </th>
            <th scope="col">
              <span className="for-readers">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {models.map((model) => (
            <tr key={model.id}>
              <td>
                <input
                  type="checkbox"
                  aria-label={`Compare ${shortModelName(model)}`}
                  checked={compared.includes(model.id)}
                  onChange={() => toggle(model.id)}
                />
              </td>
              <th scope="row" className="word">
                {instrumentName(model.instrument_id)} {model.timeframe}{' '}
                <span className="quiet wide">{model.exchange}</span>
              </th>
              <td className="word">
                {familyName(model)} <code className="quiet wide">{shortModelName(model)}</code>
              </td>
              <td className="wide">{model.n_states}</td>
              <td className="word wide quiet">{model.labels.join(', ')}</td>
              <td className="wide">
                {zone.date(model.train_start)} – {zone.date(model.train_end)}
              </td>
              <td className="wide">{formatNumber(model.rows)}</td>
              <td className="wide">{zone.date(model.ts)}</td>
              <td>
                <span className="row-actions">
                  <Link
                    className="button small"
                    href={pageHref('/lab', { s: model.instrument_id, tf: model.timeframe, model: model.id })}
                  >
                    Load
                  </Link>
                  <button
                    type="button"
                    className="button small"
                    aria-label={`Delete ${shortModelName(model)}`}
                    onClick={() => remove(model)}
                  >
                    Delete…
                  </button>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
