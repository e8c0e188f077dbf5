/** Pushed bars of the series: the candle is drawn at once, its state and lines follow with the next answer. */
import { type RefObject, useEffect, useRef } from 'react';
import { listen } from '../api/live-stream.js';
import type { ChartHandle } from '../chart/price-chart.js';
import { rowOf } from '../lab/use-live-rows.js';
import type { UptrendQuestion } from './use-uptrend.js';

/** Several bars at once ask once. */
const GATHER_MS = 500;

/**
 * @param reload there are more bars than before
 * @param changed what is known of the newest bar is out of date
 */
export function useLiveUptrend(
  question: UptrendQuestion,
  handle: RefObject<ChartHandle | null>,
  reload: () => void,
  changed: () => void,
): void {
  const acts = useRef({ reload, changed });
  acts.current = { reload, changed };
  const { instrument, timeframe, at } = question;
  useEffect(() => {
    if (at !== null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let connections = 0;
    const later = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        acts.current.reload();
        acts.current.changed();
      }, GATHER_MS);
    };
    const end = listen({
      topic: { topic: 'bars', instrument_id: instrument, timeframe: timeframe as never },
      connected: () => {
        connections += 1;
        if (connections > 1) later();
      },
      hear: (message) => {
        if (message.type !== 'bars') return;
        for (const bar of message.bars) handle.current?.update(rowOf(bar, undefined));
        // a forming bar has no state: nothing else is new
        if (message.reload || message.bars.some(({ final }) => final)) later();
      },
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [instrument, timeframe, at, handle]);
}
