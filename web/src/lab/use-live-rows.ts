/** Pushed bars and regimes of what the lab shows, put together into rows: a bar may come before its regime. */
import { type RefObject, useEffect, useRef } from 'react';
import { listen } from '../api/live-stream.js';
import type { StreamMessage } from '../api/stream-topics.js';
import type { LiveRow } from '../chart/bar-chart.js';
import { NO_STATE } from '../chart/level-of-answer.js';
import type { ChartHandle } from '../chart/price-chart.js';
import type { ChartQuestion } from './regime-source.js';

type BarMessage = Extract<StreamMessage, { type: 'bars' }>;
type Bar = BarMessage['bars'][number];
type RegimeMessage = Extract<StreamMessage, { type: 'regime' }>;

const MOST_KEPT = 50;

export function rowOf(bar: Bar, regime: RegimeMessage | undefined): LiveRow {
  return {
    time: bar.timestamp,
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    state: regime?.regime ?? NO_STATE,
    share: regime ? 1 : 0,
    probabilities: regime?.probs ?? [],
  };
}

/**
 * @param reload called when more changed than was sent, and when the connection is there again
 * @param changed called when there is a newer regime
 */
export function useLiveRows(
  question: ChartQuestion,
  isLive: boolean,
  handle: RefObject<ChartHandle | null>,
  reload: () => void,
  changed: () => void,
): void {
  const acts = useRef({ reload, changed });
  acts.current = { reload, changed };
  const { instrument, timeframe, modelId, kind } = question;
  useEffect(() => {
    if (!isLive) return;
    const bars = new Map<number, Bar>();
    const regimes = new Map<number, RegimeMessage>();
    let connections = 0;
    const put = (time: number): void => {
      const bar = bars.get(time);
      if (bar) handle.current?.update(rowOf(bar, kind === 'filtered' ? regimes.get(time) : undefined));
    };
    const trim = (map: Map<number, unknown>): void => {
      if (map.size > MOST_KEPT) map.delete(map.keys().next().value!);
    };
    const ends = [
      listen({
        topic: { topic: 'bars', instrument_id: instrument, timeframe: timeframe as never },
        connected: () => {
          connections += 1;
          if (connections > 1) acts.current.reload();
        },
        hear: (message) => {
          if (message.type !== 'bars') return;
          if (message.reload) {
            acts.current.reload();
            return;
          }
          for (const bar of message.bars) {
            bars.set(bar.timestamp, bar);
            trim(bars);
            put(bar.timestamp);
          }
        },
      }),
    ];
    if (modelId !== undefined) {
      ends.push(
        listen({
          topic: { topic: 'regime', model_id: modelId },
          hear: (message) => {
            if (message.type !== 'regime') return;
            regimes.set(message.timestamp, message);
            trim(regimes);
            put(message.timestamp);
            acts.current.changed();
          },
        }),
      );
    }
    return () => {
      for (const end of ends) end();
    };
  }, [instrument, timeframe, modelId, kind, isLive, handle]);
}
