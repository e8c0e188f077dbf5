/** The question before a model is deleted: what goes, what stays. */
import { useState } from 'react';
import { deleteModel } from '../api/calls.js';
import { ApiError } from '../api/request.js';
import { forgetAnswers } from '../api/use-answer.js';
import { type ModelSummary, shortModelName } from '../lab/lab-model.js';
import { instrumentName } from '../shell/instrument-name.js';
import { Dialog } from '../ui/dialog.js';
import { say } from '../ui/toast.js';

interface DeleteModelDialogProps {
  readonly model: ModelSummary;
  readonly close: () => void;
  readonly deleted: (id: string) => void;
}

export function DeleteModelDialog({ model, close, deleted }: DeleteModelDialogProps) {
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const name = shortModelName(model);
  const remove = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const { rows } = await deleteModel(model.id);
      forgetAnswers('model');
      forgetAnswers('newest');
      say(`Deleted ${name} and ${rows.toLocaleString('en-US')} stored probabilities`);
      deleted(model.id);
    } catch (failure) {
      setError(
        failure instanceof ApiError ? failure : new ApiError(String(failure), 'internal', 0, 'DELETE'),
      );
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Delete model ${name}?`} close={close}>
      <p>
        {instrumentName(model.instrument_id)} {model.timeframe}, {model.n_states} states. Its stored
        probabilities go too. Price data and reports stay.
      </p>
      {error && (
        <p className="error" role="alert">
          {error.message}
        </p>
      )}
      <p className="actions">
        <button type="button" className="button danger" onClick={() => void remove()} disabled={busy}>
          {busy ? 'Deleting…' : 'Delete model'}
        </button>
        <button type="button" className="button" onClick={close}>
          Keep
        </button>
      </p>
    </Dialog>
  );
}
