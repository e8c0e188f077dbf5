import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CATALOGUE, type ErrorCode, TidewatchError } from './errors.js';

const page = readFileSync('docs/reference/errors.md', 'utf8');
const documented = [...page.matchAll(/^## `([a-z_]+)`\n+Exit (\d+), HTTP (\d+)\./gm)].map(
  ([, code, exit, http]) => ({
    code,
    exit: Number(exit),
    http: Number(http),
  }),
);

describe('error catalogue', () => {
  it('is documented code by code, with exit code and status', () => {
    const catalogue = Object.entries(ERROR_CATALOGUE).map(([code, { exit, http }]) => ({ code, exit, http }));
    const byCode = (a: { code?: string | undefined }, b: { code?: string | undefined }): number =>
      (a.code ?? '') < (b.code ?? '') ? -1 : 1;
    expect(documented.sort(byCode)).toEqual(catalogue.sort(byCode));
  });

  it('has no code that nothing raises', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'errors.ts')
      .map((file) => readFileSync(join('src', file), 'utf8'))
      .join('\n');
    const unused = Object.keys(ERROR_CATALOGUE).filter((code) => !sources.includes(`'${code}'`));
    expect(unused).toEqual([]);
  });

  it('carries the facts of a failure', () => {
    const cause = new Error('below');
    const error = new TidewatchError('no_data', 'nothing stored', {
      hint: 'import first',
      details: { rows: 0 },
      cause,
    });
    expect(error).toMatchObject({
      code: 'no_data' satisfies ErrorCode,
      exitCode: 3,
      httpStatus: 404,
      hint: 'import first',
      cause,
    });
    expect(error.details).toEqual({ rows: 0 });
  });
});
