/** What a card shows of an answer: lines while it loads, the failure with what still holds, and the data. */
import type { ReactNode } from 'react';
import type { Answer } from '../api/use-answer.js';
import { Failure, Skeleton } from './states.js';

interface AnsweredProps<T> {
  readonly answer: Answer<T>;
  /** What stays when a later answer fails: `The table of before stays on screen.` */
  readonly holds?: string;
  /** While it loads. */
  readonly lines?: number;
  readonly label?: string;
  children(data: T): ReactNode;
}

export function Answered<T>({ answer, holds, lines, label, children }: AnsweredProps<T>) {
  const { data, error, refresh } = answer;
  return (
    <>
      {error && <Failure error={error} retry={refresh} holds={data === undefined ? undefined : holds} />}
      {data === undefined && !error && (
        <Skeleton {...(lines ? { lines } : {})} {...(label ? { label } : {})} />
      )}
      {data !== undefined && children(data)}
    </>
  );
}
