/** Title, scope in faint, badges on the right, body, one honest footnote. */
import { type ReactNode, useId } from 'react';

interface CardProps {
  readonly title: string;
  readonly scope?: ReactNode;
  /** On the right of the title. */
  readonly aside?: ReactNode;
  readonly footnote?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Card({ title, scope, aside, footnote, className = '', children }: CardProps) {
  const id = useId();
  return (
    <section className={`card ${className}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>
          {title}
          {scope !== undefined && <span className="scope">{scope}</span>}
        </h2>
        {aside !== undefined && <div className="aside">{aside}</div>}
      </header>
      {children}
      {footnote !== undefined && <p className="footnote">{footnote}</p>}
    </section>
  );
}
