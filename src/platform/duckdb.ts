/**
 * The query engine, loaded as the CommonJS package that it is: `import` would first read the whole of its sources for
 * names, which takes longer than loading it. Types come from the package itself.
 */
import { createRequire } from 'node:module';

export const duckdb = createRequire(import.meta.url)('@duckdb/node-api') as typeof import('@duckdb/node-api');
