/**
 * Between the feed and one listener that may be slow: events wait while it works. Of the open minute, of marks and of
 * states only the newest per instrument is kept; when still too much waits, the open minutes go first, then the marks.
 * Closed bars, corrections and liquidations are never left out.
 */
import type { LiveBar, LiveEvent } from './live-event.js';

export interface LiveListener {
  /** Events in order; the next call comes when this one has resolved. What it throws ends the listening. */
  receive(events: readonly LiveEvent[]): void | Promise<void>;
}

/** Events that may be left out, at most. */
const MOST_WAITING = 10_000;

export class EventQueue {
  dropped = 0;
  private kept: LiveEvent[] = [];
  private forming = new Map<string, Extract<LiveEvent, { kind: 'forming' }>>();
  private marks = new Map<string, LiveEvent>();
  private states = new Map<string, LiveEvent>();
  private isBusy = false;
  private isScheduled = false;
  private isClosed = false;

  constructor(
    private readonly listener: LiveListener,
    private readonly failed: (error: unknown) => void,
    private readonly mostWaiting = MOST_WAITING,
  ) {}

  push(event: LiveEvent): void {
    if (this.isClosed) return;
    switch (event.kind) {
      case 'forming':
        this.replace(this.forming, event.bar.instrumentId, event);
        break;
      case 'mark':
        this.replace(this.marks, event.mark.instrumentId, event);
        break;
      case 'state':
        this.replace(this.states, event.instrumentId, event);
        // states go first: an open minute of before would follow the word that nothing feeds it
        if (event.state === 'down') this.forming.delete(event.instrumentId);
        break;
      case 'closed':
        this.forgetForming(event.bar);
        this.kept.push(event);
        break;
      default:
        this.kept.push(event);
    }
    this.bound();
    this.schedule();
  }

  close(): void {
    this.isClosed = true;
    this.take();
  }

  /** What waits of the minute that is closed now. */
  private forgetForming({ instrumentId, ts }: LiveBar): void {
    const waiting = this.forming.get(instrumentId);
    if (waiting && waiting.bar.ts <= ts) this.forming.delete(instrumentId);
  }

  private replace<E extends LiveEvent>(waiting: Map<string, E>, key: string, event: E): void {
    if (waiting.delete(key) && this.isBusy) this.dropped += 1;
    waiting.set(key, event);
  }

  private bound(): void {
    if (this.kept.length + this.forming.size + this.marks.size <= this.mostWaiting) return;
    const waiting = this.forming.size > 0 ? this.forming : this.marks;
    this.dropped += waiting.size;
    waiting.clear();
  }

  /** Once per turn of the event loop, so that a burst of frames is one call. */
  private schedule(): void {
    if (this.isScheduled || this.isBusy) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      void this.deliver();
    });
  }

  private async deliver(): Promise<void> {
    this.isBusy = true;
    try {
      for (let events = this.take(); events.length > 0 && !this.isClosed; events = this.take()) {
        await this.listener.receive(events);
      }
    } catch (error) {
      this.close();
      this.failed(error);
    } finally {
      this.isBusy = false;
    }
  }

  private take(): LiveEvent[] {
    const { kept, forming, marks, states } = this;
    const events = [...states.values(), ...kept, ...forming.values(), ...marks.values()];
    this.kept = [];
    forming.clear();
    marks.clear();
    states.clear();
    return events;
  }
}
