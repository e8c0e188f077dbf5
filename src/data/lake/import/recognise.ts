/**
 * What a file is, told from its content: archives of Binance and Kraken, freqtrade, ccxt, CoinMetrics. A layout names
 * the columns of files that have no header, and the fields of those whose header uses names of their own. What the
 * user says (--map, --symbol) always comes first; a file that nothing fits is read by the names in its header.
 *
 * Layouts: github.com/binance/binance-public-data (klines, trades, aggTrades; times in µs since 2025 on spot),
 * Kraken "downloadable historical OHLCVT" and "time and sales", CoinMetrics market candles and daily asset metrics.
 * Known limit: spot and futures of Binance look alike; the folders of its archive tell them apart, else --symbol must.
 */
import { basename } from 'node:path';
import { type CsvDialect, sniffCsv } from './csv-dialect.js';
import { type InputFile, readHead } from './input-file.js';
import type { ImportSource } from './request.js';
import type { ImportTarget } from './target.js';

export interface Recognised {
  /** One sentence about the file, for the user. */
  readonly sentence: string;
  /** Target columns in the order of a file without header. */
  readonly positional?: readonly string[];
  /** Target column → name in the header. */
  readonly map?: Readonly<Record<string, string>>;
  /** Instrument id that the place of the file tells. */
  readonly subject?: string;
  /** Symbol that the file's name tells, in common spelling. */
  readonly symbol?: string;
  /** True when each row is a trade, to be made into bars. */
  readonly isTrades: boolean;
}

type Layout = Pick<Recognised, 'positional' | 'map'> & { readonly name: string; readonly isTrades?: boolean };

const CANDLE = ['ts', 'open', 'high', 'low', 'close'];
const KLINES = [...CANDLE, 'volume', 'close_time', 'quote_volume', 'trades'];
const PRICES = ['open', 'high', 'low', 'close'];

export async function recognise(
  file: InputFile,
  source: ImportSource,
  target: ImportTarget,
): Promise<Recognised> {
  let layout: Layout = { name: `rows of ${target.dataset}` };
  if (file.format === 'csv') {
    const head = await readHead(file.path);
    const dialect = sniffCsv(file.name, head.toString('utf8'), head.length === file.bytes, source.delimiter);
    layout = (target.dataset === 'bars' && csvLayout(dialect, source)) || {
      ...layout,
      name: `${layout.name}, ${dialect.isNamed ? 'columns by their names' : 'columns by their positions'}`,
    };
  } else if (target.dataset === 'bars') {
    const isFreqtrade = FREQTRADE.test(basename(file.name));
    layout = { name: isFreqtrade ? 'candles of freqtrade' : 'candles' };
  }
  const { name, isTrades = false, ...columns } = layout;
  const format = { csv: 'CSV', json: 'JSON', parquet: 'Parquet', arrow: 'feather (Arrow)' }[file.format];
  const packing = file.packing === undefined ? '' : ` in ${file.packing}`;
  const checked = file.matchesChecksum ? ', as its checksum file says' : '';
  return {
    sentence: `${name}; ${format}${packing}${checked}`,
    isTrades,
    ...columns,
    ...placeOf(file.name),
  };
}

