/**
 * An answer of the API inside a component: old data stay while new ones load or fail, a page that is opened again
 * shows what it had at once, and what is no longer wanted is aborted.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError } from './request.js';

export interface Answer<T> {
  /** Newest data, perhaps of before a failure. */
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  /** When `data` came, epoch ms. */
  readonly loadedAt: number | undefined;
  refresh(): void;
}

interface Kept {
  readonly data: unknown;
  readonly loadedAt: number;
}

/** Answers of the views opened last, oldest first. */
const kept = new Map<string, Kept>();
const MOST_KEPT = 24;

function keep(key: string, data: unknown): Kept {
  kept.delete(key);
  const entry = { data, loadedAt: Date.now() };
  kept.set(key, entry);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  return entry;
}

/** A server that went away is asked again after this pause: what failed goes on by itself when it is back. */
const RETRY_MS = 3_000;

/** Whoever shows an answer now, by its key. */
const shown = new Map<() => void, string>();

/** Forgets answers: the next look asks again, and what is on screen does at once. */
export function forgetAnswers(beginning: string): void {
  for (const key of [...kept.keys()]) if (key.startsWith(beginning)) kept.delete(key);
  for (const [again, key] of shown) if (key.startsWith(beginning)) again();
}

/** Asks again by itself after a failure to reach the server. */
export function useRetry(error: ApiError | undefined, again: () => void): void {
  const latest = useRef(again);
  latest.current = again;
  useEffect(() => {
    if (error?.code !== 'unreachable') return;
    const timer = setTimeout(() => latest.current(), RETRY_MS);
    return () => clearTimeout(timer);
  }, [error]);
}

/** The last value that there was, while a new one is on its way; none of before `forget` changed. */
export function useLast<T>(value: T | undefined, forget: string): T | undefined {
  const kept = useRef<{ value: T | undefined; forget: string }>({ value: undefined, forget });
  if (kept.current.forget !== forget) kept.current = { value: undefined, forget };
  if (value !== undefined) kept.current.value = value;
  return kept.current.value;
}

/**
 * @param key names the question; null asks nothing
 * @param refreshMs asks again that often while the page is in view
 */
export function useAnswer<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  refreshMs?: number,
): Answer<T> {
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<{
    key: string | null;
    entry?: Kept;
    error?: ApiError;
    loading: boolean;
  }>({
    key: null,
    loading: false,
  });
  const loader = useRef(load);
  loader.current = load;

  // a new turn asks the same question again
  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    const known = kept.get(key);
    setState((before) => ({
      key,
      loading: true,
      ...(known ? { entry: known } : before.key === key && before.entry ? { entry: before.entry } : {}),
      ...(before.key === key && before.error ? { error: before.error } : {}),
    }));
    loader
      .current(stop.signal)
      .then((data) => {
        if (!stop.signal.aborted) setState({ key, entry: keep(key, data), loading: false });
      })
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        const known = error instanceof ApiError ? error : new ApiError(String(error), 'internal', 0, key);
        setState((before) => ({ ...before, key, error: known, loading: false }));
      });
    return () => stop.abort();
  }, [key, turn]);

  const refresh = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => {
    if (key === null) return;
    shown.set(refresh, key);
    return () => {
      shown.delete(refresh);
    };
  }, [key, refresh]);
  useEffect(() => {
    if (key === null || refreshMs === undefined) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') refresh();
    }, refreshMs);
    return () => clearInterval(timer);
  }, [key, refreshMs, refresh]);

  useRetry(state.key === key && !state.loading ? state.error : undefined, refresh);

  const own = state.key === key;
  const early = own ? undefined : key === null ? undefined : kept.get(key);
  const entry = own ? state.entry : early;
  return {
    data: entry?.data as T | undefined,
    error: own ? state.error : undefined,
    loading: own ? state.loading : key !== null,
    loadedAt: entry?.loadedAt,
    refresh,
  };
}
