/**
 * Drivers from the sample data, one span at a time (docs/studies/posture.md says which cells are real). Days come from
 * the panel to its end and from the perpetuals after it; hours from spot to 2024-05 and from the perpetuals in
 * 2024-10 .. 2025-10; minutes from the perpetuals of one month. A bucket's members are those of the day before its bar.
 */
import { bucketMembers, type TokenCap } from '../../analysis/drivers/bucket-members.js';
import { ChainedIndex, type ComponentBars, composeIndex } from '../../analysis/drivers/chained-index.js';
import { CompositeBuilder } from '../../analysis/drivers/composite-columns.js';
import { ALT_COMPONENTS, type Bucket } from '../../analysis/drivers/driver.js';
import { bucketOf } from '../../analysis/drivers/market-cap-labels.js';
import { type DriverTracks, trackOf } from '../../analysis/drivers/posture-history.js';
import type { PriceBar } from '../../analysis/drivers/valid-bar.js';
import type { BarColumns } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { type DominanceDays, type PanelCoin, SampleBars } from './sample-bars.js';

const DAY = TIMEFRAME_MS['1d'];
/** Coins that are drivers themselves are no members of a bucket. */
const MAJORS: ReadonlySet<string> = new Set(['BTC', ...ALT_COMPONENTS]);

export interface SpanDrivers {
  readonly btc: BarColumns;
  readonly alt: BarColumns;
}

export interface DailyDrivers extends SpanDrivers {
  readonly big: BarColumns;
  readonly mid: BarColumns;
  readonly btcDominance: BarColumns;
  readonly usdtDominance: BarColumns;
}

export async function dailyDrivers(sample: SampleBars): Promise<DailyDrivers> {
  const panel = await sample.panel();
  const later = await perpetuals(sample, '1d');
  const coin = (symbol: string): BarColumns | undefined =>
    joined(panel.find((each) => each.symbol === symbol)?.bars, later[symbol]);
  const dominance = await sample.dominance();
  const tokens = panel.filter(({ symbol }) => !MAJORS.has(symbol));
  return {
    btc: coin('BTC')!,
    alt: composeIndex(
      Object.fromEntries(
        ALT_COMPONENTS.flatMap((name) => {
          const bars = coin(name);
          return bars === undefined ? [] : [[name, bars]];
        }),
      ),
      { timeframe: '1d' },
    ).bars,
    big: bucketDays(tokens, 'big'),
    mid: bucketDays(tokens, 'mid'),
    btcDominance: points(dominance, dominance.btc),
    usdtDominance: points(dominance, dominance.usdt),
  };
}

/** Hours of spot to 2024-05. */
export async function spotHours(sample: SampleBars): Promise<SpanDrivers> {
  const bars = (symbol: string) => sample.bars(`${symbol}USDT_spot_1h`, '1h');
  return {
    btc: await bars('BTC'),
    alt: composeIndex(
      { ETH: await bars('ETH'), SOL: await bars('SOL'), BNB: await bars('BNB') },
      { timeframe: '1h' },
    ).bars,
  };
}

/** Hours of the perpetuals 2024-10 to 2025-10, HYPE from its listing on. */
export async function perpetualHours(sample: SampleBars): Promise<SpanDrivers> {
  const { BTC, ...alts } = await perpetuals(sample, '1h');
  return { btc: BTC!, alt: composeIndex(alts as ComponentBars, { timeframe: '1h' }).bars };
}

/** Minutes of the perpetuals, 2025-05-04 to 2025-06-03. */
export async function perpetualMinutes(sample: SampleBars): Promise<SpanDrivers> {
  const bars = (symbol: string) => sample.bars(`${symbol}USDT_perp_1m`, '1m');
  return {
    btc: await bars('BTC'),
    alt: composeIndex(
      { ETH: await bars('ETH'), SOL: await bars('SOL'), BNB: await bars('BNB') },
      { timeframe: '1m' },
    ).bars,
  };
}

