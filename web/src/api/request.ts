/** One way to call the API: JSON in, JSON out, failures as sentences. */

/** What went wrong, in the server's words where it answered at all. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** Code of the error catalogue, `unreachable` when nothing answered. */
    readonly code: string,
    /** HTTP status, 0 when nothing answered. */
    readonly status: number,
    readonly call: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** Kept for the tab only: a token on disk would outlive the reason for it. */
const TOKEN = 'tidewatch.token';

export function storeToken(token: string): void {
  if (token === '') sessionStorage.removeItem(TOKEN);
  else sessionStorage.setItem(TOKEN, token);
}

export function storedToken(): string {
  return sessionStorage.getItem(TOKEN) ?? '';
}

export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** @throws ApiError; an abort is passed on as it is */
export async function call<T>(path: string, { method = 'GET', body, signal }: CallOptions = {}): Promise<T> {
  const name = `${method} ${path}`;
  const token = method === 'GET' ? '' : storedToken();
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('The server does not answer.', 'unreachable', 0, name);
  }
  const json = await answer.json().catch(() => undefined);
  if (answer.ok && json !== undefined) return json as T;
  if (answer.ok)
    throw new ApiError('The server’s answer is no JSON.', 'unreadable_answer', answer.status, name);
  const { detail, code } = (json ?? {}) as { detail?: string; code?: string };
  throw new ApiError(
    sentence(detail ?? `The server answered ${answer.status}.`),
    code ?? 'unknown',
    answer.status,
    name,
  );
}

/** `there is no model x · see: …` → `There is no model x · see: …` */
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Query string of what is defined. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
