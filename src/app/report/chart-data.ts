/** What the page script is given: the contract between the report and its page. Types only. */
import type { EncodedLevel } from './column-encoding.js';
import type { RegimeColor } from './regime-report-input.js';

/** What the page's script draws, embedded as JSON. */
export interface ChartData {
  symbol: string;
  /** ms of one bar. */
  barLength: number;
  /** Open of the first and close of the last bar, UTC ms. */
  from: number;
  to: number;
  /** The market never closes, so missing bars are drawn as gaps. */
  continuous: boolean;
  /** The states know later bars. */
  smoothed: boolean;
  /** Open of the last fitted bar, UTC ms; null when nothing was fitted on the series. */
  trainEnd: number | null;
  states: { label: string; color: RegimeColor }[];
  /** Finest first. */
  levels: EncodedLevel[];
}
