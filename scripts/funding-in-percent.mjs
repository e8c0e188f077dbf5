/**
 * Copies a research lake with its funding multiplied by 100, as if the provider had turned to percent: what the unit guard
 * is for (docs/studies/majors-alts.md).
 *
 *   node scripts/funding-in-percent.mjs LAKE COPY     LAKE holds data/curated/data_lake
 */
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const [lake, copy] = process.argv.slice(2);
if (lake === undefined || copy === undefined) {
  console.error('usage: node scripts/funding-in-percent.mjs LAKE COPY');
  process.exit(2);
}
if (existsSync(copy)) {
  console.error(`${copy} is there already: name a folder that is not`);
  process.exit(2);
}
cpSync(lake, copy, { recursive: true });
const table = 'data/curated/data_lake/fact_funding.parquet';
const quoted = (path) => `'${path.replaceAll("'", "''")}'`;
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run(
  `COPY (SELECT * REPLACE (100 * funding_rate AS funding_rate) FROM read_parquet(${quoted(join(lake, table))}))
   TO ${quoted(join(copy, table))} (FORMAT parquet)`,
);
console.log(`${copy} holds the lake of ${lake} with funding × 100`);
