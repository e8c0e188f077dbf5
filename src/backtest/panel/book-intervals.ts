/**
 * Intervals of what a book is said to have done: every key figure, and the mean and the total of each regime. One
 * bootstrap for all of them (block-bootstrap.ts): whole days are drawn in blocks, so a day keeps its regime and figures
 * stay consistent with each other.
 *
 * Limits: a regime of few days, or of one long spell, is drawn as it is; its interval tells how far its days scatter, not
 * what another spell would bring. A regime of fewer than ten days has none. Draws without a day of a regime count as no
 * value of its mean and as nothing earned in its total.
 */
import { NEUTRAL_REGIMES, type NeutralRegime } from '../../analysis/neutral/regime-state.js';
import {
  type BootstrapInterval,
  type BootstrapOptions,
  bootstrapIntervals,
} from '../believability/block-bootstrap.js';
import type { DailyBook } from './majors-alts-result.js';
import { kpisOfDrawnDays } from './panel-kpis.js';
import type { MajorsAltsSettings } from './panel-settings.js';
import { regimeOfRow } from './regime-metrics.js';

/** Intervals of a regime's net returns, fractions. */
export interface RegimeIntervals {
  /** Of the mean a day. */
  readonly mean: BootstrapInterval;
  /** Of the compounded return of its days. */
  readonly total: BootstrapInterval;
}

export interface BookIntervals {
  /** By the names of `kpis.json`, but the number of days. */
  readonly kpis: Readonly<Record<string, BootstrapInterval>>;
  readonly regimes: ReadonlyMap<NeutralRegime, RegimeIntervals>;
}

const LEAST_DAYS = 30;
const LEAST_REGIME_DAYS = 10;

/** None of either for a book of fewer than thirty days. @throws TidewatchError `bad_parameter` */
export function bookIntervals(
  book: DailyBook,
  profile: MajorsAltsSettings['profile'],
  options: BootstrapOptions,
): BookIntervals {
  const rows = book.day.length;
  if (rows < LEAST_DAYS) return { kpis: {}, regimes: new Map() };
  const figures = kpisOfDrawnDays(book, profile);
  const returns = book.numbers.r_ls_net;
  const codeOf = Int8Array.from({ length: rows }, (_, row) => {
    const regime = regimeOfRow(book, row, profile);
    return regime === '' ? -1 : NEUTRAL_REGIMES.indexOf(regime);
  });
  const codes = NEUTRAL_REGIMES.map((_, code) => code).filter(
    (code) => codeOf.reduce((days, each) => days + Number(each === code), 0) >= LEAST_REGIME_DAYS,
  );
  const sum = new Float64Array(NEUTRAL_REGIMES.length);
  const days = new Float64Array(NEUTRAL_REGIMES.length);
  const wealth = new Float64Array(NEUTRAL_REGIMES.length);
  const found = bootstrapIntervals(
    rows,
    (positions) => {
      const { n_days: _, ...drawn } = figures(positions);
      sum.fill(0);
      days.fill(0);
      wealth.fill(1);
      for (let i = 0; i < rows; i += 1) {
        const code = codeOf[positions[i]!]!;
        if (code < 0) continue;
        const value = returns[positions[i]!]!;
        sum[code]! += value;
        days[code]! += 1;
        wealth[code]! *= 1 + value;
      }
      for (const code of codes) {
        // 0 / 0 is NaN: no value
        drawn[`mean ${code}`] = sum[code]! / days[code]!;
        drawn[`total ${code}`] = wealth[code]! - 1;
      }
      return drawn;
    },
    options,
  );
  const regimes = new Map<NeutralRegime, RegimeIntervals>();
  const kpis: Record<string, BootstrapInterval> = { ...found };
  for (const code of codes) {
    const [mean, total] = [`mean ${code}`, `total ${code}`];
    regimes.set(NEUTRAL_REGIMES[code]!, { mean: found[mean]!, total: found[total]! });
    delete kpis[mean];
    delete kpis[total];
  }
  return { kpis, regimes };
}
