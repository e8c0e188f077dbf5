import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { addConstantColumns, type ConstantColumn } from './constant-columns.js';
import { FILE_FORM } from './publish.js';
import { quote, Session } from './session.js';

const folder = mkdtempSync(join(tmpdir(), 'tidewatch-constant-columns-'));
const session = new Session();
afterAll(async () => {
  await session.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The file as DuckDB writes it with all columns, and as it becomes when the constants are added. */
async function both(
  rows: number,
  constants: readonly ConstantColumn[],
): Promise<{ whole: string; added: string }> {
  const [whole, added] = ['whole', 'added'].map((name) => join(folder, `${name}.parquet`)) as [
    string,
    string,
  ];
  const literals = constants.map(
    ({ name, type, value }) =>
      `${value === null ? 'NULL' : typeof value === 'string' ? quote(value) : `'${value}'::DOUBLE`}::${type} AS ${name}`,
  );
  const from = `FROM range(${rows}) t(i)`;
  const write = (columns: readonly string[], path: string): Promise<void> =>
    session.run(`COPY (SELECT ${columns.join(', ')} ${from}) TO ${quote(path)} (${FILE_FORM})`);
  await write(['i AS first', ...literals, 'i::DOUBLE / 3 AS last'], whole);
  await write(['i::DOUBLE / 3 AS last', 'i AS first'], added);
  addConstantColumns(added, ['first', ...constants.map(({ name }) => name), 'last'], constants);
  return { whole, added };
}

const EVERY: readonly ConstantColumn[] = [
  { name: 'd0', type: 'DOUBLE', value: null },
  { name: 'i0', type: 'INTEGER', value: null },
  { name: 'b0', type: 'BIGINT', value: null },
  { name: 't0', type: 'VARCHAR', value: null },
  { name: 'f0', type: 'BOOLEAN', value: null },
  { name: 'd1', type: 'DOUBLE', value: -0.1 },
  { name: 'i1', type: 'INTEGER', value: -7 },
  { name: 'b1', type: 'BIGINT', value: 1_767_225_600_000 },
  { name: 't1', type: 'VARCHAR', value: 'binance:spot:BTCUSDT ü' },
  { name: 'f1', type: 'BOOLEAN', value: 0 },
  { name: 'f2', type: 'BOOLEAN', value: 1 },
];

async function expectSame({ whole, added }: { whole: string; added: string }): Promise<void> {
  const describe = (path: string) => session.rows(`DESCRIBE SELECT * FROM read_parquet(${quote(path)})`);
  expect(await describe(added)).toEqual(await describe(whole));
  for (const [one, other] of [
    [whole, added],
    [added, whole],
  ]) {
    const different = await session.rows(
      `SELECT count(*) AS n FROM (SELECT * FROM read_parquet('${one}') EXCEPT ALL SELECT * FROM read_parquet('${other}'))`,
    );
    expect(different).toEqual([{ n: 0 }]);
  }
}

describe('constant columns of a Parquet file', () => {
  it('read as those that the engine writes, over several row groups', async () => {
    const files = await both(300_000, EVERY);
    await expectSame(files);
    const [found] = await session.rows(
      `SELECT count(*) AS n, count(d0) AS nulls FROM read_parquet('${files.added}') WHERE b1 = 1767225600000 AND t1 >= 'b' AND NOT f1 AND f2 AND d0 IS NULL AND first > 150000`,
    );
    expect(found).toEqual({ n: 149_999, nulls: 0 });
    const none = await session.rows(
      `SELECT count(*) AS n FROM read_parquet('${files.added}') WHERE t1 = 'another' OR i1 > 0 OR d0 IS NOT NULL`,
    );
    expect(none).toEqual([{ n: 0 }]);
  });

  it('read back for any rows and values', async () => {
    const value = fc.oneof(
      fc.record({ type: fc.constant('DOUBLE' as const), value: fc.option(fc.double({ noNaN: true })) }),
      fc.record({ type: fc.constant('INTEGER' as const), value: fc.option(fc.integer()) }),
      fc.record({
        type: fc.constant('BIGINT' as const),
        value: fc.option(fc.integer({ min: -(2 ** 52), max: 2 ** 52 })),
      }),
      fc.record({ type: fc.constant('BOOLEAN' as const), value: fc.option(fc.integer({ min: 0, max: 1 })) }),
      fc.record({
        type: fc.constant('VARCHAR' as const),
        value: fc.option(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))),
      }),
    );
    const columns = fc
      .array(value, { minLength: 1, maxLength: 20 })
      .map((list) => list.map((entry, index) => ({ name: `c${index}`, ...entry })));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5000 }), columns, async (rows, constants) => {
        await expectSame(await both(rows, constants));
      }),
      { numRuns: process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 500 : 50 },
    );
  });

  it('are refused where the file is not as said', async () => {
    const path = join(folder, 'other.parquet');
    writeFileSync(path, 'no Parquet file at all');
    expect(() => addConstantColumns(path, ['d0'], EVERY.slice(0, 1))).toThrow(
      'does not end as a Parquet file',
    );
    const { whole } = await both(10, EVERY.slice(0, 1));
    expect(() => addConstantColumns(whole, ['first', 'i0'], EVERY.slice(1, 2))).toThrow(
      'the file has the columns',
    );
  });
});
