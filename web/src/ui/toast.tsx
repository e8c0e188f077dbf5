/** One short sentence about what the reader just did, said politely and gone after a while. */
import { useEffect, useSyncExternalStore } from 'react';

const SHOWN_MS = 4000;

let words = '';
const listeners = new Set<() => void>();

function put(next: string): void {
  words = next;
  for (const listener of listeners) listener();
}

export function say(sentence: string): void {
  put(sentence);
}

export function Toast() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => words,
  );
  useEffect(() => {
    if (shown === '') return;
    const timer = setTimeout(() => put(''), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [shown]);
  return (
    <div className="toast" role="status" aria-live="polite" data-shown={shown !== ''}>
      {shown}
    </div>
  );
}
