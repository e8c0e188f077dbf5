/** Minute bars into a lake, hours and days out: derived bars say which of them are complete. */
import { importFiles, Lake, systemClock, type Timeframe } from 'tidewatch';

export interface DerivedBars {
  readonly timeframe: Timeframe;
  readonly bars: number;
  readonly complete: number;
  readonly lastClose: number;
}

export async function deriveBars(
  folder: string,
  file: string,
  timeframes: readonly Timeframe[],
): Promise<DerivedBars[]> {
  const lake = await Lake.open(folder, { clock: systemClock });
  try {
    const instrument = 'binance:spot:BTCUSDT';
    await importFiles(
      { lake, now: systemClock.now() },
      { dataset: 'bars', timeframe: '1m', sources: [{ path: file, subject: instrument }] },
    );
    const derived: DerivedBars[] = [];
    for (const timeframe of timeframes) {
      const { series, complete } = await lake.series(instrument, timeframe);
      derived.push({
        timeframe,
        bars: series.length,
        complete: complete.reduce((sum, flag) => sum + flag, 0),
        lastClose: series.close[series.length - 1]!,
      });
    }
    return derived;
  } finally {
    await lake.close();
  }
}
