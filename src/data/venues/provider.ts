/** What the thin clients of data providers share: an address, a key in a header, one way to ask. */
import type { z } from 'zod';
import { jsonOf, type VenueHttp } from './venue-http.js';

export class Provider {
  /** @param headers carry the key; they are in no error and no log */
  constructor(
    readonly http: VenueHttp,
    private readonly baseUrl: string,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** A GET, its answer checked. */
  get<Schema extends z.ZodType>(
    path: string,
    parameters: Readonly<Record<string, string | number | undefined>>,
    schema: Schema,
    signal?: AbortSignal,
  ): Promise<z.infer<Schema>> {
    const url = new URL(this.baseUrl.replace(/\/+$/, '') + path);
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const request = { url: url.toString(), method: 'GET' as const, headers: this.headers };
    return this.http.ask(request, { weight: 1 }, (answer) => schema.parse(jsonOf(answer)), signal);
  }
}
