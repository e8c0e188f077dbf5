/** A run from its input to everything that is shown of it: the backtest, intervals of its figures, a verdict. Pure. */

import type { BootstrapInterval } from '../../backtest/believability/block-bootstrap.js';
import { verdictOf } from '../../backtest/believability/verdict.js';
import { type BookIntervals, bookIntervals } from '../../backtest/panel/book-intervals.js';
import type { MajorsAltsResult } from '../../backtest/panel/majors-alts-result.js';
import { evaluateRegimes } from '../../backtest/panel/regime-evaluation.js';
import type { ResearchLake } from '../../data/research-lake/read-research-lake.js';
import type { MonitorConfig } from '../../platform/monitor-config.js';
import { type MonitorBook, monitorBook } from './monitor-book.js';
import { inputOf } from './monitor-lake.js';
import { settingsOf } from './monitor-settings.js';
import { playWithSignal, strategySignal } from './play-strategy.js';
import { regimeEvalFile } from './regime-eval-file.js';
import { type SignalFile, signalFile } from './signal-file.js';

export interface MonitorRun {
  readonly result: MajorsAltsResult;
  readonly book: MonitorBook;
  /** Null when no major or alt has a price. */
  readonly signals: SignalFile | null;
}

export interface RunName {
  readonly name: string;
  readonly title: string | null;
}

const SEED = 42;

export function computeRun(lake: ResearchLake, config: MonitorConfig, { name, title }: RunName): MonitorRun {
  const settings = settingsOf(config);
  const { result, signal } = playWithSignal({ ...inputOf(lake, config), endDay: lake.end }, config);
  const { enabled, block_size: blockLength, n_boot: draws } = config.evaluation.bootstrap;
  const intervals: BookIntervals = enabled
    ? bookIntervals(result.daily, config.profile, {
        method: 'stationary',
        blockLength,
        draws,
        seed: SEED,
        level: 0.95,
      })
    : { kpis: {}, regimes: new Map() };
  const verdict = verdictOf({
    sharpe: intervals.kpis.sharpe,
    faults: 0,
    overfitting: undefined,
    deflated: undefined,
  });
  return {
    result,
    signals: signal === null ? null : signalFile(signal),
    book: monitorBook({
      name,
      title,
      config,
      result,
      startDay: lake.start,
      endDay: lake.end,
      assets: lake.panel.assets.length,
      priceRows: lake.panel.close.reduce((count, value) => count + Number(!Number.isNaN(value)), 0),
      intervals: Object.fromEntries(
        Object.entries(intervals.kpis).map(([kpi, interval]) => [kpi, shown(interval)]),
      ),
      regimeIntervals: new Map(
        [...intervals.regimes].map(([regime, { mean, total }]) => [
          regime,
          { mean: shown(mean), total: shown(total) },
        ]),
      ),
      evaluation: regimeEvalFile(
        evaluateRegimes(result, settings.profile, settings.evaluation),
        result.timeline,
      ),
      verdict,
      warnings: [
        ...lake.notices.map(({ message }) => message),
        ...pricelessMajors(lake, config),
        ...result.warnings,
      ],
    }),
  };
}

/**
 * The signal of a day, or of the last one of the lake.
 * @throws TidewatchError `no_data` when no major or alt has a price up to the day
 */
export function computeSignal(
  lake: ResearchLake,
  config: MonitorConfig,
  asOf: number | undefined,
): SignalFile {
  return signalFile(strategySignal(inputOf(lake, config), config, asOf ?? lake.end));
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const shown = ({ estimate, low, high, p }: BootstrapInterval): MonitorBook['intervals'][string] => ({
  estimate: finite(estimate),
  low: finite(low),
  high: finite(high),
  p,
});

/** A major may have funding and no price: the book then has no hedge to be built with. */
function pricelessMajors({ panel }: ResearchLake, { universe, profile }: MonitorConfig): string[] {
  const days = panel.days.length;
  return universe.majors.flatMap((id) => {
    const a = panel.assets.indexOf(id);
    const isPriced = a >= 0 && panel.close.subarray(a * days, (a + 1) * days).some((price) => price > 0);
    const follows = profile === 'corrected' ? 'no book is built' : 'its leg of the book earns nothing';
    return isPriced ? [] : [`${id} has no price in the range: ${follows}`];
  });
}
