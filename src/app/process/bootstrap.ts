/**
 * The checks of a start, in order, each within its time (operations spec §2). A failure where nothing can be built upon
 * (`fatal`) ends the process; elsewhere the process runs `degraded`: data and dashboard are there, new risk is blocked,
 * and what failed is looked at again every five minutes.
 *
 * A fatal check that overruns is not yet a failure: a machine that is busy, as after a kill when the database replays
 * its log beside other work, is slow and not broken. It is waited for, `PATIENCE` times its limit at most, and warned of.
 */
import { randomUUID } from 'node:crypto';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import type { BootstrapStatus } from '../../platform/store/bootstrap-runs.js';

export type StepStatus = 'ok' | 'warn' | 'fail' | 'skipped';

export interface StepResult {
  readonly status: StepStatus;
  /** One sentence for a person. */
  readonly message: string;
  /** Plain JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** One check or start of a part, with its limit. */
export interface BootstrapStep {
  /** Number in the table of the operations spec. */
  readonly number: number;
  /** Place in the order of steps; the number when left out. */
  readonly order?: number;
  readonly name: string;
  /** A failure ends the process. All of these ask the operational store. */
  readonly fatal?: boolean;
  readonly limitMs: number;
  /**
   * What a step that takes longer than its limit counts as: `warn`, its work goes on in the background, or `fail`, the
   * default. Fatal ones have their own rule.
   */
  readonly whenLate?: 'warn' | 'fail';
  /** A rejection counts as a failure. */
  run(signal: AbortSignal): Promise<StepResult>;
}

export interface StepReport extends StepResult {
  readonly step: number;
  readonly name: string;
  readonly ms: number;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Names and shape of the stored document; times UTC ms. */
export interface BootstrapReport {
  readonly id: string;
  readonly status: BootstrapStatus;
  /** Epoch ms. */
  readonly started_at: number;
  readonly finished_at: number | null;
  readonly steps: readonly StepReport[];
}

export interface BootstrapOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told after each step. */
  readonly onStep?: (step: StepReport) => void;
}

/** Of its limit, how long a fatal step is waited for. */
const PATIENCE = 4;

export class Bootstrap {
  private readonly id = randomUUID();
  private startedAt = 0;
  private readonly done = new Map<number, StepReport>();
  private readonly steps: readonly BootstrapStep[];
  private running = false;

  constructor(
    steps: readonly BootstrapStep[],
    private readonly options: BootstrapOptions,
  ) {
    this.steps = [...steps].sort((a, b) => orderOf(a) - orderOf(b));
  }

  /** The steps up to and with `last`, or to the first fatal failure. */
  async run(last: number = Number.POSITIVE_INFINITY): Promise<BootstrapReport> {
    this.startedAt ||= this.options.clock.now();
    this.running = true;
    for (const step of this.steps) {
      if (this.done.has(step.number) || step.number > last) continue;
      if (this.options.signal.aborted) break;
      const report = await this.runStep(step);
      if (step.fatal && report.status === 'fail') break;
    }
    this.running = this.steps.some(({ number }) => !this.done.has(number)) && !this.hasFatal();
    return this.report();
  }

  /** Runs again what failed. */
  async recheck(): Promise<BootstrapReport> {
    for (const step of this.steps) {
      if (this.done.get(step.number)?.status === 'fail' && !this.options.signal.aborted)
        await this.runStep(step);
    }
    return this.report();
  }

  report(): BootstrapReport {
    const steps = [...this.done.values()].sort((a, b) => a.step - b.step);
    const has = (status: StepStatus): boolean => steps.some((step) => step.status === status);
    const status = this.hasFatal()
      ? 'failed'
      : this.running
        ? 'running'
        : has('fail')
          ? 'degraded'
          : has('warn')
            ? 'partial'
            : 'ok';
    return {
      id: this.id,
      status,
      started_at: this.startedAt,
      finished_at: status === 'running' ? null : this.options.clock.now(),
      steps,
    };
  }

  private hasFatal(): boolean {
    return this.steps.some(({ number, fatal }) => fatal && this.done.get(number)?.status === 'fail');
  }

  private async runStep(step: BootstrapStep): Promise<StepReport> {
    const begun = performance.now();
    const took = (): number => Math.round(performance.now() - begun);
    const over = new AbortController();
    const signal = AbortSignal.any([this.options.signal, over.signal]);
    const work = step.run(step.whenLate === 'warn' ? this.options.signal : signal).catch(failureOf);
    const late = after(step.limitMs * (step.fatal ? PATIENCE : 1), lateResult(step));
    const left = whenAborted(this.options.signal, {
      status: 'skipped',
      message: 'the process was told to stop',
    } satisfies StepResult);
    let result: StepResult = await Promise.race([work, late.over, left.over]);
    late.end();
    left.end();
    over.abort();
    if (step.fatal && result.status === 'ok' && took() > step.limitMs)
      result = {
        ...result,
        status: 'warn',
        message: `${result.message} · took ${secondsOf(took())}, more than ${secondsOf(step.limitMs)}: this machine is busy`,
      };
    const report: StepReport = { step: step.number, name: step.name, ms: took(), details: {}, ...result };
    this.done.set(step.number, report);
    this.options.onStep?.(report);
    return report;
  }
}

function orderOf({ number, order = number }: BootstrapStep): number {
  return order;
}

function lateResult({ limitMs, fatal = false, whenLate = 'fail' }: BootstrapStep): StepResult {
  if (fatal) {
    const message = `the operational store did not answer within ${secondsOf(limitMs * PATIENCE)}`;
    return { status: 'fail', message, details: { code: 'store_unavailable' } };
  }
  const goesOn = whenLate === 'warn' ? ' · goes on in the background' : '';
  return { status: whenLate, message: `took longer than ${secondsOf(limitMs)}${goesOn}` };
}

const secondsOf = (ms: number): string => `${Math.round(ms / 1000)} s`;

/** Something that may be waited for, and given up. */
interface Wait<T> {
  readonly over: Promise<T>;
  end(): void;
}

function after<T>(ms: number, value: T): Wait<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(value), ms);
    timer.unref();
  });
  return { over, end: () => clearTimeout(timer) };
}

function whenAborted<T>(signal: AbortSignal, value: T): Wait<T> {
  let listener = (): void => undefined;
  const over = new Promise<T>((resolve) => {
    listener = () => resolve(value);
    signal.addEventListener('abort', listener, { once: true });
  });
  return { over, end: () => signal.removeEventListener('abort', listener) };
}

function failureOf(error: unknown): StepResult {
  if (error instanceof TidewatchError) {
    const hint = error.hint === undefined ? '' : ` · ${error.hint}`;
    return { status: 'fail', message: `${error.message}${hint}`, details: { code: error.code } };
  }
  return {
    status: 'fail',
    message: error instanceof Error ? error.message : String(error),
    details: { code: 'internal' },
  };
}
