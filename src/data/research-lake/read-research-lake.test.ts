import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { isoDate } from '../../market/asset-panel.js';
import { databaseNotice } from './database-file.js';
import { excludedAssets } from './exclusions.js';
import { normaliseSymbol } from './normalise-symbol.js';
import { readResearchLake } from './read-research-lake.js';
import { treeHash } from './tree-hash.js';

const SMALL = 'test/golden/data/majors-alts/lake';
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const day = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 86_400_000;

/** A copy of the small lake that the test may spoil. */
function copied(): { root: string; lake: string } {
  const root = mkdtempSync(join(tmpdir(), 'tidewatch-lake-'));
  folders.push(root);
  cpSync(SMALL, root, { recursive: true });
  return { root, lake: join(root, 'data/curated/data_lake') };
}

async function sql(...statements: string[]): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
}

/** Replaces a table by what a query over it gives; `T` stands for its rows. */
async function rewrite(lake: string, table: string, query: string): Promise<void> {
  const path = join(lake, `${table}.parquet`);
  await sql(
    `CREATE TABLE T AS SELECT * FROM read_parquet('${path}')`,
    `COPY (${query}) TO '${path}' (FORMAT parquet)`,
  );
}

describe('a research lake', () => {
  it('is read whole, with the range of its prices, and stays as it was', async () => {
    const before = treeHash(SMALL);
    const { panel, start, end, notices, dimension, files } = await readResearchLake(
      join(SMALL, 'data/curated/data_lake'),
    );
    expect(treeHash(SMALL)).toBe(before);
    expect(notices).toEqual([]);
    expect(panel.assets).toHaveLength(37);
    expect([isoDate(start), isoDate(end)]).toEqual(['2024-01-07', '2026-02-11']);
    expect(panel.days).toHaveLength(767);
    const held = (matrix: Float64Array): number => matrix.filter((value) => !Number.isNaN(value)).length;
    expect(held(panel.close)).toBe(22_590);
    expect(held(panel.marketCap)).toBe(22_590);
    expect(held(panel.volume)).toBe(22_590);
    expect(held(panel.fundingRate)).toBe(22_490);
    expect(held(panel.openInterest)).toBe(363);
    expect(panel.close[panel.assets.indexOf('AAVE') * 767]).toBe(99.41987930688362);
    expect(dimension.get('USDT')).toEqual({ symbol: 'USDT', isStable: true, isWrappedStable: false });
    expect(Object.keys(files)).toContain('fact_price.parquet');
  });

  it('gives the same matrices for rows in any order', async () => {
    const { lake } = copied();
    const whole = await readResearchLake(lake);
    for (const table of ['fact_price', 'fact_marketcap', 'fact_volume', 'fact_funding']) {
      await rewrite(lake, table, 'SELECT * FROM T ORDER BY hash(asset_id || date::VARCHAR)');
    }
    const shuffled = await readResearchLake(lake);
    expect(shuffled.panel).toEqual(whole.panel);
  });

  it('reads funding and open interest some days back where asked, prices only inside the range', async () => {
    const lake = join(SMALL, 'data/curated/data_lake');
    const { panel } = await readResearchLake(lake, {
      start: day('2025-06-10'),
      end: day('2025-06-20'),
      daysBefore: 2,
    });
    expect(Array.from(panel.days, isoDate)[0]).toBe('2025-06-08');
    expect(panel.days).toHaveLength(13);
    const btc = panel.assets.indexOf('BTC');
    const first = 13 * btc;
    expect(panel.close[first]).toBeNaN();
    expect(panel.fundingRate[first]).not.toBeNaN();
    expect(panel.openInterest[first + 1]).not.toBeNaN();
    expect(panel.close[first + 2]).toBeGreaterThan(0);
  });

  it('leaves out what the profile leaves out', async () => {
    const lake = await readResearchLake(join(SMALL, 'data/curated/data_lake'));
    expect([...excludedAssets(lake, 'reference', ['sol-usdt'])].sort()).toEqual([
      'PAXG',
      'PYUSD',
      'SOL',
      'USDE',
      'USDT',
    ]);
    expect([...excludedAssets(lake, 'corrected', [])].sort()).toEqual([
      'CBBTC',
      'PAXG',
      'PYUSD',
      'USDE',
      'USDT',
      'WAVAX',
    ]);
  });
});

