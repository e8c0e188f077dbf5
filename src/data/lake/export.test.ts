import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FixedClock } from '../../market/clock.js';
import { exportRows } from './export.js';
import { importFiles } from './import/import-files.js';
import { Lake } from './lake.js';

const NOW = Date.UTC(2026, 0, 1);
const START = Date.UTC(2024, 0, 30);
const DAY = 86_400_000;
const BTC = 'binance:spot:BTCUSDT';

describe('exportRows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-export-'));
  const out = join(folder, 'out');
  let lake: Lake;

  beforeAll(async () => {
    mkdirSync(out);
    lake = await Lake.open(join(folder, 'lake'), { clock: new FixedClock(NOW) });
    const rows = ['BTC', 'ETH'].flatMap((symbol) =>
      [0, 1, 2, 3].map((day) => `${symbol},${START + day * DAY},${day + 1},${day + 2},0.5,${day + 1.25},10`),
    );
    const path = join(folder, 'in.csv');
    writeFileSync(path, `symbol,ts,open,high,low,close,volume\n${rows.join('\n')}\n`);
    await importFiles(
      { lake, now: NOW },
      { dataset: 'bars', timeframe: '1d', sources: [{ path, subject: 'binance:spot:{symbol}USDT' }] },
    );
  });
  afterAll(async () => {
    await lake.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('writes what was asked for, sorted, without empty columns', async () => {
    const file = join(out, 'btc.csv');
    const report = await exportRows(lake, {
      dataset: 'bars',
      subjects: [BTC],
      timeframe: '1d',
      from: START + DAY,
      to: START + 3 * DAY,
      out: file,
    });
    expect(report).toMatchObject({ file, format: 'csv', rows: 2 });
    expect(report.columns).not.toContain('quote_volume');
    const [header, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
    expect(header!.split(',').slice(0, 8)).toEqual([
      'instrument_id',
      'timeframe',
      'ts',
      'open',
      'high',
      'low',
      'close',
      'volume',
    ]);
    expect(lines.map((line) => line.split(',').slice(0, 4))).toEqual([
      [BTC, '1d', '2024-01-31T00:00:00.000Z', '2.0'],
      [BTC, '1d', '2024-02-01T00:00:00.000Z', '3.0'],
    ]);
    expect(readdirSync(out)).toEqual(['btc.csv']);
  });

  it.each(['all.csv', 'all.csv.gz', 'all.parquet', 'all.json', 'all.ndjson', 'all.jsonl.gz'])(
    'is read back from %s as it was',
    async (name) => {
      const file = join(out, name);
      expect((await exportRows(lake, { dataset: 'bars', out: file })).rows).toBe(8);
      if (name.endsWith('.gz')) expect(gunzipSync(readFileSync(file)).length).toBeGreaterThan(100);
      const copy = await Lake.open(join(folder, `copy-of-${name}`), { clock: new FixedClock(NOW) });
      const report = await importFiles(
        { lake: copy, now: NOW },
        { dataset: 'bars', sources: [{ path: file }] },
      );
      expect(report).toMatchObject({ timeframe: '1d', rowsWritten: 8 });
      expect((await copy.series(BTC, '1d')).series).toEqual((await lake.series(BTC, '1d')).series);
      await copy.close();
    },
  );

  it('replaces an older export as a whole and leaves it when there is nothing to write', async () => {
    const file = join(out, 'again.csv');
    writeFileSync(file, 'older');
    const nothing = exportRows(lake, { dataset: 'bars', subjects: ['binance:spot:NONE'], out: file });
    await expect(nothing).rejects.toMatchObject({ code: 'no_data' });
    expect(readFileSync(file, 'utf8')).toBe('older');
    await exportRows(lake, { dataset: 'bars', subjects: [BTC], out: file });
    expect(readFileSync(file, 'utf8')).toContain(BTC);
  });

  it('refuses a name without a format and a folder that is not there', async () => {
    const request = { dataset: 'bars' } as const;
    await expect(exportRows(lake, { ...request, out: join(out, 'x.xlsx') })).rejects.toMatchObject({
      code: 'bad_parameter',
    });
    await expect(exportRows(lake, { ...request, out: join(out, 'no', 'x.csv') })).rejects.toMatchObject({
      code: 'write_failed',
    });
  });
});
