/**
 * Keeps one part alive (operations spec §1): a crash is followed by a pause of 1 s, doubling up to 60 s, and a new start;
 * five crashes within ten minutes mark the part `failed` and raise an alert, the rest of the process goes on. A part
 * that has run for ten minutes begins anew with the short pause.
 */
import type { Clock } from '../../market/clock.js';
import type { AlertBook } from '../../platform/alerts/alert-book.js';
import type { ProcessPart } from './part.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const CRASHES = 5;
const WITHIN_MS = 600_000;

export type PartState = 'stopped' | 'starting' | 'running' | 'pausing' | 'failed';

/** A part of the process with the names of the API. */
export interface SupervisedStatus {
  readonly name: string;
  readonly state: PartState;
  /** Since when, epoch ms. */
  readonly since: number;
  readonly crashes: number;
  readonly last_error: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface SupervisorOptions {
  readonly clock: Clock;
  readonly alerts: Pick<AlertBook, 'raise' | 'clear'>;
  readonly onCrash: (part: string, error: unknown) => void;
  /** Something failed that the part goes on without. */
  readonly onTrouble?: (part: string, problem: string, error: unknown) => void;
}

export class Supervisor {
  private state: PartState = 'stopped';
  private since: number;
  private crashes: number[] = [];
  private crashed = 0;
  private lastError: string | null = null;
  private pauseMs = FIRST_PAUSE_MS;
  private timer: NodeJS.Timeout | undefined;
  private started = false;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    readonly part: ProcessPart,
    private readonly options: SupervisorOptions,
  ) {
    this.since = options.clock.now();
  }

  /** Resolves when the first attempt has ended, well or not. Never rejects. */
  start(): Promise<void> {
    return this.inTurn(() => this.startNow());
  }

  /** Ends the part for good, or until the next start. Never rejects. */
  stop(): Promise<void> {
    clearTimeout(this.timer);
    return this.inTurn(async () => {
      clearTimeout(this.timer);
      await this.stopPart();
      this.become('stopped');
    });
  }

  /** Stops and starts, as after a sleep of the machine; a part that has failed gets another chance. */
  restart(): Promise<void> {
    clearTimeout(this.timer);
    return this.inTurn(async () => {
      if (this.state === 'stopped') return;
      await this.stopPart();
      this.crashes = [];
      this.pauseMs = FIRST_PAUSE_MS;
      await this.startNow();
    });
  }

  status(): SupervisedStatus {
    return {
      name: this.part.name,
      state: this.state,
      since: this.since,
      crashes: this.crashed,
      last_error: this.lastError,
      facts: this.part.status(),
    };
  }

  private async startNow(): Promise<void> {
    clearTimeout(this.timer);
    this.become('starting');
    this.started = true;
    const begun = this.options.clock.now();
    let current = true;
    try {
      await this.part.start({
        crashed: (error) => {
          // only the run that this call began, and once
          if (!current) return;
          current = false;
          void this.inTurn(async () => {
            if (this.state === 'running' && this.since >= begun) await this.afterCrash(error);
          });
        },
        troubled: (problem, error) => this.options.onTrouble?.(this.part.name, problem, error),
      });
      this.become('running');
      void this.options.alerts.clear(`part_failed:${this.part.name}`);
    } catch (error) {
      current = false;
      await this.afterCrash(error);
    }
  }

  private async afterCrash(error: unknown): Promise<void> {
    const { clock, alerts, onCrash } = this.options;
    const now = clock.now();
    const ranFor = this.state === 'running' ? now - this.since : 0;
    if (ranFor >= WITHIN_MS) this.pauseMs = FIRST_PAUSE_MS;
    this.crashed += 1;
    this.lastError = error instanceof Error ? error.message : String(error);
    this.crashes = [...this.crashes.filter((time) => time > now - WITHIN_MS), now];
    onCrash(this.part.name, error);
    await this.stopPart();
    if (this.crashes.length >= CRASHES) {
      this.become('failed');
      await alerts.raise({
        name: `part_failed:${this.part.name}`,
        severity: 'critical',
        message: `${this.part.name} crashed ${CRASHES} times in ten minutes and stays down · ${this.lastError}`,
      });
      return;
    }
    this.become('pausing');
    this.timer = setTimeout(() => void this.start(), this.pauseMs);
    this.timer.unref();
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
  }

  private async stopPart(): Promise<void> {
    if (!this.started) return;
    this.started = false;
    try {
      await this.part.stop();
    } catch (error) {
      this.options.onCrash(this.part.name, error);
    }
  }

  private become(state: PartState): void {
    this.state = state;
    this.since = this.options.clock.now();
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(work);
    return this.turn;
  }
}
