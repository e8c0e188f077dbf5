/** Honesty badges: a dot in the signal's colour and a word on its tint. */
import type { ReactNode } from 'react';

export type BadgeTone = 'ok' | 'warn' | 'bad' | 'info' | 'plain';

export function Badge({ tone, children, title }: { tone: BadgeTone; children: ReactNode; title?: string }) {
  return (
    <span className={`badge ${tone}`} title={title}>
      <i aria-hidden="true" />
      {children}
    </span>
  );
}

/** A shape in the regime's colour; its label always stands beside it. */
export function Swatch({ color }: { color: string }) {
  return <i className={`swatch ${color}`} aria-hidden="true" />;
}
