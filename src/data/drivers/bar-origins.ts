/**
 * What the bars of each driver cell stand on: whose data, got how, and whether any of it ever happened. Told from stored
 * rows, which carry their source, by three rules: a sample or bar of source `synthetic` is invented; so is a token called
 * SYNTH…; so is what was asked of a venue or provider whose configured address is on this machine, because nothing but a
 * simulator answers there. What was imported from a file counts as real, a roll-up as what it was rolled up from.
 *
 * Known limit: rows do not remember the address that they were asked at. Who fetches from a simulator and then takes the
 * address out of the configuration makes them look real.
 */
import {
  ALT_COMPONENTS,
  BUCKETS,
  DRIVER_DEFINITIONS,
  DRIVERS,
  REGIME_TIMEFRAMES,
  type RegimeTimeframe,
} from '../../analysis/drivers/driver.js';
import { bucketOf } from '../../analysis/drivers/market-cap-labels.js';
import type { DriverSettings } from '../../platform/driver-settings.js';
import type { Lake } from '../lake/lake.js';
import { quote } from '../lake/session.js';
import { CoinDays } from './coin-days.js';

export interface Origin {
  /** Venue or provider, and how its rows came: `binance rest`, `coingecko import`. */
  readonly name: string;
  readonly kind: 'real' | 'synthetic';
  /** Stored rows. */
  readonly rows: number;
}

export interface OriginRequest {
  readonly sources: DriverSettings['sources'];
  /** Whether a venue or provider is asked at an address of this machine. */
  readonly isLocal: (venue: string) => boolean;
}

interface Row {
  readonly instrument: string;
  readonly timeframe: RegimeTimeframe;
  readonly source: string;
  readonly rows: number;
}

/** Sources of rows that no venue was asked for. */
const FROM_FILES: ReadonlySet<string> = new Set(['archive', 'import']);

/** Origins by `driver timeframe`; a cell of which nothing is stored is not among them. */
export async function originsOf(
  lake: Lake,
  { sources, isLocal }: OriginRequest,
): Promise<ReadonlyMap<string, readonly Origin[]>> {
  const rows = await barRows(lake, new Set(Object.values(sources).flat()));
  const invented = new Set<string>();
  for (const { instrument, source } of rows) {
    if (source !== 'rollup' && isInvented(instrument, source, isLocal)) invented.add(instrument);
  }
  const found = new Map<string, Map<string, Origin>>();
  const add = (cell: string, name: string, kind: Origin['kind'], count: number): void => {
    const own = found.get(cell) ?? new Map<string, Origin>();
    found.set(cell, own);
    const before = own.get(`${name} ${kind}`)?.rows ?? 0;
    own.set(`${name} ${kind}`, { name, kind, rows: before + count });
  };
  const driversOf = new Map<string, string[]>();
  const feeds = (instrument: string, driver: string): void => {
    driversOf.set(instrument, [...(driversOf.get(instrument) ?? []), driver]);
  };
  for (const id of sources.BTC) feeds(id, 'BTC');
  for (const coin of ALT_COMPONENTS) for (const id of sources[coin]) feeds(id, 'ALT');
  for (const [token, buckets] of await bucketsOf(lake)) for (const each of buckets) feeds(token, each);
  for (const { instrument, timeframe, source, rows: count } of rows) {
    const isSynthetic =
      source === 'rollup' ? invented.has(instrument) : isInvented(instrument, source, isLocal);
    const name = `${instrument.split(':', 1)[0]} ${source}`;
    for (const driver of driversOf.get(instrument) ?? []) {
      add(`${driver} ${timeframe}`, name, isSynthetic ? 'synthetic' : 'real', count);
    }
  }
  const coins = new CoinDays(lake);
  await coins.changedSince('origins');
  for (const days of coins.coins.values()) {
    for (const { cap, origin } of days.values()) {
      if (cap === null) continue;
      const venue = origin.split(':', 1)[0]!;
      const isSynthetic = origin === 'panel' && isLocal('coingecko');
      add(`${bucketOf(cap)} 1d`, `${venue} days`, isSynthetic ? 'synthetic' : 'real', 1);
    }
  }
  for (const { driver, source, count } of await sampleRows(lake)) {
    const isSynthetic = source === 'synthetic' || (!FROM_FILES.has(source) && isLocal('coingecko'));
    for (const timeframe of REGIME_TIMEFRAMES) {
      add(`${driver} ${timeframe}`, source, isSynthetic ? 'synthetic' : 'real', count);
    }
  }
  return new Map(
    DRIVERS.flatMap((driver) =>
      REGIME_TIMEFRAMES.flatMap((timeframe) => {
        const own = found.get(`${driver} ${timeframe}`);
        if (own === undefined) return [];
        return [[`${driver} ${timeframe}`, [...own.values()].sort((a, b) => b.rows - a.rows)] as const];
      }),
    ),
  );
}

/** `mixed`: both; null: nothing is stored. */
export function kindOf(origins: readonly Origin[]): Origin['kind'] | 'mixed' | null {
  const kinds = new Set(origins.map(({ kind }) => kind));
  if (kinds.size === 2) return 'mixed';
  return origins[0]?.kind ?? null;
}

function isInvented(instrument: string, source: string, isLocal: (venue: string) => boolean): boolean {
  if (source === 'synthetic' || /:(Token)?SYNTH/.test(instrument)) return true;
  if (FROM_FILES.has(source)) return false;
  const venue = instrument.split(':', 1)[0]!;
  if (venue === 'dex') return isLocal(source === 'points' ? 'dexscreener' : 'geckoterminal');
  return isLocal(venue);
}

async function barRows(lake: Lake, coins: ReadonlySet<string>): Promise<readonly Row[]> {
  const names = [...coins].map(quote).join(', ');
  const all: Row[] = [];
  for (const timeframe of REGIME_TIMEFRAMES) {
    const rows = await lake.query('bars', { timeframe }, (relation, run) =>
      run(
        `SELECT instrument_id, source, count(*)::DOUBLE AS rows FROM ${relation}
          WHERE starts_with(instrument_id, 'dex:') OR instrument_id IN (${names}) GROUP BY ALL`,
      ),
    );
    for (const row of rows) {
      all.push({
        instrument: row.instrument_id as string,
        timeframe,
        source: row.source as string,
        rows: row.rows as number,
      });
    }
  }
  return all;
}

/** Buckets that a token has ever been in. */
async function bucketsOf(lake: Lake): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows = await lake.query('bars', { venue: 'dex', timeframe: '1m' }, (relation, run) =>
    run(
      `SELECT instrument_id, min(market_cap) AS least, max(market_cap) AS most FROM ${relation}
        WHERE market_cap IS NOT NULL GROUP BY instrument_id`,
    ),
  );
  return new Map(
    rows.map(({ instrument_id, least, most }) => {
      const [from, to] = [bucketOf(least as number), bucketOf(most as number)];
      return [
        instrument_id as string,
        new Set(BUCKETS.slice(BUCKETS.indexOf(from), BUCKETS.indexOf(to) + 1)),
      ];
    }),
  );
}

async function sampleRows(lake: Lake) {
  const names = DRIVERS.filter((driver) => DRIVER_DEFINITIONS[driver].kind === 'dominance');
  const rows = await lake.query('dominance_samples', {}, (relation, run) =>
    run(
      `SELECT driver, source, count(*)::DOUBLE AS count FROM ${relation}
        WHERE driver IN (${names.map(quote).join(', ')}) GROUP BY ALL`,
    ),
  );
  return rows as unknown as readonly { driver: string; source: string; count: number }[];
}
