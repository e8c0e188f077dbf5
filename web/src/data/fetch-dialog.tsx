/** Fetch history of a market: checked before it is sent; its progress is in the list of downloads behind. */
import { type FormEvent, useId, useState } from 'react';
import { startDataJob } from '../api/calls.js';
import { ApiError } from '../api/request.js';
import { forgetAnswers } from '../api/use-answer.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { Segments } from '../ui/segments.js';
import { say } from '../ui/toast.js';
import {
  checkFetch,
  exampleOf,
  FETCH_TIMEFRAMES,
  FETCH_VENUES,
  type FetchForm,
  type FetchSpan,
  FIRST_FETCH,
  fetchRequest,
} from './fetch-request.js';

const SPANS: readonly { value: FetchSpan; words: string; note: string }[] = [
  {
    value: 'new',
    words: 'What is new',
    note: 'From the newest stored bar on; the last 30 days where nothing is stored.',
  },
  {
    value: 'all',
    words: 'Everything',
    note: 'From the first bar that the exchange has. Years of minutes take minutes to hours; the download goes on where it stopped.',
  },
  { value: 'range', words: 'Between two days', note: 'Only what the range lacks is asked for.' },
];

interface FetchDialogProps {
  /** Markets that are stored, as people write them, for the list of suggestions. */
  readonly known: readonly string[];
  readonly close: () => void;
}

export function FetchDialog({ known, close }: FetchDialogProps) {
  const [form, setForm] = useState<FetchForm>(FIRST_FETCH);
  const [tried, setTried] = useState(false);
  const [sending, setSending] = useState(false);
  const [refused, setRefused] = useState<string>();
  const formId = useId();
  const today = new Date().toISOString().slice(0, 10);
  const errors = checkFetch(form, today);
  const shown = tried ? errors : {};
  const put = (change: Partial<FetchForm>): void => setForm({ ...form, ...change });
  const text = (name: keyof FetchForm) => ({
    value: form[name],
    onChange: (event: { target: { value: string } }) => put({ [name]: event.target.value }),
  });
  const field = (name: keyof FetchForm) => ({ id: `${formId}-${name}`, error: shown[name] });

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    const wrong = Object.keys(errors)[0];
    if (wrong !== undefined) {
      document.getElementById(`${formId}-${wrong}`)?.focus();
      return;
    }
    setSending(true);
    setRefused(undefined);
    try {
      await startDataJob(fetchRequest(form));
      forgetAnswers('data-jobs');
      say('The download has begun');
      close();
    } catch (error) {
      setRefused(error instanceof ApiError ? error.message : String(error));
      setSending(false);
    }
  };

  return (
    <Dialog title="Fetch history" close={close} className="train">
      <form onSubmit={(event) => void submit(event)} noValidate>
        <fieldset className="form-grid" disabled={sending}>
          <Field label="Exchange" {...field('venue')}>
            <select {...text('venue')}>
              {FETCH_VENUES.map(({ id, words }) => (
                <option key={id} value={id}>
                  {words}
                </option>
              ))}
            </select>
          </Field>
          <Field label="Timeframe" {...field('timeframe')} hint="Minutes give all the others">
            <select {...text('timeframe')}>
              {FETCH_TIMEFRAMES.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </Field>
          <div className="whole">
            <Field label="Market" {...field('market')}>
              <input
                {...text('market')}
                list={`${formId}-known`}
                placeholder={exampleOf(form.venue)}
                autoComplete="off"
                spellCheck={false}
              />
            </Field>
            <datalist id={`${formId}-known`}>
              {known.map((each) => (
                <option key={each} value={each} />
              ))}
            </datalist>
          </div>
          <div className="whole">
            <Segments label="Which bars" choices={SPANS} value={form.span} choose={(span) => put({ span })} />
            <p className="quiet span-note">{SPANS.find(({ value }) => value === form.span)!.note}</p>
          </div>
          {form.span === 'range' && (
            <>
              <Field label="First day, UTC" {...field('from')}>
                <input type="date" max={today} {...text('from')} />
              </Field>
              <Field label="End, UTC" {...field('to')} hint="Not included; empty: up to now">
                <input type="date" {...text('to')} />
              </Field>
            </>
          )}
        </fieldset>
        {refused !== undefined && (
          <p className="error" role="alert">
            {refused}
          </p>
        )}
        <p className="actions">
          <button type="submit" className="button primary" disabled={sending}>
            {sending ? 'Sending…' : 'Fetch'}
          </button>
          <button type="button" className="button" onClick={close}>
            Close
          </button>
        </p>
      </form>
    </Dialog>
  );
}
