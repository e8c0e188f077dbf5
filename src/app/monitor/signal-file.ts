/** The signal of a day as signals_today.json has it (majors-alts spec §11). */
import type { MajorsAltsSignal } from '../../backtest/panel/majors-alts-signal.js';
import { isoDate } from '../../market/asset-panel.js';

/**
 * `signals_today.json` of the spec (majors-alts-monitor §11); weights and gross are shares of equity, funding
 * a fraction a day.
 */
export interface SignalFile {
  readonly asof_date: string;
  /** Only when `asof_date` has no row: the day whose rows were used. */
  readonly data_date?: string;
  readonly profile?: 'corrected';
  readonly regime: string;
  readonly score: number;
  readonly tradeable?: boolean;
  readonly suggested_gross: number;
  readonly leg_weights: {
    readonly majors: Readonly<Record<string, number>>;
    readonly alts: Readonly<Record<string, number>>;
  };
  readonly basket?: Readonly<Record<string, number>>;
  readonly betas?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly expected_funding_daily: number;
  readonly key_features: Readonly<Record<string, number | null>>;
}

export function signalFile(signal: MajorsAltsSignal): SignalFile {
  const { book } = signal;
  return {
    asof_date: isoDate(signal.asofDay),
    ...(signal.dataDay === null ? {} : { data_date: isoDate(signal.dataDay) }),
    ...(book === null ? {} : { profile: 'corrected' as const }),
    regime: signal.regime,
    score: signal.score,
    ...(book === null ? {} : { tradeable: book.tradeable }),
    suggested_gross: signal.suggestedGross,
    leg_weights: signal.legWeights,
    ...(book === null ? {} : { basket: book.basket, betas: book.betas }),
    expected_funding_daily: signal.expectedFundingDaily,
    key_features: signal.keyFeatures,
  };
}