/** States of every driver that the sample data can fill, for a history of A and E; minutes are too few to matter. */
export async function sampleTracks(folder: string): Promise<DriverTracks> {
  const sample = new SampleBars(folder);
  try {
    const days = await dailyDrivers(sample);
    const spot = await spotHours(sample);
    const later = await perpetualHours(sample);
    return {
      BTC: { '1d': trackOf('BTC', '1d', days.btc), '1h': trackOf('BTC', '1h', spot.btc, later.btc) },
      ALT: { '1d': trackOf('ALT', '1d', days.alt), '1h': trackOf('ALT', '1h', spot.alt, later.alt) },
      mid: { '1d': trackOf('mid', '1d', days.mid) },
      big: { '1d': trackOf('big', '1d', days.big) },
      'BTC.d': { '1d': trackOf('BTC.d', '1d', days.btcDominance) },
      'USDT.d': { '1d': trackOf('USDT.d', '1d', days.usdtDominance) },
    };
  } finally {
    await sample.close();
  }
}

async function perpetuals(sample: SampleBars, to: '1h' | '1d'): Promise<Record<string, BarColumns>> {
  const coins: Record<string, BarColumns> = {};
  for (const symbol of ['BTC', ...ALT_COMPONENTS]) {
    coins[symbol] = await sample.bars(`${symbol}USDT_perp_15m`, '15m', to);
  }
  return coins;
}

/** The first, and of the second what comes after it. */
function joined(first: BarColumns | undefined, second: BarColumns | undefined): BarColumns | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const end = first.time.at(-1)!;
  const from = second.time.findIndex((ts) => ts > end);
  if (from < 0) return first;
  const both = (name: keyof BarColumns): Float64Array =>
    Float64Array.from([...first[name], ...second[name].subarray(from)]);
  return {
    time: both('time'),
    open: both('open'),
    high: both('high'),
    low: both('low'),
    close: both('close'),
    volume: both('volume'),
  };
}

/** A published level a day as a bar: all that is known of it. */
function points({ time }: DominanceDays, value: Float64Array): BarColumns {
  return { time, open: value, high: value, low: value, close: value, volume: new Float64Array(time.length) };
}

/** The composite of a bucket, its members by the capitalisations at the close of the day before. */
function bucketDays(coins: readonly PanelCoin[], bucket: Bucket): BarColumns {
  const rowOf = coins.map(({ bars }) => new Map(Array.from(bars.time, (ts, row) => [ts, row])));
  const days = [...new Set(coins.flatMap(({ bars }) => [...bars.time]))].sort((a, b) => a - b);
  const index = new ChainedIndex({ timeframe: '1d' });
  const out = new CompositeBuilder();
  for (const ts of days) {
    const caps: TokenCap[] = coins.flatMap(({ symbol, marketCap }, at) => {
      const before = rowOf[at]!.get(ts - DAY);
      const cap = before === undefined ? Number.NaN : marketCap[before]!;
      if (!(cap > 0)) return [];
      return [
        {
          instrument_id: symbol,
          token_contract: symbol,
          bucket: bucketOf(cap),
          market_cap_usd: cap,
          updated_at: ts,
        },
      ];
    });
    const members = bucketMembers(caps, ts)[bucket].flatMap((symbol): [string, PriceBar][] => {
      const at = coins.findIndex((coin) => coin.symbol === symbol);
      const row = rowOf[at]!.get(ts);
      return row === undefined ? [] : [[symbol, barAt(coins[at]!.bars, row)]];
    });
    const bar = index.step(ts, members);
    if (bar === null) continue;
    out.push(bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.componentCount);
  }
  return out.columns();
}

function barAt(bars: BarColumns, row: number): PriceBar {
  return {
    ts: bars.time[row]!,
    open: bars.open[row]!,
    high: bars.high[row]!,
    low: bars.low[row]!,
    close: bars.close[row]!,
    volume: bars.volume[row]!,
  };
}
