/** What A and E mean in words and for an order (design §5, regime spec §14). Pure. */

export const AGGRESSIVE = 0.7;
export const NORMAL = 0.3;

/** Of A − E, for display only. */
export function verdictOf(a: number, e: number): string {
  // as the numbers are shown
  const lean = Math.round((a - e) * 1000) / 1000;
  if (lean >= 0.3) return 'Risk-on';
  if (lean >= 0.1) return 'Leaning risk-on';
  if (lean > -0.1) return 'Neutral';
  if (lean > -0.3) return 'Leaning risk-off';
  return 'Risk-off';
}

export type Temper = 'aggressive' | 'normal' | 'patient';

export function temperOf(lever: number): Temper {
  if (lever >= AGGRESSIVE) return 'aggressive';
  return lever >= NORMAL ? 'normal' : 'patient';
}

interface OrderRow {
  readonly what: string;
  readonly lever: 'a' | 'e';
  readonly of: string;
  readonly shares: Readonly<Record<Temper, number>>;
}

/** Shares of an order by temper; the multipliers of positions that have earned come on top. */
export const ORDER_ROWS: readonly OrderRow[] = [
  {
    what: 'First buy in S1',
    lever: 'a',
    of: 'of the allocation left',
    shares: { aggressive: 0.9, normal: 0.6, patient: 0.3 },
  },
  {
    what: 'First buy in S2',
    lever: 'a',
    of: 'of the allocation left',
    shares: { aggressive: 0.25, normal: 0.15, patient: 0.05 },
  },
  {
    what: 'Dip buy in S2',
    lever: 'a',
    of: 'of the trim pool',
    shares: { aggressive: 0.6, normal: 0.3, patient: 0.1 },
  },
  {
    what: 'Reclaim of EMA333',
    lever: 'a',
    of: 'of the exit value',
    shares: { aggressive: 0.6, normal: 0.3, patient: 0.1 },
  },
  {
    what: 'Trim',
    lever: 'e',
    of: 'of the position',
    shares: { aggressive: 0.6, normal: 0.3, patient: 0.15 },
  },
];

/** `BTC.d` and `USDT.d` speak against the market. */
export const isInverted = (driver: string): boolean => driver.endsWith('.d');

export const TIMEFRAME_ROLES = { '1d': 'macro', '1h': 'meso', '1m': 'micro' } as const;
