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
import { useZone, type Zone } from '../shell/zone.js';
import { Answered } from '../ui/answered.js';
import { Card } from '../ui/card.js';
import { Empty } from '../ui/states.js';
import { type Column, Table } from '../ui/table.js';
import { DeleteModelDialog } from './delete-model-dialog.js';
import { ModelsSideBySide } from './side-by-side.js';

/** More columns than these do not stand beside each other. */
const MOST_COMPARED = 5;

export function ModelsPage({ choice }: { choice: SeriesChoice }) {
  const { query } = useAddress();
  const zone = useZone();
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
          <Answered
            answer={answer}
            holds="The list of before stays on screen."
            lines={6}
            label="Loading models"
          >
            {(list) => (
              <>
                {list.models.length === 0 ? (
                  <NoModels choice={choice} />
                ) : (
                  <Table
                    className="models"
                    columns={modelColumns(zone, compared, toggle, setDeleting)}
                    rows={list.models}
                    keyOf={({ id }) => id}
                  />
                )}
                <Unreadable list={list} />
              </>
            )}
          </Answered>
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

function modelColumns(
  zone: Zone,
  compared: readonly string[],
  toggle: (id: string) => void,
  remove: (model: ModelSummary) => void,
): readonly Column<ModelSummary>[] {
  return [
    {
      head: 'Compare',
      cell: (model) => (
        <input
          type="checkbox"
          aria-label={`Compare ${shortModelName(model)}`}
          checked={compared.includes(model.id)}
          onChange={() => toggle(model.id)}
        />
      ),
    },
    {
      head: 'Series',
      kind: 'word',
      isName: true,
      cell: (model) => (
        <>
          {instrumentName(model.instrument_id)} {model.timeframe}{' '}
          <span className="quiet wide">{model.exchange}</span>
        </>
      ),
    },
    {
      head: 'Model',
      kind: 'word',
      cell: (model) => (
        <>
          {familyName(model)} <code className="quiet wide">{shortModelName(model)}</code>
        </>
      ),
    },
    { head: 'K', kind: 'wide', cell: (model) => model.n_states },
    { head: 'States', kind: 'word wide', look: 'quiet', cell: (model) => model.labels.join(', ') },
    {
      head: 'Trained on',
      kind: 'wide',
      cell: (model) => `${zone.date(model.train_start)} – ${zone.date(model.train_end)}`,
    },
    { head: 'Rows', kind: 'wide', cell: (model) => formatNumber(model.rows) },
    { head: 'Made', kind: 'wide', cell: (model) => zone.date(model.ts) },
    {
      head: 'Actions',
      isSilent: true,
      cell: (model) => (
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
      ),
    },
  ];
}
