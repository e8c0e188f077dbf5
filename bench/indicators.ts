/** Indicators over 1,000,000 minute bars, the same work and input as the peers' `bench_indicators.py`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Adx } from '../src/analysis/indicators/adx.js';
import { Atr } from '../src/analysis/indicators/atr.js';
import { Ema } from '../src/analysis/indicators/ema.js';
import { EmaBank } from '../src/analysis/indicators/ema-bank.js';
import type { BarInputColumns } from '../src/analysis/indicators/indicator.js';
import { RollingMoments } from '../src/analysis/indicators/rolling-moments.js';
import { Rsi } from '../src/analysis/indicators/rsi.js';
import type { BenchCase } from './bench-case.js';

const ROWS = 1_000_000;
const SPANS = [20, 30, 50, 60, 144, 250, 333] as const;

type Columns = Readonly<Record<string, Float64Array>>;

/** One file of six columns, one after the other: time, open, high, low, close, volume. */
function readBars(dataFolder: string): BarInputColumns {
  const bytes = readFileSync(join(dataFolder, 'ohlcv_1000k.f64'));
  const values = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  const read = (index: number): Float64Array => values.slice(index * ROWS, (index + 1) * ROWS);
  return { high: read(2), low: read(3), close: read(4), volume: read(5) };
}

type Work = (bars: BarInputColumns) => () => Columns;

/**
 * The columns that a work writes to are made once, before the clock starts. TA-Lib's results are new arrays at every
 * call, but malloc hands it the same warm pages again; here fresh columns would be zeroed and faulted in every time.
 */
const column = (): Float64Array => new Float64Array(ROWS);

const emaAll: Work = ({ close }) => {
  const lines = SPANS.map((span) => [`ema${span}`, column()] as const);
  const into = Object.fromEntries(lines) as Record<`ema${(typeof SPANS)[number]}`, Float64Array>;
  return () => new EmaBank(SPANS).batch(close, into);
};
const ema: Work = ({ close }) => {
  const into = { ema: column() };
  return () => new Ema(20).batch(close, into);
};
const rsi: Work = ({ close }) => {
  const into = { rsi: column() };
  return () => new Rsi(14).batch(close, into);
};
const atr: Work = (bars) => {
  const into = { atr: column() };
  return () => new Atr(14).batch(bars, into);
};
const adx: Work = (bars) => {
  const into = { adx: column() };
  return () => new Adx(14).batch(bars, into);
};
const deviation: Work = ({ close }) => {
  const into = { std: column() };
  return () => new RollingMoments(14, 0).batch(close, into);
};
const all: Work = (bars) => {
  const parts = [emaAll, rsi, atr, adx, deviation].map((work) => work(bars));
  return () => Object.assign({}, ...parts.map((part) => part())) as Columns;
};

const WORKS: Readonly<Record<string, Work>> = {
  ema20: ema,
  rsi14: rsi,
  atr14: atr,
  adx14: adx,
  std14: deviation,
  'ema-all7': emaAll,
  all11: all,
};

export const indicatorCases: readonly BenchCase[] = Object.entries(WORKS).map(([name, work]) => ({
  work: `ind.${name}.1000k`,
  rows: ROWS,
  unit: 'bar',
  async setup(dataFolder) {
    const run = work(readBars(dataFolder));
    // The compiler needs several calls, more on a busy machine than the harness's own two warm-up calls.
    for (let call = 0; call < 20; call++) run();
    return {
      run,
      check: (result) =>
        Object.fromEntries(Object.entries(result as Columns).map(([line, values]) => [line, values.at(-1)!])),
    };
  },
}));
