/** What a card shows when it has nothing to show yet, nothing at all, or a failure (design §5). */
import { type ReactNode, useEffect, useState } from 'react';
import type { ApiError } from '../api/request.js';
import { say } from './toast.js';

const SKELETON_AFTER = 150;

/** Lines in the final layout, not before 150 ms: what comes at once should not flicker. */
export function Skeleton({ lines = 4, label = 'Loading' }: { lines?: number; label?: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SKELETON_AFTER);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="skeleton" data-shown={shown} role="status">
      <span className="for-readers">{label}</span>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <i key={line} aria-hidden="true" />
      ))}
    </div>
  );
}

/** What is missing, why, and one action. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="empty">
      <h3>{title}</h3>
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  );
}

interface FailureProps {
  readonly error: ApiError;
  readonly retry: () => void;
  /** What still holds: `Older data stay on screen.` */
  readonly holds?: string | undefined;
}

/** What failed, what still holds, Retry, Copy details. */
export function Failure({ error, retry, holds }: FailureProps) {
  const details = `${error.call}\n${error.status} ${error.code}\n${error.message}\n${new Date().toISOString()}`;
  const copy = (): void => {
    navigator.clipboard.writeText(details).then(
      () => say('Details copied'),
      () => say('The browser did not let the details be copied'),
    );
  };
  return (
    <div className="failure" role="alert">
      <h3>{error.message}</h3>
      <p>
        {error.code === 'unreachable'
          ? `It may have been stopped. ${holds ?? 'Nothing is lost.'} The page asks again every few seconds.`
          : (holds ?? 'Nothing was changed.')}
      </p>
      <p className="actions">
        <button type="button" className="button" onClick={retry}>
          Retry now
        </button>
        <button type="button" className="link" onClick={copy}>
          Copy details
        </button>
      </p>
    </div>
  );
}