describe('a research lake that is spoilt', () => {
  it('names a folder that is not there and a table that is needed', async () => {
    await expect(readResearchLake('/nowhere/at/all')).rejects.toMatchObject({ code: 'file_not_found' });
    const { lake } = copied();
    rmSync(join(lake, 'fact_volume.parquet'));
    await expect(readResearchLake(lake)).rejects.toThrow(/fact_volume/);
  });

  it('goes on without funding, open interest and the asset table, and says so', async () => {
    const { lake } = copied();
    for (const table of ['fact_funding', 'fact_open_interest', 'dim_asset']) {
      rmSync(join(lake, `${table}.parquet`));
    }
    const { panel, notices } = await readResearchLake(lake);
    expect(notices.map(({ code }) => code)).toEqual(['missing_table', 'missing_table', 'missing_table']);
    expect(panel.fundingRate.every((value) => Number.isNaN(value))).toBe(true);
  });

  it('names a column that is missing and a file that is none', async () => {
    const { lake } = copied();
    await rewrite(lake, 'fact_price', 'SELECT asset_id, date, close AS price FROM T');
    await expect(readResearchLake(lake)).rejects.toMatchObject({ code: 'missing_column' });
    cpSync(join(SMALL, 'README.md'), join(lake, 'fact_price.parquet'));
    await expect(readResearchLake(lake)).rejects.toMatchObject({ code: 'unreadable_file' });
  });

  it('drops rows without a value or with one that cannot be, and counts them', async () => {
    const { lake } = copied();
    await rewrite(
      lake,
      'fact_marketcap',
      "SELECT asset_id, date, CASE WHEN asset_id = 'ADA' THEN -marketcap ELSE marketcap END AS marketcap, source FROM T",
    );
    await rewrite(
      lake,
      'fact_price',
      "SELECT asset_id, date, CASE WHEN asset_id = 'ADA' AND date < '2024-01-10' THEN NULL ELSE close END AS close, source FROM T",
    );
    const { panel, notices } = await readResearchLake(lake);
    expect(notices.map(({ message }) => message.split(' (')[0])).toEqual([
      '3 unusable rows of fact_price were left out',
      '767 unusable rows of fact_marketcap were left out',
    ]);
    expect(panel.marketCap[panel.assets.indexOf('ADA') * panel.days.length]).toBeNaN();
  });

  it('takes a repeated row once and refuses two values for one day', async () => {
    const { lake } = copied();
    await rewrite(lake, 'fact_price', "SELECT * FROM T UNION ALL SELECT * FROM T WHERE asset_id = 'ADA'");
    const { notices } = await readResearchLake(lake);
    expect(notices).toEqual([{ code: 'repeated_rows', message: '767 rows of fact_price are there twice' }]);
    await rewrite(
      lake,
      'fact_price',
      "SELECT DISTINCT * FROM T UNION ALL SELECT asset_id, date, close * 2, source FROM T WHERE asset_id = 'ADA'",
    );
    await expect(readResearchLake(lake)).rejects.toThrow(/two values for ADA/);
  });

  it('takes the mean over exchanges of one funding day', async () => {
    const { lake } = copied();
    const one = await readResearchLake(lake);
    await rewrite(
      lake,
      'fact_funding',
      "SELECT * FROM T UNION ALL SELECT asset_id, instrument_id, date, 3 * funding_rate, 'OKX', source FROM T WHERE asset_id = 'ADA'",
    );
    const two = await readResearchLake(lake);
    const ada = one.panel.assets.indexOf('ADA') * one.panel.days.length;
    expect(two.panel.fundingRate[ada]).toBeCloseTo(2 * one.panel.fundingRate[ada]!, 12);
    expect(two.notices.map(({ code }) => code)).toEqual(['several_exchanges']);
  });

  it('refuses a range without prices', async () => {
    const lake = join(SMALL, 'data/curated/data_lake');
    await expect(readResearchLake(lake, { start: day('2030-01-01') })).rejects.toMatchObject({
      code: 'no_data',
    });
  });
});

describe('the guard of the funding unit', () => {
  /** The switch to percent as it was stored, laid over the small lake. */
  async function withSwitch(): Promise<string> {
    const { root, lake } = copied();
    const raw = join(root, 'raw_funding_unit_switch.csv');
    expect(readFileSync(raw, 'utf8')).toContain('2026-01-13');
    await rewrite(
      lake,
      'fact_funding',
      `SELECT asset_id, NULL::VARCHAR AS instrument_id, date::DATE AS date, funding_rate, 'Binance' AS exchange, 'raw' AS source FROM read_csv('${raw}')`,
    );
    return lake;
  }

  it('names the first and the last day that look like percent', async () => {
    await expect(readResearchLake(await withSwitch())).rejects.toMatchObject({
      code: 'implausible_value',
      details: { first_date: '2026-01-13', last_date: '2026-01-18', days: 6 },
    });
  });

  it('divides those days, or all, when it is told to', async () => {
    const lake = await withSwitch();
    const auto = await readResearchLake(lake, { fundingUnit: 'auto' });
    const all = await readResearchLake(lake, { fundingUnit: 'percent' });
    const asIs = await readResearchLake(lake, { guard: false });
    const ada = asIs.panel.assets.indexOf('ADA');
    const cell = (date: string): number => ada * asIs.panel.days.length + asIs.panel.days.indexOf(day(date));
    const [early, late] = [cell('2026-01-08'), cell('2026-01-15')];
    expect(auto.panel.fundingRate[early]).toBe(asIs.panel.fundingRate[early]);
    expect(auto.panel.fundingRate[late]).toBe(asIs.panel.fundingRate[late]! / 100);
    expect(all.panel.fundingRate[early]).toBe(asIs.panel.fundingRate[early]! / 100);
    expect(auto.notices).toEqual([
      { code: 'funding_unit', message: 'funding of 6 days was taken as percent and divided by 100' },
    ]);
  });
});

describe('the database beside a lake', () => {
  it('is only tried: what is wrong with it is a notice', async () => {
    const { root } = copied();
    expect((await databaseNotice(join(root, 'none.duckdb')))!.message).toContain('is not there');
    expect((await databaseNotice(join(SMALL, 'README.md')))!.message).toContain('cannot be opened');
    const path = join(root, 'market.duckdb');
    (await DuckDBInstance.create(path)).closeSync();
    const before = treeHash(root);
    expect(await databaseNotice(path)).toBeUndefined();
    expect(treeHash(root)).toBe(before);
  });
});

describe('names of symbols', () => {
  it('lose their suffixes once each, in order', () => {
    expect(
      ['BTC-USDT-PERP', ' eth-usd ', 'solPERP', 'SATS', 'USDT', 'BTC-PERP-PERP'].map(normaliseSymbol),
    ).toEqual(['BTC', 'ETH', 'SOL', '1000SATS', 'USDT', 'BTC-']);
  });

  it('do not depend on case or blanks', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9]{1,8}(-USDT|-USD|-PERP)?$/), (name) => {
        expect(normaliseSymbol(`  ${name.toLowerCase()} `)).toBe(normaliseSymbol(name.toUpperCase()));
      }),
    );
  });
});
