/** Between our instrument ids and the way each venue writes a market. */
import { type Instrument, parseInstrument } from '../../market/instrument.js';

const KRAKEN: Readonly<Record<string, string>> = { BTC: 'XBT', DOGE: 'XDG' };
const FROM_KRAKEN = new Map(Object.entries(KRAKEN).map(([ours, theirs]) => [theirs, ours]));

/** As the venue's requests spell it: XBT for BTC. */
export function krakenPair({ base, quote }: Instrument): string {
  return `${KRAKEN[base] ?? base}${KRAKEN[quote ?? ''] ?? quote ?? ''}`;
}

/** BTC for XBT; names that are common stay as they are. */
export function fromKrakenAsset(asset: string): string {
  return FROM_KRAKEN.get(asset) ?? asset;
}

/** `okx:perp:BTCUSDT` → `BTC-USDT-SWAP`, `okx:spot:BTCUSDT` → `BTC-USDT`. */
export function okxName({ base, quote, section }: Instrument): string {
  return `${base}-${quote ?? ''}${section === 'spot' ? '' : '-SWAP'}`;
}

/** `hyperliquid:main:BTC` → `BTC`, `hyperliquid:xyz:TSLA` → `xyz:TSLA`. */
export function hyperliquidCoin({ section, symbol }: Instrument): string {
  return section === 'main' ? symbol : `${section}:${symbol}`;
}

/** An id that our own rules accept; undefined for names with characters that ids do not hold. */
export function idOrUndefined(id: string): string | undefined {
  try {
    return parseInstrument(id).id;
  } catch {
    return undefined;
  }
}
