/**
 * Single keys and Ctrl K. They are off while someone types, while a dialog is open and where an element has keys of
 * its own; none of them changes data.
 */
import { useEffect, useRef } from 'react';

/** By `event.key`, lower case for letters; `mod+k` with Ctrl or Command. */
export type KeyActions = Readonly<Record<string, () => void>>;

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('input, select, textarea, [contenteditable]') !== null
  );
}

export function useKeys(actions: KeyActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.altKey) return;
      const modified = event.ctrlKey || event.metaKey;
      const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const act = latest.current[modified ? `mod+${letter}` : letter];
      if (!act) return;
      if (!modified && (isTyping(event.target) || document.querySelector('dialog[open]'))) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