function csvLayout({ isNamed, header, sample }: CsvDialect, source: ImportSource): Layout | undefined {
  const isMapped = PRICES.some((name) => source.map?.[name] !== undefined);
  if (isNamed) {
    const names = new Set(header.map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, '')));
    const has = (...wanted: string[]): boolean => wanted.every((name) => names.has(name));
    if (isMapped) return undefined;
    if (has('opentime', 'closetime', 'takerbuyvolume')) return { name: 'klines of Binance' };
    if (has('priceopen', 'pricehigh', 'pricelow', 'priceclose'))
      return { name: 'candles of CoinMetrics', map: METRIC_CANDLES };
    if (!has('open') && has('time', 'priceusd')) {
      const map = has('capmrktcurusd') ? { ...DAILY_PRICE, market_cap: 'CapMrktCurUSD' } : DAILY_PRICE;
      return { name: 'daily prices of CoinMetrics: one price is open, high, low and close of its day', map };
    }
    const sizes = ['volume', 'amount', 'qty', 'quantity', 'size'];
    if (!has('open') && !has('close') && has('price') && sizes.some((name) => has(name))) {
      return { name: has('aggtradeid') ? 'aggregate trades of Binance' : 'trades', isTrades: true };
    }
    return has('timestamp', 'open', 'high', 'low', 'close', 'volume') && header.length === 6
      ? { name: 'candles of ccxt' }
      : undefined;
  }
  if (isMapped) return undefined;
  const rows = sample.map((row) => row.map(Number)).filter((row) => row.every((cell) => !Number.isNaN(cell)));
  const all = (rule: (row: readonly number[]) => boolean): boolean => rows.length > 0 && rows.every(rule);
  const isWhole = (at: number): boolean => all((row) => Number.isInteger(row[at]));
  if (header.length === 12 && all((row) => row[6]! > row[0]!) && isWhole(8)) {
    return { name: 'klines of Binance', positional: KLINES };
  }
  if (header.length === 8 && all((row) => row[5]! >= row[3]! && row[5]! <= row[2]!) && isWhole(7)) {
    return {
      name: 'candles of Kraken with a mean price',
      positional: [...CANDLE, 'mean', 'volume', 'trades'],
    };
  }
  if (header.length === 7 && isWhole(6)) {
    return { name: 'candles of Kraken', positional: [...CANDLE, 'volume', 'trades'] };
  }
  if (header.length === 3) {
    return { name: 'trades of Kraken', positional: ['ts', 'price', 'volume'], isTrades: true };
  }
  return header.length === 6 ? { name: 'candles of ccxt' } : undefined;
}

const METRIC_CANDLES = {
  open: 'price_open',
  high: 'price_high',
  low: 'price_low',
  close: 'price_close',
} as const;
const DAILY_PRICE = { open: 'PriceUSD', high: 'PriceUSD', low: 'PriceUSD', close: 'PriceUSD' } as const;

const FREQTRADE = /^([A-Z0-9]+)_([A-Z0-9]+)(?:_[A-Z0-9]+)?-(\d+[mhdw])(?:-(?:futures|mark|spot))?\./;
const BINANCE = /^([A-Z0-9]{5,})-(?:\d+[mhdwM]|trades|aggTrades)-\d{4}-\d{2}/;
const KRAKEN = /^([A-Z0-9]{5,12})(?:_\d+)?\.csv/;
const BINANCE_FOLDERS =
  /(?:^|\/)(spot|futures\/um|futures\/cm)\/(?:monthly|daily)\/[A-Za-z]+\/([A-Z0-9_]+)\//;
const BINANCE_IDS = {
  spot: 'binance:spot:',
  'futures/um': 'binanceusdm:-:',
  'futures/cm': 'binancecoinm:-:',
};

/** What the name and the folders of a file tell. */
function placeOf(name: string): Pick<Recognised, 'subject' | 'symbol'> {
  const path = name.replaceAll('\\', '/');
  const folders = BINANCE_FOLDERS.exec(path);
  if (folders) {
    const [, section, symbol] = folders;
    return { subject: `${BINANCE_IDS[section as keyof typeof BINANCE_IDS]}${symbol}`, symbol: symbol! };
  }
  // a member of an archive may be named after nothing, the archive after its symbol
  for (const part of path.split('/').reverse()) {
    const pair = FREQTRADE.exec(part);
    if (pair) return { symbol: `${pair[1]}${pair[2]}` };
    const symbol = BINANCE.exec(part)?.[1] ?? KRAKEN.exec(part)?.[1];
    if (symbol) return { symbol: symbol.replace(/^XBT/, 'BTC').replace(/^XDG/, 'DOGE') };
    if (part !== basename(path) && !part.endsWith('.zip')) break;
  }
  return {};
}
