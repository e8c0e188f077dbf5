/** Symbols of venues brought to the name of the asset (majors-alts spec §1). Needs no lake. */

/** Stripped in this order, each at most once, so that `BTC-USDT-PERP` becomes `BTC`. */
const SUFFIXES = ['-PERP', 'PERP', '-USDT', '-USD'];

/** `btc-usdt-perp` → `BTC`, the coin `PERP` stays; `SATS` is quoted by the thousand: → `1000SATS`. */
export function normaliseSymbol(symbol: string): string {
  let name = symbol.trim().toUpperCase();
  for (const suffix of SUFFIXES) {
    if (name.endsWith(suffix) && name !== suffix) name = name.slice(0, name.length - suffix.length);
  }
  return name === 'SATS' ? '1000SATS' : name;
}
