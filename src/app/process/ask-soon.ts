const ASK_MS = 5_000;

/** What a venue answers within five seconds; undefined when it does not. */
export async function askSoon<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  // a controller of its own: a time-out that only `any` refers to may be collected before it fires
  const stop = new AbortController();
  const end = (): void => stop.abort(new Error('no answer in time'));
  const timer = setTimeout(end, ASK_MS);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await ask(stop.signal);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}
