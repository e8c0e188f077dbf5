/**
 * Which coins a fetch of daily facts means (majors-alts spec §13): those named, or the first source that knows any:
 * perpetuals of Binance in dim_instrument, coins in fact_funding, perpetuals that Binance lists, the universe files beside
 * the lake.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TidewatchError } from '../../errors.js';
import { normaliseSymbol } from '../research-lake/normalise-symbol.js';
import type { FactRow, ResearchLakeWriter } from '../research-lake/write-facts.js';
import type { MarketCap } from '../venues/coingecko.js';
import type { Market } from '../venues/venue.js';
import type { PanelCoin } from './panel.js';

export const SYMBOL_SOURCES = ['auto', 'instruments', 'funding', 'listings', 'universe'] as const;
export type SymbolSource = (typeof SYMBOL_SOURCES)[number];

/** Coins that pass the gate. */
const GATE = 150;
/** Where no caps are stored, so many of the list. */
const GATE_WITHOUT_CAPS = 200;

export interface CoinChoice {
  readonly lake: ResearchLakeWriter;
  readonly source: SymbolSource;
  /** Perpetuals that Binance lists, asked for only when it comes to that. */
  readonly listings: () => Promise<readonly Market[]>;
  /** Only the largest by their newest stored cap. */
  readonly isGated: boolean;
}

/** @throws TidewatchError `no_data` when the sources know no coin */
export async function chosenAssets(choice: CoinChoice): Promise<readonly string[]> {
  const sources: Readonly<Record<Exclude<SymbolSource, 'auto'>, () => Promise<readonly unknown[]>>> = {
    instruments: () => instrumentsOf(choice.lake),
    funding: async () => (await choice.lake.rows('fact_funding')).map(({ asset_id }) => asset_id),
    listings: async () =>
      (await choice.listings())
        .filter(({ active, quote }) => active && quote === 'USDT')
        .map(({ base }) => base),
    universe: () => universeOf(choice.lake),
  };
  const asked = SYMBOL_SOURCES.filter((name) => name !== 'auto').filter(
    (name) => choice.source === 'auto' || choice.source === name,
  );
  for (const name of asked) {
    const names = (await sources[name]()).filter((each): each is string => typeof each === 'string');
    const assets = [...new Set(names.map(normaliseSymbol))].filter((each) => each !== '').sort();
    if (assets.length > 0) return choice.isGated ? largest(choice.lake, assets) : assets;
  }
  throw new TidewatchError('no_data', `no coin is known to ${asked.join(', ')}`, {
    hint: 'name them: --symbols BTC,ETH,SOL',
    details: { sources: asked, lake: choice.lake.folder },
  });
}

async function instrumentsOf(lake: ResearchLakeWriter): Promise<readonly unknown[]> {
  return (await lake.rows('dim_instrument'))
    .filter(
      ({ venue, instrument_type }) =>
        String(venue).toLowerCase() === 'binance' && String(instrument_type).startsWith('perp'),
    )
    .map(({ asset_id, base_asset_symbol }) => asset_id ?? base_asset_symbol);
}

async function universeOf(lake: ResearchLakeWriter): Promise<readonly unknown[]> {
  const path = join(dirname(lake.folder), 'universe_snapshots');
  return existsSync(`${path}.parquet`)
    ? (await lake.rows('../universe_snapshots')).map(({ symbol }) => symbol)
    : [];
}

async function largest(lake: ResearchLakeWriter, assets: readonly string[]): Promise<readonly string[]> {
  const newest = new Map<string, { date: string; cap: number }>();
  for (const { asset_id, date, marketcap } of await lake.rows('fact_marketcap')) {
    const [id, day, cap] = [String(asset_id), String(date), Number(marketcap)];
    if (Number.isFinite(cap) && day >= (newest.get(id)?.date ?? '')) newest.set(id, { date: day, cap });
  }
  const known = assets.filter((asset) => newest.has(asset));
  if (known.length === 0) return assets.slice(0, GATE_WITHOUT_CAPS);
  return known.sort((a, b) => newest.get(b)!.cap - newest.get(a)!.cap || (a < b ? -1 : 1)).slice(0, GATE);
}

const STABLE = new Set(
  'USDT USDC DAI USDE FDUSD TUSD PYUSD USDD USDS BUSD USD1 RLUSD USD0 FRAX GUSD LUSD EURC EURT'.split(' '),
);

/**
 * Ids at CoinGecko: as dim_asset says, else the largest coin of that symbol.
 * @param caps coins by size, asked for only when an id is lacking
 * @returns the coins, and rows for those that dim_asset lacks
 */
export async function coinsOf(
  lake: ResearchLakeWriter,
  assets: readonly string[],
  caps: (() => Promise<readonly MarketCap[]>) | undefined,
): Promise<{ readonly coins: readonly PanelCoin[]; readonly newAssets: readonly FactRow[] }> {
  const known = new Map<string, string | null>();
  for (const { asset_id, coingecko_id } of await lake.rows('dim_asset')) {
    known.set(
      String(asset_id),
      typeof coingecko_id === 'string' && coingecko_id !== '' ? coingecko_id : null,
    );
  }
  const lacking = assets.some((asset) => !known.get(asset));
  const bySymbol = new Map<string, MarketCap>();
  for (const coin of lacking ? ((await caps?.()) ?? []) : []) {
    const symbol = normaliseSymbol(coin.symbol);
    if (!bySymbol.has(symbol)) bySymbol.set(symbol, coin);
  }
  const coins = assets.map((asset) => ({
    asset,
    coingeckoId: known.get(asset) ?? bySymbol.get(asset)?.id ?? null,
  }));
  const newAssets = assets.flatMap((asset) => {
    const coin = bySymbol.get(asset);
    if (known.has(asset) || coin === undefined) return [];
    return [
      {
        asset_id: asset,
        symbol: asset,
        name: coin.name,
        chain: null,
        contract_address: null,
        coingecko_id: coin.id,
        is_stable: STABLE.has(asset),
        is_wrapped_stable: /^(wrapped|bridged|staked|binance-peg) /i.test(coin.name),
        metadata_json: '{}',
      },
    ];
  });
  return { coins, newAssets };
}
