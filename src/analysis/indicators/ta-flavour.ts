/**
 * The three ways in which libraries smooth Wilder's indicators (spec hmm-regimes §4, configuration `ta_flavour`):
 * `wilder` as TA-Lib, `ewm_adjusted` as pandas-ta without TA-Lib, `ewm_recursive` as the reinforcement-learning
 * catalogue. They differ by up to 5 (ADX) and 26 (RSI) points at the start and by less than 1e-4 after 200 bars.
 */
export const TA_FLAVOURS = ['wilder', 'ewm_adjusted', 'ewm_recursive'] as const;
/** Which library's smoothing is meant. */
export type TaFlavour = (typeof TA_FLAVOURS)[number];
