/** The three lists beside a research lake: blacklist.csv, wrapped.csv, stablecoins.csv (majors-alts spec §1). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TidewatchError } from '../../errors.js';
import { normaliseSymbol } from './normalise-symbol.js';

export interface SymbolLists {
  readonly blacklist: ReadonlySet<string>;
  readonly wrapped: ReadonlySet<string>;
  readonly stablecoins: ReadonlySet<string>;
}

/**
 * @param folder two levels above the lake
 * @throws TidewatchError `missing_column` when a file has no column `symbol`
 */
export function readSymbolLists(folder: string): SymbolLists {
  const read = (file: string): ReadonlySet<string> => symbolsOf(join(folder, file));
  return {
    blacklist: read('blacklist.csv'),
    wrapped: read('wrapped.csv'),
    stablecoins: read('stablecoins.csv'),
  };
}

function symbolsOf(path: string): ReadonlySet<string> {
  if (!existsSync(path)) return new Set();
  const [header = '', ...lines] = readFileSync(path, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  const column = header.split(',').findIndex((name) => unquoted(name).toLowerCase() === 'symbol');
  if (column < 0) {
    throw new TidewatchError('missing_column', `${path} has no column "symbol"`, {
      hint: 'give the list a header with the column symbol',
      details: { file: path, column: 'symbol' },
    });
  }
  const symbols = lines.map((line) => normaliseSymbol(unquoted(line.split(',')[column] ?? '')));
  return new Set(symbols.filter((symbol) => symbol !== ''));
}

/** Symbols hold no comma, so a quote only ever stands around a whole cell. */
function unquoted(cell: string): string {
  return cell.trim().replace(/^"(.*)"$/, '$1');
}
