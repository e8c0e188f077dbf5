/**
 * The checks of a start, in order, each within its time (operations spec §2). A failure where nothing can be built upon
 * (`fatal`) ends the process; elsewhere the process runs `degraded`: data and dashboard are there, new risk is blocked,
 * and what failed is looked at again every five minutes.
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

export interface BootstrapStep {
  /** Number in the table of the operations spec. */
  readonly number: number;
  /** Place in the order of steps; the number when left out. */
  readonly order?: number;
  readonly name: string;
  /** A failure ends the process. */
  readonly fatal?: boolean;
  readonly limitMs: number;
  /** What a step that takes longer than its limit counts as; its work goes on in the background. Default `fail`. */
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
    const over = new AbortController();
    const signal = AbortSignal.any([this.options.signal, over.signal]);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<StepResult>((resolve) => {
      timer = setTimeout(() => resolve(lateResult(step)), step.limitMs);
      timer.unref();
    });
    const work = step.run(step.whenLate === 'warn' ? this.options.signal : signal).catch(failureOf);
    const result = await Promise.race([work, late]);
    clearTimeout(timer);
    over.abort();
    const report: StepReport = {
      step: step.number,
      name: step.name,
      ms: Math.round(performance.now() - begun),
      details: {},
      ...result,
    };
    this.done.set(step.number, report);
    this.options.onStep?.(report);
    return report;
  }
}

function orderOf({ number, order = number }: BootstrapStep): number {
  return order;
}

function lateResult({ limitMs, whenLate = 'fail' }: BootstrapStep): StepResult {
  const goesOn = whenLate === 'warn' ? ' · goes on in the background' : '';
  return { status: whenLate, message: `took longer than ${Math.round(limitMs / 1000)} s${goesOn}` };
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
