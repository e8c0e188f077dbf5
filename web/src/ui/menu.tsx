/** A button that opens a small panel below it; Escape, a click elsewhere or leaving it closes. */
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';

interface MenuProps {
  /** What the button shows. */
  readonly face: ReactNode;
  readonly label?: string;
  readonly className?: string;
  readonly align?: 'start' | 'end';
  /** @param close to be called after a choice */
  readonly children: (close: () => void) => ReactNode;
}

export function Menu({ face, label, className = '', align = 'start', children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = (): void => {
    // what was chosen goes away with the panel, and the focus would with it
    if (box.current?.contains(document.activeElement)) button.current?.focus();
    setOpen(false);
  };

  useEffect(() => {
    if (!open) return;
    const outside = (event: Event): void => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) setOpen(false);
    };
    const leave = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    document.addEventListener('keydown', leave, true);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
      document.removeEventListener('keydown', leave, true);
    };
  }, [open]);

  return (
    <div className={`menu ${className}`} ref={box}>
      <button
        ref={button}
        type="button"
        className="button"
        aria-expanded={open}
        aria-controls={id}
        aria-label={label}
        onClick={() => setOpen(!open)}
      >
        {face}
        <span className="chevron" aria-hidden="true" />
      </button>
      {open && (
        <div className={`menu-panel ${align}`} id={id}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
