/**
 * Coarse bars of a followed instrument at the moment their last minute closes, where coarse bars are stored: those end
 * with the last roll-up on disk, and a reader takes them as they are (stored-series.ts). Made as roll-up.ts makes them,
 * of the same minutes, so the bar that lands later says the same. Where nothing coarse is stored, readers derive it from
 * minutes and nothing is to be done here.
 */
import { setImmediate as others } from 'node:timers/promises';
import type { Lake } from '../../data/lake/lake.js';
import type { RollUpTimeframe } from '../../data/lake/roll-up.js';
import { calendarOf, expectedBars } from '../../market/calendar.js';
import type { Clock } from '../../market/clock.js';
import { parseInstrument } from '../../market/instrument.js';
import { rollUp } from '../../market/roll-up.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { ClosedBucket } from './closed-buckets.js';

/** How long it is remembered that no coarse bars are stored. */
const REMEMBERED_MS = 300_000;

export class FreshRollUps {
  private readonly due = new Map<string, ClosedBucket & { readonly instrument: string }>();
  /** When coarse bars of a series were last looked for in vain; infinity where there are some. */
  private readonly looked = new Map<string, number>();
  private running: Promise<void> | undefined;

  constructor(
    private readonly lake: Lake,
    private readonly clock: Clock,
  ) {}

  /** A bucket has closed, or a minute of it came late or was corrected. */
  bucket(instrument: string, { timeframe, open }: ClosedBucket): void {
    this.due.set(`${instrument} ${timeframe} ${open}`, { instrument, timeframe, open });
    this.running ??= this.work().finally(() => {
      this.running = undefined;
    });
  }

  private async work(): Promise<void> {
    for (;;) {
      // what is in memory is read without a pause, and the minutes themselves are to be told meanwhile
      await others();
      const [next] = this.due;
      if (next === undefined) return;
      const [key, { instrument, timeframe, open }] = next;
      this.due.delete(key);
      // what cannot be read now is rolled up on disk later; readers say what is wrong with the lake
      await this.make(instrument, timeframe, open).catch(() => undefined);
    }
  }

  private async make(instrument: string, timeframe: RollUpTimeframe, from: number): Promise<void> {
    if (!(await this.isStored(instrument, timeframe))) return;
    const to = from + TIMEFRAME_MS[timeframe];
    const { ts, columns } = await this.lake.columns('bars', {
      subject: instrument,
      timeframe: '1m',
      from,
      to,
      columns: ['open', 'high', 'low', 'close', 'volume', 'quote_volume', 'trades'],
    });
    const { open, high, low, close, volume, quote_volume: quoteVolume, trades } = columns;
    const minutes = {
      time: ts,
      open: open!,
      high: high!,
      low: low!,
      close: close!,
      volume: volume!,
      quoteVolume: quoteVolume!,
      trades: trades!,
    };
    const rolled = rollUp(instrument, '1m', timeframe, minutes, to);
    const { series } = rolled;
    if (series.length !== 1) return;
    let expected = 0;
    for (const _open of expectedBars(calendarOf(parseInstrument(instrument)), '1m', from, to)) expected += 1;
    this.lake.fresh.put({
      instrument,
      timeframe,
      time: from,
      open: series.open[0]!,
      high: series.high[0]!,
      low: series.low[0]!,
      close: series.close[0]!,
      volume: series.volume[0]!,
      quoteVolume: rolled.quoteVolume[0]!,
      trades: rolled.trades[0]!,
      source: 'rollup',
      coverage: Math.min(100, (100 * rolled.bars[0]!) / Math.max(1, expected)),
      ingestedAt: this.clock.now(),
    });
  }

  private async isStored(instrument: string, timeframe: RollUpTimeframe): Promise<boolean> {
    const key = `${instrument} ${timeframe}`;
    const now = this.clock.now();
    const looked = this.looked.get(key);
    if (looked !== undefined && now - looked < REMEMBERED_MS) return looked > now;
    const isStored = (await this.lake.span(instrument, timeframe)) !== undefined;
    this.looked.set(key, isStored ? Number.POSITIVE_INFINITY : now);
    return isStored;
  }
}
