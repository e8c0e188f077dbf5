/** How the outcome of a computation travels between threads: errors keep their code, hint and details. */
import { type ErrorCode, TidewatchError } from '../../errors.js';

/** What a worker answers. */
export type TaskAnswer =
  | { readonly kind: 'result'; readonly result: unknown }
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string | undefined;
      readonly details: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'failed'; readonly message: string; readonly stack: string | undefined };

/** Runs the work and tells how it ended. */
export function answerOf(work: () => unknown): TaskAnswer {
  try {
    return { kind: 'result', result: work() };
  } catch (error) {
    if (error instanceof TidewatchError) {
      const { code, message, hint, details } = error;
      return { kind: 'refused', code, message, hint, details };
    }
    const { message, stack } = error as Error;
    return { kind: 'failed', message, stack };
  }
}

/** The error that an answer without a result stands for. */
export function toError(answer: Exclude<TaskAnswer, { kind: 'result' }>): TidewatchError {
  if (answer.kind === 'refused') {
    const { hint, details } = answer;
    return new TidewatchError(answer.code, answer.message, {
      details,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  const cause = new Error(answer.message);
  if (answer.stack !== undefined) cause.stack = answer.stack;
  return new TidewatchError('internal', `a computation failed in its worker · ${answer.message}`, { cause });
}
