/** Collects what the day loops decide, row by row, and hands it over as columns. */
import type { PanelView } from '../../analysis/neutral/alt-universe.js';
import { NEUTRAL_REGIMES, type NeutralRegime } from '../../analysis/neutral/regime-state.js';
import {
  type AssetDayValues,
  CORRECTED_DAILY_NUMBERS,
  DAILY_NUMBERS,
  type DailyBook,
  type DailyNumber,
  type ExitReason,
  type FundingCoverage,
} from './majors-alts-result.js';
import type { TargetBook } from './target-book.js';
import type { Accrual } from './trading-costs.js';

export interface BookRow {
  /** Index into the days of the panel. */
  readonly t: number;
  /** Regime codes: decided at this close, and held into the day. */
  readonly regime: number;
  /** −1 on the first row. */
  readonly heldRegime: number;
  readonly exitReason: ExitReason | '';
  readonly rebalanced: boolean;
  /** Σ|w| of held names without a funding rate, over the calendar days. */
  readonly unfundedGross: number;
  readonly numbers: Readonly<Record<Exclude<DailyNumber, 'r_ls_gross' | 'r_ls_net'>, number>>;
}

class AssetDayRecord<Name extends string> {
  private readonly day: number[] = [];
  private readonly asset: string[] = [];
  private readonly values: Record<Name, number[]>;

  constructor(private readonly names: readonly Name[]) {
    this.values = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  }

  add(day: number, asset: string, values: Readonly<Record<Name, number>>): void {
    this.day.push(day);
    this.asset.push(asset);
    for (const name of this.names) this.values[name].push(values[name]);
  }

  finish(): AssetDayValues<Name> {
    const columns = this.names.map((name) => [name, Float64Array.from(this.values[name])]);
    return { day: Int32Array.from(this.day), asset: this.asset, values: Object.fromEntries(columns) };
  }
}

export interface RecordedBook {
  readonly daily: DailyBook;
  readonly weights: AssetDayValues<'weight'>;
  readonly basket: AssetDayValues<'basket_weight'>;
  readonly betas: AssetDayValues<'beta_btc' | 'beta_eth'>;
  readonly fundingCoverage: FundingCoverage;
}

export class BookRecord {
  /** Equity after the rows so far; 1 before the first. */
  equity = 1;
  private readonly rows: BookRow[] = [];
  private readonly net: number[] = [];
  private readonly equities: number[] = [];
  private readonly weights = new AssetDayRecord(['weight']);
  private readonly basket = new AssetDayRecord(['basket_weight']);
  private readonly betas = new AssetDayRecord(['beta_btc', 'beta_eth']);
  private readonly accrued = { due: 0, missing: 0, heldGross: 0, unfundedGross: 0 };

  constructor(private readonly view: PanelView) {}

  /** A basket that was chosen; a book that is not hedged by betas gives none. */
  target(t: number, { basket, betas }: Pick<TargetBook, 'basket' | 'betas'>): void {
    const { assets, days } = this.view.panel;
    basket.asset.forEach((a, i) => {
      this.basket.add(days[t]!, assets[a]!, { basket_weight: basket.weight[i]! });
      const beta = betas[i];
      if (beta) this.betas.add(days[t]!, assets[a]!, { beta_btc: beta[0], beta_eth: beta[1] });
    });
  }

  accrual({ due, missing, heldGross, unfundedGross }: Accrual): void {
    this.accrued.due += due;
    this.accrued.missing += missing;
    this.accrued.heldGross += heldGross;
    this.accrued.unfundedGross += unfundedGross;
  }

  /** @returns the net return of the row */
  row(row: BookRow, held: Float64Array): number {
    const { assets, days } = this.view.panel;
    const { pnl, cost, funding } = row.numbers;
    const net = pnl - cost - funding;
    this.equity *= 1 + net;
    this.rows.push(row);
    this.net.push(net);
    this.equities.push(this.equity);
    for (let a = 0; a < held.length; a += 1) {
      if (held[a] !== 0) this.weights.add(days[row.t]!, assets[a]!, { weight: held[a]! });
    }
    return net;
  }

  finish(): RecordedBook {
    const { rows, view, accrued } = this;
    const name = (code: number): NeutralRegime => NEUTRAL_REGIMES[code]!;
    const numbers = Object.fromEntries(
      [...DAILY_NUMBERS, ...CORRECTED_DAILY_NUMBERS].map((column) => {
        if (column === 'r_ls_net') return [column, Float64Array.from(this.net)];
        const source = column === 'r_ls_gross' ? 'pnl' : column;
        return [column, Float64Array.from(rows, ({ numbers: values }) => values[source])];
      }),
    ) as Record<DailyNumber, Float64Array>;
    const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
    return {
      daily: {
        day: Int32Array.from(rows, ({ t }) => view.panel.days[t]!),
        regime: rows.map(({ regime }) => name(regime)),
        heldRegime: rows.map(({ heldRegime }) => (heldRegime < 0 ? '' : name(heldRegime))),
        exitReason: rows.map(({ exitReason }) => exitReason),
        rebalanced: rows.map(({ rebalanced }) => rebalanced),
        numbers,
        unfundedGross: Float64Array.from(rows, ({ unfundedGross }) => unfundedGross),
        equity: Float64Array.from(this.equities),
      },
      weights: this.weights.finish(),
      basket: this.basket.finish(),
      betas: this.betas.finish(),
      fundingCoverage: {
        due: accrued.due,
        missing: accrued.missing,
        missingShare: share(accrued.missing, accrued.due),
        missingGrossShare: share(accrued.unfundedGross, accrued.heldGross),
      },
    };
  }
}

/** Σ|w| of alts and majors. */
export function grossOf({ majors }: PanelView, weights: Float64Array): { alt: number; major: number } {
  let [alt, major] = [0, 0];
  for (let a = 0; a < weights.length; a += 1) {
    if (weights[a] === 0) continue;
    if (majors.includes(a)) major += Math.abs(weights[a]!);
    else alt += Math.abs(weights[a]!);
  }
  return { alt, major };
}
