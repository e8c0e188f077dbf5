/**
 * What is wrong now. An alert has a name; raising it again changes nothing but its words, so that notices go out when
 * something begins, gets worse or is over, and not in between. The store keeps the book, so that several processes tell
 * of one alert once; while the store is away the book is kept in memory, notices go out from there, and the store is
 * brought up to date when it is back.
 */
import type { Clock } from '../../market/clock.js';
import { type AlertRow, type NewAlert, SEVERITIES, type Severity } from '../store/alerts.js';

export interface Notice {
  /** `cleared`: what the alert told of is over. */
  readonly event: 'fired' | 'graver' | 'cleared' | 'told';
  readonly kind: string;
  readonly name: string;
  readonly severity: Severity;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Epoch ms. */
  readonly at: number;
}

/** Where the book is kept: the store of this process, or that of the owner of the home. */
export interface AlertStore {
  raise(alert: NewAlert, now: number): Promise<'fired' | 'graver' | 'known'>;
  clear(name: string, now: number): Promise<AlertRow | undefined>;
}

export interface AlertBookOptions {
  readonly store: AlertStore;
  readonly clock: Clock;
  /** Told when the store did not take an alert. */
  readonly onFailure?: (error: unknown) => void;
}

export interface AlertToRaise {
  /** What it is about, for example `job_missed:regime.1h`: one of a name is open at a time. */
  readonly name: string;
  readonly severity: Severity;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

interface Entry {
  readonly alert: NewAlert;
  readonly at: number;
  /** False: the store has not heard of it yet. */
  stored: boolean;
}

export class AlertBook {
  /** What this process knows to be open. */
  private readonly open = new Map<string, Entry>();
  /** Cleared while the store was away. */
  private readonly toClear = new Map<string, number>();
  private readonly listeners = new Set<(notice: Notice) => void>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: AlertBookOptions) {}

  /** @returns a function that ends the listening */
  onNotice(listener: (notice: Notice) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Fires an alert, or notes that it still holds. Never rejects. The kind is the name up to its first colon. */
  raise({ name, severity, message, details = {} }: AlertToRaise): Promise<void> {
    return this.inTurn(async () => {
      const at = this.options.clock.now();
      const alert: NewAlert = { name, kind: name.split(':')[0]!, severity, message, details };
      const known = this.open.get(name);
      const isSame = known?.stored && known.alert.severity === severity && known.alert.message === message;
      if (isSame) return;
      const entry: Entry = { alert, at: known?.at ?? at, stored: false };
      this.open.set(name, entry);
      this.toClear.delete(name);
      const here = known === undefined ? 'fired' : isGraver(severity, known.alert) ? 'graver' : 'known';
      const event = (await this.tryStore(entry)) ?? here;
      // what was told while the store was away is not told again when it is back
      if (event === 'known' || (known !== undefined && here === 'known')) return;
      this.tell({ event, ...alert, at });
    });
  }

  /** Says that what an alert told of is over; nothing happens where none of the name is open. Never rejects. */
  clear(name: string): Promise<void> {
    return this.inTurn(async () => {
      const known = this.open.get(name);
      const at = this.options.clock.now();
      this.open.delete(name);
      let cleared: NewAlert | undefined;
      try {
        cleared = await this.options.store.clear(name, at);
      } catch (error) {
        this.options.onFailure?.(error);
        if (known === undefined) return;
        this.toClear.set(name, at);
        cleared = known.alert;
      }
      if (cleared) this.tell({ event: 'cleared', ...facts(cleared), at });
    });
  }

  /** Raises while `wrong` says something, clears when it does not. */
  async set(name: string, wrong: Omit<AlertToRaise, 'name'> | undefined): Promise<void> {
    if (wrong !== undefined) return this.raise({ name, ...wrong });
    return this.clear(name);
  }

  /** Tells of an event that is no state: nothing is kept. */
  tell(notice: Notice): void {
    for (const listener of this.listeners) listener(notice);
  }

  /** Brings the store up to date after it was away. Never rejects. */
  reconcile(): Promise<void> {
    return this.inTurn(async () => {
      for (const entry of this.open.values()) {
        if (!entry.stored && (await this.tryStore(entry)) === undefined) return;
      }
      for (const [name, at] of this.toClear) {
        try {
          await this.options.store.clear(name, at);
          this.toClear.delete(name);
        } catch (error) {
          this.options.onFailure?.(error);
          return;
        }
      }
    });
  }

  private async tryStore(entry: Entry): Promise<'fired' | 'graver' | 'known' | undefined> {
    try {
      const event = await this.options.store.raise(entry.alert, entry.at);
      entry.stored = true;
      return event;
    } catch (error) {
      this.options.onFailure?.(error);
      return undefined;
    }
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }
}

function isGraver(severity: Severity, before: NewAlert): boolean {
  return SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(before.severity);
}

function facts({ name, kind, severity, message, details }: NewAlert): NewAlert {
  return { name, kind, severity, message, details };
}
