/** What becomes of a backtest when trading costs more, or comes later: one row per setting. */
export interface SensitivityRow {
  /** Times the configured costs, or days (bars) late. */
  readonly setting: number;
  readonly sharpe: number;
  readonly total_return: number;
  readonly max_drawdown: number;
}

/** Times the costs as configured. */
export const COST_FACTORS = [0, 0.5, 1, 2, 3] as const;
/** Days or bars by which trades are late. */
export const DELAYS = [0, 1, 2, 3, 5] as const;
