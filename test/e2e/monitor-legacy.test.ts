/** The 0-to-100 score through the command line, against a server that answers as CoinGecko and CoinGlass document. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askHere } from '../ask-here.js';

const DAY = 86_400_000;
let server: Server;
let folder: string;
const asked: string[] = [];

/** A price path of a coin, by day: no two coins alike. */
const price = (id: string, day: number): number =>
  100 * (1 + 0.2 * Math.sin(day / 9 + id.length)) * (1 + (id === 'solana' ? 0.001 : 0.0005) * (day % 1000));

/** Body of a payload that is kept for the venue tests. */
const payload = (name: string): { data: Record<string, unknown>[] } & Record<string, unknown>[] =>
  JSON.parse(readFileSync(`test/venues/payloads/${name}.json`, 'utf8')).exchanges[0].body;

function answer(url: URL): unknown {
  const { pathname, searchParams: query } = url;
  const named = query.get('ids')?.split(',');
  if (named !== undefined) {
    const rows = payload('coingecko_markets_changes');
    // nobody knows the ghost's returns
    return named.flatMap((id, at) => (id === 'ghost' ? [] : { ...rows[at % rows.length], id }));
  }
  if (pathname.endsWith('/exchange-list')) {
    const body = payload('coinglass_funding_exchange_list');
    return { ...body, data: body.data.map((row) => ({ ...row, symbol: query.get('symbol') })) };
  }
  if (pathname.endsWith('/coins/markets')) {
    if (query.get('page') !== '1') return [];
    return [
      'bitcoin/btc',
      'ethereum/eth',
      'tether/usdt',
      'solana/sol',
      'cardano/ada',
      'wrapped-bitcoin/wbtc',
      'ghost/gho',
    ].map((each, rank) => {
      const [id, symbol] = each.split('/');
      return {
        id,
        symbol,
        name: id,
        market_cap: 1e9,
        market_cap_rank: rank + 1,
        circulating_supply: 1,
        last_updated: null,
      };
    });
  }
  const coin = /\/coins\/([\w-]+)\/market_chart\/range$/.exec(pathname)?.[1];
  if (coin === 'ghost') return undefined;
  if (coin !== undefined) {
    const first = Math.ceil((Number(query.get('from')) * 1000) / DAY);
    const last = Math.floor(Math.min(Date.now(), Number(query.get('to')) * 1000) / DAY);
    const prices = Array.from({ length: last - first + 1 }, (_, i) => [
      (first + i) * DAY,
      price(coin, first + i),
    ]);
    return { prices, market_caps: prices, total_volumes: prices };
  }
  const [from, to] = [Number(query.get('start_time')), Math.min(Date.now(), Number(query.get('end_time')))];
  const rows: { time: number; close: string }[] = [];
  for (let time = Math.ceil(from / (DAY / 3)) * (DAY / 3); time <= to; time += DAY / 3) {
    rows.push({
      time,
      close: pathname.includes('funding')
        ? String(0.005 + 0.001 * Math.sin(time / DAY))
        : String(1e9 + time / 1e5),
    });
  }
  return { code: '0', msg: 'success', data: rows };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'legacy-'));
  server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    asked.push(url.pathname);
    const body = answer(url);
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { error: 'coin not found' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const venue = `base_url: ${base}, budget: 1.25`;
  writeFileSync(
    join(folder, 'tidewatch.yaml'),
    `venues:\n  coingecko: {${venue}}\n  coinglass: {${venue}}\n`,
  );
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const legacy = (words: readonly string[], key = 'a-key') =>
  askHere(
    [
      '--home',
      join(folder, 'home'),
      '--config',
      join(folder, 'tidewatch.yaml'),
      'monitor',
      'legacy',
      ...words,
    ],
    key === '' ? {} : { TIDEWATCH_COINGLASS_API_KEY: key },
  );
const file = (): string[] =>
  readFileSync(join(folder, 'home/reports/majors-alts/regime_history.csv'), 'utf8').trim().split('\n');

describe('monitor legacy', () => {
  it('needs a key, and a history to fill up from', async () => {
    expect((await legacy(['live'], '')).envelope.error).toMatchObject({ code: 'missing_secret' });
    expect((await legacy(['backfill'])).envelope.error).toMatchObject({ code: 'no_data' });
    expect((await legacy(['yesterday'])).code).toBe(2);
  });

  it('makes the rows of a history, with one per day and six decimals, leaving out what nobody knows', async () => {
    const { code, envelope } = await legacy(['historical', '--days', '12', '--alts', '3']);
    expect(code, JSON.stringify(envelope.error)).toBe(0);
    expect(envelope.data).toMatchObject({ rows: 12, added: 12 });
    expect(envelope.warnings.map(({ message }) => message).join()).toContain('GHO is left out');
    expect(asked.some((path) => path.includes('tether') || path.includes('wrapped'))).toBe(false);
    const [header, first] = file();
    expect(header).toBe(
      'date_iso,btc_1d,btc_7d,alt_7d_avg,spread7,avg_alt_funding,btc_funding,funding_spread,funding_heating,funding_risk,oi_change_3d,breadth_3d,regime_score,bucket',
    );
    expect(first).toMatch(
      /^\d{4}-\d\d-\d\dT00:00:00\+00:00(,-?\d+\.\d{6}){12},(GREEN|YELLOWGREEN|YELLOW|ORANGE|RED)$/,
    );
  });

  it('keeps the list of alts that it made first, and makes the row of today from what is now', async () => {
    const list = join(folder, 'home/reports/majors-alts/legacy_alts.json');
    const { coins } = JSON.parse(readFileSync(list, 'utf8')) as { coins: { symbol: string }[] };
    expect(coins.map(({ symbol }) => symbol)).toEqual(['SOL', 'ADA', 'GHO']);
    asked.length = 0;
    for (const rows of [12, 12]) {
      const { code, envelope } = await legacy(['live']);
      expect(code, JSON.stringify(envelope.error)).toBe(0);
      expect(envelope.data).toMatchObject({ mode: 'live', rows, added: 1 });
      // of the payloads: BTC and the alts take its rows in turn
      expect(envelope.data.latest).toMatchObject({
        btc_7d: 1.9,
        alt_7d_avg: (-3.1 + 4.4) / 2,
        btc_funding: (0.0061 + 0.0083 + 0.01) / 3,
        funding_spread: 0,
      });
    }
    // one call for all returns, once more for the ghost; the list is not asked for again
    expect(asked.filter((path) => path.endsWith('/coins/markets'))).toHaveLength(2 * 2);
    expect(asked.filter((path) => path.endsWith('/exchange-list'))).toHaveLength(2 * 4);
    expect(asked.some((path) => path.includes('market_chart'))).toBe(false);
    writeFileSync(list, '{}');
    expect((await legacy(['live'])).envelope.error).toMatchObject({ code: 'unreadable_file' });
    writeFileSync(list, JSON.stringify({ schema_version: 1, fixed_at: 0, coins }));
  });

  it('fills inner gaps and brings an old header up to date', async () => {
    const lines = file();
    const kept = [lines[0], ...lines.slice(1, 5), ...lines.slice(7)].map((line) =>
      line!.split(',').toSpliced(9, 1).join(','),
    );
    writeFileSync(join(folder, 'home/reports/majors-alts/regime_history.csv'), `${kept.join('\n')}\n`);
    const { envelope } = await legacy(['update', '--alts', '2']);
    expect(envelope.data).toMatchObject({ rows: 12, added: 2 });
    expect(file()[0]).toBe(lines[0]);
    const extracted = await legacy(['extract', '--days', '5'], '');
    expect(extracted.envelope.data).toMatchObject({ rows: 5 });
  });
});
