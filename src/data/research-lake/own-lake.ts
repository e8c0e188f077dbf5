/**
 * The lake of the home in the shape of a research lake: daily bars of spot markets, funding and open interest of
 * perpetuals. Only read.
 *
 * A bar is named by its open, a panel row by the day whose 00:00 price it holds: row d is the bar of d − 1 (majors-alts
 * spec, conventions). Row d of funding is the settlement at 00:00 of d + 1, scaled to eight hours; days without that
 * settlement have no row. Row d of open interest is the last value of day d. Of several markets of one asset the one with
 * the most days counts. Volume is what the market itself traded, in quote currency.
 *
 * Limits: one market's volume is not the volume of all; caps are there only where the bars carry them.
 */
import { createHash } from 'node:crypto';
import { TidewatchError } from '../../errors.js';
import { isoDate } from '../../market/asset-panel.js';
import { parseInstrument } from '../../market/instrument.js';
import type { DatasetName } from '../lake/datasets.js';
import type { Lake } from '../lake/lake.js';
import { normaliseSymbol } from './normalise-symbol.js';
import type { ResearchLake } from './read-research-lake.js';

export interface OwnLakeOptions {
  readonly start?: number;
  readonly end?: number;
  readonly daysBefore?: number;
}

interface Observation {
  readonly instrument: string;
  readonly day: number;
  readonly values: readonly (number | null)[];
}

const QUOTES = /[/_-]?(USDT|USDC|USD)(_PERP)?$/;

/** The asset of a market against dollars; undefined for any other. */
function assetOf(id: string, kind: 'spot' | 'perp'): string | undefined {
  const instrument = parseInstrument(id);
  if (instrument.kind !== kind) return undefined;
  const symbol = id.slice(id.lastIndexOf(':') + 1).toUpperCase();
  if (kind === 'spot' && !QUOTES.test(symbol)) return undefined;
  const base = normaliseSymbol(symbol.replace(QUOTES, ''));
  return base === '' ? undefined : base;
}

/** @throws TidewatchError `no_data` when there are no daily bars, or none in the range */
export async function readOwnLake(lake: Lake, options: OwnLakeOptions = {}): Promise<ResearchLake> {
  const prices = await observations(
    lake,
    'bars',
    "SELECT instrument_id, ts // 86400000 + 1 AS day, close AS a, market_cap AS b, coalesce(quote_volume, volume * close) AS c FROM $ WHERE timeframe = '1d'",
  );
  const funding = await observations(
    lake,
    'funding_rates',
    'SELECT instrument_id, (round(ts / 60000) * 60000)::BIGINT // 86400000 - 1 AS day, funding_rate * 8 / interval_hours AS a, NULL AS b, NULL AS c FROM $ WHERE (round(ts / 60000) * 60000)::BIGINT % 86400000 = 0',
  );
  const interest = await observations(
    lake,
    'open_interest',
    "SELECT instrument_id, ts // 86400000 AS day, open_interest_value AS a, NULL AS b, NULL AS c FROM $ WHERE timeframe = '1d'",
  );
  const spot = byAsset(prices, 'spot');
  const rates = byAsset(funding, 'perp');
  const open = byAsset(interest, 'perp');
  const priced = [...spot.values()].flatMap((rows) => rows.map(({ day }) => day));
  if (priced.length === 0) {
    throw new TidewatchError('no_data', 'the lake of the home holds no daily bar of a spot market', {
      hint: 'import or fetch daily bars first, or name a research lake with --lake',
    });
  }
  const lowest = priced.reduce((least, day) => Math.min(least, day));
  const highest = priced.reduce((most, day) => Math.max(most, day));
  const [start, end] = [options.start ?? lowest, options.end ?? highest];
  if (start > end || start > highest || end < lowest) {
    throw new TidewatchError(
      'no_data',
      `there is no price from ${isoDate(start)} to ${isoDate(end)} · prices go from ${isoDate(lowest)} to ${isoDate(highest)}`,
      { hint: 'choose days with prices' },
    );
  }
  const from = start - (options.daysBefore ?? 0);
  const within =
    (first: number) =>
    ({ day }: Observation): boolean =>
      day >= first && day <= end;
  const days = new Set<number>();
  for (const [table, first] of [
    [spot, start],
    [rates, from],
    [open, from],
  ] as const) {
    for (const rows of table.values()) for (const row of rows) if (within(first)(row)) days.add(row.day);
  }
  const axis = Int32Array.from(days).sort();
  const rowOf = new Map(Array.from(axis, (day, at) => [day, at]));
  const assets = [...new Set([...spot.keys(), ...rates.keys(), ...open.keys()])].sort();
  const matrix = (
    table: ReadonlyMap<string, readonly Observation[]>,
    value: number,
    first: number,
  ): Float64Array => {
    const out = new Float64Array(assets.length * axis.length).fill(Number.NaN);
    assets.forEach((asset, a) => {
      for (const row of table.get(asset) ?? []) {
        const cell = row.values[value];
        if (within(first)(row) && cell !== null && cell !== undefined && Number.isFinite(cell)) {
          out[a * axis.length + rowOf.get(row.day)!] = cell;
        }
      }
    });
    return out;
  };
  const panel = {
    assets,
    days: axis,
    close: matrix(spot, 0, start),
    marketCap: matrix(spot, 1, start),
    volume: matrix(spot, 2, start),
    fundingRate: matrix(rates, 0, from),
    openInterest: matrix(open, 0, from),
  };
  const hash = (values: Float64Array): string =>
    createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');
  return {
    panel,
    repeatedRows: { close: 0, marketCap: 0, volume: 0, fundingRate: 0, openInterest: 0 },
    start,
    end,
    dimension: new Map(),
    lists: { blacklist: new Set(), wrapped: new Set(), stablecoins: new Set() },
    notices: [],
    files: {
      assets: createHash('sha256').update(assets.join()).digest('hex'),
      close: hash(panel.close),
      market_cap: hash(panel.marketCap),
      volume: hash(panel.volume),
      funding_rate: hash(panel.fundingRate),
      open_interest: hash(panel.openInterest),
    },
  };
}

/** @param sql with `$` for the rows of the dataset */
function observations(lake: Lake, dataset: DatasetName, sql: string): Promise<Observation[]> {
  return lake.query(dataset, {}, async (relation, run) => {
    const rows = await run(sql.replace('$', relation));
    return rows.map(({ instrument_id, day, a, b, c }) => ({
      instrument: String(instrument_id),
      day: Number(day),
      values: [a, b, c].map((value) => (typeof value === 'number' ? value : null)),
    }));
  });
}

/** Rows of the market with the most days of each asset. */
function byAsset(
  rows: readonly Observation[],
  kind: 'spot' | 'perp',
): ReadonlyMap<string, readonly Observation[]> {
  const markets = new Map<string, Observation[]>();
  for (const row of rows) {
    const held = markets.get(row.instrument);
    if (held) held.push(row);
    else markets.set(row.instrument, [row]);
  }
  const chosen = new Map<string, { id: string; rows: Observation[] }>();
  for (const [id, held] of [...markets].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const asset = assetOf(id, kind);
    if (asset === undefined) continue;
    const best = chosen.get(asset);
    if (best === undefined || held.length > best.rows.length) chosen.set(asset, { id, rows: held });
  }
  return new Map([...chosen].map(([asset, { rows: held }]) => [asset, held]));
}
