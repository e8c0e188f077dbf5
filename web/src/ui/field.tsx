/** A control with its label, its hint and what is wrong with it, tied together for readers. */
import { cloneElement, type ReactElement } from 'react';

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly children: ReactElement<Record<string, unknown>>;
}

export function Field({ id, label, hint, error, children }: FieldProps) {
  const note = error ?? hint;
  const control = cloneElement(children, {
    id,
    'aria-invalid': error !== undefined,
    'aria-describedby': note === undefined ? undefined : `${id}-note`,
  });
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {control}
      {note !== undefined && (
        <span id={`${id}-note`} className={error === undefined ? 'hint' : 'error'}>
          {note}
        </span>
      )}
    </div>
  );
}
