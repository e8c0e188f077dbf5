/** Train a model of the series on the screen: checked before it is sent, with its progress, and loaded when done. */
import { type FormEvent, useEffect, useId, useState } from 'react';
import { formatDuration } from '../../../src/app/report/number-format.js';
import { openHref, pageHref } from '../address/address.js';
import { forgetAnswers } from '../api/use-answer.js';
import type { Instrument } from '../shell/series-choice.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { say } from '../ui/toast.js';
import { TrainProgress } from './train-progress.js';
import {
  checkForm,
  FIRST_FORM,
  type TrainForm,
  trainRequest,
  WITH_COVARIANCE,
  WITHOUT_STATES,
} from './train-request.js';
import { useTraining } from './use-training.js';

interface TrainDialogProps {
  readonly instrument: Instrument;
  readonly timeframe: string;
  readonly close: () => void;
}

const FAMILIES = [
  ['hmm', 'Gaussian HMM'],
  ['student-t', 'Student-t HMM'],
  ['jump', 'Jump model'],
  ['jump-continuous', 'Jump model, continuous'],
  ['msr', 'Markov-switching regression'],
  ['kmeans', 'k-means'],
  ['bocpd', 'Change points, causal'],
  ['uptrend', 'Uptrend states'],
  ['posture', 'Posture bands'],
] as const;

export function TrainDialog({ instrument, timeframe, close }: TrainDialogProps) {
  const [form, setForm] = useState<TrainForm>(FIRST_FORM);
  const [tried, setTried] = useState(false);
  const training = useTraining();
  const formId = useId();
  const errors = checkForm(form);
  const shown = tried ? errors : {};
  const wrong = Object.keys(errors).length > 0;
  const { job } = training;
  const span = instrument.timeframes.find((each) => each.timeframe === timeframe);
  const put = (change: Partial<TrainForm>): void => setForm({ ...form, ...change });
  const text = (name: keyof TrainForm) => ({
    value: String(form[name]),
    onChange: (event: { target: { value: string } }) => put({ [name]: event.target.value }),
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: only the end of the training opens its model
  useEffect(() => {
    if (job?.status !== 'completed') return;
    const { model_id, reused } = (job.result ?? {}) as { model_id?: string; reused?: boolean };
    forgetAnswers('model');
    forgetAnswers('newest');
    say(reused ? 'An equal model was there already; it is shown' : 'Model trained');
    openHref(pageHref('/lab', { s: instrument.instrument_id, tf: timeframe, model: model_id }));
  }, [job?.status]);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (wrong) {
      const first = Object.keys(errors)[0]!;
      document.getElementById(`${formId}-${first}`)?.focus();
      return;
    }
    void training.start(trainRequest(form, instrument.instrument_id, timeframe));
  };

  const field = (name: keyof TrainForm) => ({ id: `${formId}-${name}`, error: shown[name] });
  return (
    <Dialog title={`Train on ${instrument.display} ${timeframe}`} close={close} className="train">
      <form onSubmit={submit} noValidate>
        <fieldset className="form-grid" disabled={training.busy}>
          <Field label="Model" {...field('model')}>
            <select {...text('model')}>
              {FAMILIES.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </Field>
          <Field
            label="Profile"
            {...field('profile')}
            hint={form.auto ? 'Auto K is always scaled' : undefined}
          >
            <select {...text('profile')} disabled={form.auto}>
              <option value="scaled">Scaled, 80 % train</option>
              <option value="legacy">Legacy, raw units</option>
            </select>
          </Field>
          {!WITHOUT_STATES.has(form.model) && (
            <label className="check whole">
              <input
                type="checkbox"
                checked={form.auto}
                onChange={(event) => put({ auto: event.target.checked })}
              />
              Choose the number of states by itself
            </label>
          )}
          {form.auto && (
            <>
              <Field label="Fewest states" {...field('least')}>
                <input inputMode="numeric" {...text('least')} />
              </Field>
              <Field label="Most states" {...field('most')}>
                <input inputMode="numeric" {...text('most')} />
              </Field>
            </>
          )}
          {!form.auto && !WITHOUT_STATES.has(form.model) && (
            <Field label="States" {...field('states')} hint="More states split finer and overfit more">
              <input inputMode="numeric" {...text('states')} />
            </Field>
          )}
          {WITH_COVARIANCE.has(form.model) && (
            <Field label="Covariance" {...field('covariance')}>
              <select {...text('covariance')}>
                <option value="">As the profile says</option>
                <option value="diag">Diagonal</option>
                <option value="full">Full</option>
                <option value="tied">Tied</option>
                <option value="spherical">Spherical</option>
              </select>
            </Field>
          )}
          <Field label="Start, UTC" {...field('from')} hint="Empty: from the first bar">
            <input type="date" min={day(span?.first_ts)} max={day(span?.last_ts)} {...text('from')} />
          </Field>
          <Field label="End, UTC" {...field('to')} hint="Empty: to the last bar">
            <input type="date" min={day(span?.first_ts)} max={day(span?.last_ts)} {...text('to')} />
          </Field>
          <Field label="Restarts" {...field('restarts')} hint="Empty: the profile's own">
            <input inputMode="numeric" {...text('restarts')} />
          </Field>
          <Field label="Seed" {...field('seed')} hint="Empty: the configured one">
            <input inputMode="numeric" {...text('seed')} />
          </Field>
        </fieldset>
        <TrainProgress training={training} />
        <p className="actions">
          <button type="submit" className="button primary" disabled={training.busy}>
            {training.busy ? 'Training…' : 'Train'}
          </button>
          {training.busy && job ? (
            <button type="button" className="button" onClick={() => void training.cancel()}>
              Cancel training
            </button>
          ) : (
            <button type="button" className="button" onClick={close}>
              Close
            </button>
          )}
          <span className="quiet">
            {span
              ? `Bars ${day(span.first_ts)} to ${day(span.last_ts)}, ${formatDuration(span.last_ts - span.first_ts)}`
              : ''}
          </span>
        </p>
      </form>
    </Dialog>
  );
}

function day(time: number | undefined): string {
  return time === undefined ? '' : new Date(time).toISOString().slice(0, 10);
}
